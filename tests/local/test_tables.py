"""A data directory of an earlier build: it is brought up to date, or refused in one line."""

import boto3
import pytest

from local import store
from local.directory import CannotStart
from local.tables import complete_tables, wanted_tables

CREATE = {
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "StreamSpecification",
}
TASKS, DELIVERIES = "taskhook-dev-tasks", "taskhook-dev-deliveries"
COMMENTS = "taskhook-dev-comments"


@pytest.fixture
def client(tmp_path):
    with store.opened("dynoxide", tmp_path) as opened:
        yield boto3.client("dynamodb", endpoint_url=opened.url)


def create(client, *left_out):
    """Create the tables as a build did that lacked some of today's indexes, or streams."""
    for table in wanted_tables():
        if "StreamSpecification" in table:
            has_stream = table["TableName"] not in left_out
            table["StreamSpecification"] = {
                "StreamEnabled": has_stream,
                **(table["StreamSpecification"] if has_stream else {}),
            }
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            table[kind] = [
                index for index in table.get(kind, ()) if index["IndexName"] not in left_out
            ]
        keys = [key["AttributeName"] for part in _keyed(table) for key in part["KeySchema"]]
        table["AttributeDefinitions"] = [
            one for one in table["AttributeDefinitions"] if one["AttributeName"] in keys
        ]
        client.create_table(
            **{name: value for name, value in table.items() if name in CREATE and value}
        )


def _keyed(table):
    return [table, *table["GlobalSecondaryIndexes"], *table["LocalSecondaryIndexes"]]


def is_too_slow(**_):
    raise AssertionError(
        "a client that waits 2 s for an answer: a store takes longer to fill an index of many rows"
    )


def test_indexes_that_an_earlier_build_lacked_are_added_with_what_is_in_the_table(client, caplog):
    create(client, "by_closing", "by_reference")
    for number, closed_at in (("1", "200"), ("2", "100")):
        row = {"task_id": number, "project_id": "1", "closed_at": closed_at}
        client.put_item(TableName=TASKS, Item={name: {"N": value} for name, value in row.items()})

    client.meta.events.register("before-call.dynamodb.UpdateTable", is_too_slow)
    complete_tables(client)
    complete_tables(client)

    found = client.query(
        TableName=TASKS,
        IndexName="by_closing",
        KeyConditionExpression="project_id = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    assert [item["task_id"]["N"] for item in found["Items"]] == ["2", "1"]
    assert caplog.messages == [
        f"taskhook: adding the index {name} to the table {TASKS}"
        for name in ("by_closing", "by_reference")
    ]


def test_an_index_that_held_less_in_an_earlier_build_is_replaced(client):
    create(client, "by_column")
    [tasks] = [table for table in wanted_tables() if table["TableName"] == TASKS]
    [index] = [one for one in tasks["GlobalSecondaryIndexes"] if one["IndexName"] == "by_column"]
    less = index | {"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}}
    client.update_table(
        TableName=TASKS,
        AttributeDefinitions=tasks["AttributeDefinitions"],
        GlobalSecondaryIndexUpdates=[{"Create": less}],
    )
    row = {name: {"N": "1"} for name in ("task_id", "column_id", "rank", "priority")}
    client.put_item(TableName=TASKS, Item=row)

    complete_tables(client)

    found = client.query(
        TableName=TASKS,
        IndexName="by_column",
        KeyConditionExpression="column_id = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    assert found["Items"] == [row]


def test_a_stream_that_an_earlier_build_lacked_is_added_and_has_what_is_written_then(
    client, caplog
):
    create(client, COMMENTS)
    row = {"task_id": {"N": "1"}, "id": {"N": "1"}}
    client.put_item(TableName=COMMENTS, Item=row)

    complete_tables(client)
    complete_tables(client)
    client.put_item(TableName=COMMENTS, Item=row | {"text": {"S": "later"}})

    arn = client.describe_table(TableName=COMMENTS)["Table"]["LatestStreamArn"]
    streams = boto3.client("dynamodbstreams", endpoint_url=client.meta.endpoint_url)
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**start)["ShardIterator"]
    [record] = streams.get_records(ShardIterator=iterator)["Records"]
    assert record["dynamodb"]["NewImage"]["text"] == {"S": "later"}
    assert record["dynamodb"]["OldImage"] == row
    assert caplog.messages == [f"taskhook: adding a stream to the table {COMMENTS}"]


def test_a_table_that_cannot_be_brought_up_to_date_is_named(client):
    create(client, "pending")

    with pytest.raises(
        CannotStart,
        match=rf"^the table {DELIVERIES} is of another build: choose another --data-dir",
    ):
        complete_tables(client)
