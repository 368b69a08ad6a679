"""The pump of a stream looks again at once where a page may not have been all."""

import json

import boto3
import pytest

from local.backends import memory
from local.stream_pumps import StreamPump, StreamPumps
from tests.support.local_door import Aws
from tests.support.local_run import PATIENCE, wait_until


def cutting(store):
    """Let a store give two records at a time, as DynamoDB does where more would be over 1 MB."""

    def answer(request):
        if request.headers["x-amz-target"].endswith(".GetRecords"):
            content = json.loads(request.body) | {"Limit": 2}
            request = request._replace(body=json.dumps(content).encode())
        return store(request)

    return answer


@pytest.fixture
def store(monkeypatch):
    """A client of such a store, as all clients of this process are."""
    backend = memory()
    backends = {"DynamoDB_20120810": backend, "DynamoDBStreams_20120810": cutting(backend)}
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the keys of another test
    with Aws(**backends) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        for name, key in aws.keys._asdict().items():
            monkeypatch.setenv("AWS_" + name.upper(), key)
        yield aws.client("dynamodb")


def create_table(store, name="of-this-test"):
    """Create a table and return the ARN of its stream."""
    made = store.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return made["TableDescription"]["LatestStreamArn"]


def test_behind_a_page_that_the_store_has_cut_the_pump_looks_at_once(store):
    stream_arn = create_table(store)
    for number in range(7):
        item = {"id": {"N": str(number)}, "text": {"S": "x" * 390_000}}
        store.put_item(TableName="of-this-test", Item=item)
    seen: list[str] = []

    def handler(event, _):
        seen.extend(record["dynamodb"]["Keys"]["id"]["N"] for record in event["Records"])

    pump = StreamPump(stream_arn, handler, None, 2 * PATIENCE, 1)
    with pump:
        pump.nudge()
        wait_until(lambda: len(seen) == 7)

    assert seen == list("0123456")


def test_a_write_wakes_no_pump_but_that_of_its_table(store):
    streams = [(create_table(store, name), None) for name in ("first", "second")]
    for name in ("first", "second"):
        store.put_item(TableName=name, Item={"id": {"N": "1"}})
    seen: list[str] = []

    def handler(event, _):
        seen.extend(record["eventSourceARN"] for record in event["Records"])

    pumps = StreamPumps(streams, handler, 2 * PATIENCE)
    with pumps:
        pumps.nudge(["second"])
        wait_until(lambda: seen)
        only_second = list(seen)
        pumps.nudge()
        wait_until(lambda: len(seen) == 2)

    assert only_second == [streams[1][0]]
    assert sorted(seen) == sorted(arn for arn, _ in streams)
