"""What DynamoDB expires is removed here too: rows by TTL, old and done stream records."""

import sqlite3
import time
from contextlib import closing

import boto3
import pytest

from local import store
from local.directory import write_json
from local.expiry import Expiry, trim_stream
from local.tables import wanted_tables
from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

EVENTS, TASKS = "taskhook-dev-events", "taskhook-dev-tasks"
NOW = 1_800_000_000
TAKES = {"TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "StreamSpecification"}


@pytest.fixture
def client(tmp_path):
    with store.opened("dynoxide", tmp_path) as opened:
        client = boto3.client("dynamodb", endpoint_url=opened.url)
        for table in wanted_tables():
            indexes = [
                *table.get("GlobalSecondaryIndexes", ()),
                *table.get("LocalSecondaryIndexes", ()),
            ]
            keyed = [
                key["AttributeName"] for part in (table, *indexes) for key in part["KeySchema"]
            ]
            assert {one["AttributeName"] for one in table["AttributeDefinitions"]} == set(keyed)
            kinds = TAKES | {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}
            if "StreamSpecification" in table:
                table["StreamSpecification"] = {
                    **table["StreamSpecification"],
                    "StreamEnabled": True,
                }
            client.create_table(**{name: value for name, value in table.items() if name in kinds})
        yield client


def put_event(client, number, expires_at):
    row = {
        "task_id": {"N": "1"},
        "id": {"S": f"event-{number}"},
        "expires_at": {"N": str(expires_at)},
    }
    table = next(table for table in wanted_tables() if table["TableName"] == EVENTS)
    kinds = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    for key in table["KeySchema"]:
        name = key["AttributeName"]
        row[name] = {"N": str(number)} if kinds[name] == "N" else {"S": f"event-{number}"}
    client.put_item(TableName=EVENTS, Item=row)


def kept(client, table=EVENTS):
    rows = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(int(row["expires_at"]["N"]) for row in rows)


def test_rows_whose_time_is_over_are_removed_and_no_others(client):
    five_years_ago = NOW - 6 * 365 * 86_400
    for number, expires_at in enumerate([NOW - 10, NOW - 1, NOW, NOW + 10, five_years_ago]):
        put_event(client, number, expires_at)

    removed = Expiry(client, wanted_tables()).run(NOW)

    assert (removed, kept(client)) == (2, [five_years_ago, NOW, NOW + 10])


def test_a_pass_is_bounded_and_the_next_one_goes_on_where_it_has_stopped(client, monkeypatch):
    monkeypatch.setattr("local.expiry._PAGE", 2)
    monkeypatch.setattr("local.expiry._STEPS", 2)
    for number in range(10):
        put_event(client, number, NOW - 1)
    expiry = Expiry(client, wanted_tables())

    passes = [expiry.run(NOW) for _ in range(4)]

    assert (passes, kept(client)) == ([4, 4, 2, 0], [])


def records(database):
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT sequence_number FROM _stream_records ORDER BY id"
        ).fetchall()
    return [int(number) for [number] in found]


def test_records_that_are_done_and_a_day_old_are_removed_and_numbers_go_on(client, tmp_path):
    def put_task(number):
        client.put_item(TableName=TASKS, Item={"task_id": {"N": str(number)}})

    for number in range(5):
        put_task(number)
    arn = client.describe_table(TableName=TASKS)["Table"]["LatestStreamArn"]
    streams = boto3.client("dynamodbstreams", endpoint_url=client.meta.endpoint_url)
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    before = records(tmp_path / "taskhook.db")
    write_json(
        tmp_path / "stream.json", {"stream_arn": arn, "shards": {shard["ShardId"]: str(before[3])}}
    )

    young = trim_stream(tmp_path / "taskhook.db", tmp_path / "stream.json", time.time() + 80_000)
    old = trim_stream(tmp_path / "taskhook.db", tmp_path / "stream.json", time.time() + 90_000)
    put_task(5)

    assert (young, old) == (0, 3)
    assert records(tmp_path / "taskhook.db") == [*before[3:], before[-1] + 1]


@pytest.mark.parametrize(
    "place", [{}, {"stream_arn": None, "shards": None}, {"stream_arn": "z", "shards": "z"}]
)
def test_a_place_that_cannot_be_read_keeps_the_records_and_fails_nothing(client, tmp_path, place):
    client.put_item(TableName=TASKS, Item={"task_id": {"N": "1"}})
    write_json(tmp_path / "stream.json", place)

    removed = trim_stream(tmp_path / "taskhook.db", tmp_path / "stream.json", time.time() + 90_000)

    assert (removed, len(records(tmp_path / "taskhook.db"))) == (0, 1)


def test_a_run_removes_what_an_earlier_one_has_left(tmp_path):
    run = LocalRun(tmp_path / "data", environ={"DELIVERY_RETENTION": "1"})
    with run, Inbox() as inbox:
        run.configure(inbox.url)
        run.add(title="x")
        inbox.wait_for(1)
        wait_until(lambda: run.states() == ["delivered"])
        delivered_at = time.time()
    # It expires after a second, and times are whole seconds.
    wait_until(lambda: time.time() > delivered_at + 3)
    with run:
        wait_until(lambda: run.states() == [])
        answer = run.add(title="y")

    assert answer.headers["X-Task-Id"] == "2"
