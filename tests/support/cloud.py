"""Taskhook in moto: its tables, streams and queues, and calls of its Lambda functions."""

import functools
import json
import time
from typing import Any

import boto3
from pynamodb.models import Model

import app
from chalicelib.adapters.dynamodb import tables
from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.config import CONFIG

TOKEN = "the-webhook-token"
API_TOKEN = "the-api-token"
PASSWORD = "the-admin-password"

TICK = {
    "version": "0",
    "account": "123456789012",
    "region": "us-east-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-01-01T00:00:00Z",
    "id": "tick",
    "resources": [],
}
"""What EventBridge sends each minute."""


@functools.cache
def client_of(service: str) -> Any:
    """Return a client of AWS; to make one takes longer than most of what it is asked."""
    return boto3.client(service)  # type: ignore[call-overload]  # it wants a literal


class Cloud:
    """Taskhook's tables, and the stream of one of them."""

    def __init__(self) -> None:
        """Stand at the beginning of each stream."""
        self._places: dict[str, str] = {}

    def records(self, table: type[Model] = tables.Task) -> list[dict[str, Any]]:
        """Return the records of a stream that were not returned before, as Lambda has them."""
        client, name = client_of("dynamodbstreams"), table.Meta.table_name
        place = self._places.get(name) or _beginning(name)
        answer = client.get_records(ShardIterator=place)
        self._places[name] = answer["NextShardIterator"]
        return [_as_lambda_hands_it(record) for record in answer["Records"]]

    def pump(self) -> dict[str, list[dict[str, str]]]:
        """Hand the new records of tasks to `dispatch` in one batch, and return its answer."""
        return dispatch(self.records())

    def pump_comments(self) -> dict[str, list[dict[str, str]]]:
        """Hand the new records of comments to `dispatch` in one batch, and return its answer."""
        return dispatch(self.records(tables.Comment))

    def messages(self, queue_url: str = CONFIG.retry_queue_url) -> list[dict[str, Any]]:
        """Return the visible messages of a queue, as Lambda hands them over; delete them."""
        client, records = client_of("sqs"), []
        while True:
            asked = {"QueueUrl": queue_url, "MaxNumberOfMessages": 10}
            received, read = client.receive_message(**asked).get("Messages", []), []
            for message in received:
                name = message["MessageId"]
                records.append({"messageId": name, "body": message["Body"]})
                read.append({"Id": name, "ReceiptHandle": message["ReceiptHandle"]})
            if read:
                client.delete_message_batch(QueueUrl=queue_url, Entries=read)
            if len(received) < 10:
                return records

    def set_aside(self) -> list[dict[str, Any]]:
        """Return what lies in the failure queue, and empty it."""
        return [json.loads(message["body"]) for message in self.messages(CONFIG.failure_queue_url)]

    def sweep(self) -> list[dict[str, Any]]:
        """Let the sweep run, and return the messages that are to be read now."""
        app.sweep(TICK, None)
        return self.messages()

    def make_due(self, by: float = 0) -> None:
        """Let time pass for what waits: all of it is due now, in its order."""
        now = time.time()
        waiting = sorted(
            (row for row in Delivery.scan() if row.due_at is not None), key=lambda row: row.due_at
        )
        for place, row in enumerate(waiting):
            row.update(actions=[Delivery.due_at.set(round(now - by - 1 + place / 1000, 3))])
        for endpoint in tables.Endpoint.scan():
            if endpoint.suspended_until is not None:
                endpoint.update(actions=[tables.Endpoint.suspended_until.set(round(now, 3))])
            if endpoint.paced_until is not None:
                endpoint.update(actions=[tables.Endpoint.paced_until.set(round(now, 3))])

    def retry_due(self) -> dict[str, list[dict[str, str]]]:
        """Let all that waits be due, and hand what the sweep finds to `retry` in one batch."""
        self.make_due()
        self.messages()
        return retry(self.sweep())


@functools.cache
def _shard(table: str) -> tuple[str, str]:
    """Return a table's stream and the name of its only shard; each test has the same."""
    client = client_of("dynamodbstreams")
    [stream] = client.list_streams(TableName=table)["Streams"]
    arn = stream["StreamArn"]
    [shard] = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return arn, shard["ShardId"]


def _beginning(table: str) -> str:
    """Return the place before the first record of a table's stream."""
    arn, shard = _shard(table)
    asked = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    place: str = client_of("dynamodbstreams").get_shard_iterator(**asked)["ShardIterator"]
    return place


def _as_lambda_hands_it(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    created_at = change["ApproximateCreationDateTime"].timestamp()
    return record | {"dynamodb": change | {"ApproximateCreationDateTime": created_at}}


def dispatch(records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Call the Lambda function with a batch."""
    answer: dict[str, list[dict[str, str]]] = app.dispatch({"Records": records}, None)
    return answer


def retry(records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Call the Lambda function with a batch of messages."""
    answer: dict[str, list[dict[str, str]]] = app.retry({"Records": records}, None)
    return answer
