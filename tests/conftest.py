"""The cloud in this process: moto's DynamoDB behind the real clients, and the stream that Lambda would read."""

import os
import threading
from collections.abc import Iterator
from typing import Any

# chalicelib reads its environment once, at its import; programs that tests start are given their own.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto answers streams at the plain address alone
    "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
    "RETRY_JITTER": "0",
    "SETTINGS_TTL": "0",
}

import boto3
import pytest
from botocore.handlers import BUILTIN_HANDLERS
from moto import mock_aws
from moto.core.models import botocore_stubber

import app
from chalicelib.adapters import tables
from chalicelib.services import board, endpoints, people, projects, settings
from chalicelib.services.numbers import Blocks

TOKEN = "the-webhook-token"
API_TOKEN = "the-api-token"
PASSWORD = "the-admin-password"

_one_at_a_time = threading.Lock()


def _answer_alone(**call: Any) -> Any:
    """Let moto answer one call at a time: DynamoDB's writes are atomic, moto's are not between threads."""
    with _one_at_a_time:
        return botocore_stubber(**call)


BUILTIN_HANDLERS[BUILTIN_HANDLERS.index(("before-send", botocore_stubber))] = ("before-send", _answer_alone)


class Cloud:
    """Taskhook's tables, and the stream of one of them."""

    def __init__(self) -> None:
        """Stand at the beginning of the stream."""
        self._taken = 0

    def records(self) -> list[dict[str, Any]]:
        """Return the stream's records that were not returned before, as Lambda hands them over."""
        client = boto3.client("dynamodbstreams")
        [stream] = client.list_streams(TableName=tables.Task.Meta.table_name)["Streams"]
        arn = stream["StreamArn"]
        [shard] = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        start = client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        records: list[dict[str, Any]] = list(client.get_records(ShardIterator=start)["Records"])
        new, self._taken = records[self._taken :], len(records)
        return [_as_lambda_hands_it(record) for record in new]

    def pump(self) -> dict[str, list[dict[str, str]]]:
        """Hand the new records to `dispatch` in one batch, and return its answer."""
        return dispatch(self.records())


def _as_lambda_hands_it(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    created_at = change["ApproximateCreationDateTime"].timestamp()
    return record | {"dynamodb": change | {"ApproximateCreationDateTime": created_at}}


def dispatch(records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Call the Lambda function with a batch."""
    answer: dict[str, list[dict[str, str]]] = app.dispatch({"Records": records}, None)
    return answer


@pytest.fixture
def bare_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Empty tables, and a process that has read nothing yet."""
    with mock_aws():
        tables.create_tables()
        for cache in (settings.CACHE, projects.CACHE, people.CACHE):
            cache.forget()
        monkeypatch.setattr(board, "_task_ids", Blocks(lambda count: tables.Numbers.reserve("task", count)))
        endpoints._logged.clear()
        yield Cloud()


@pytest.fixture
def cloud(bare_cloud: Cloud) -> Cloud:
    """Taskhook after its first start, with known tokens."""
    settings.bootstrap(TOKEN, API_TOKEN, PASSWORD)
    return bare_cloud
