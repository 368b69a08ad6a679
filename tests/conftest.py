"""The cloud in this process: moto's DynamoDB behind real clients, and its stream."""

import functools
import json
import os
import pickle
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# chalicelib reads its environment once, at its import; programs that tests start are given their
# own.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto answers streams at the plain address alone
    "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
    "RETRY_JITTER": "0",
    "SETTINGS_TTL": "0",
    "RETRY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/taskhook-dev-retries",
    "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/taskhook-dev-failures",
}

import boto3
import pytest
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends
from pynamodb.models import Model

from tests.support import aws_faults  # noqa: F401 -- before `app`, which makes its client when it is imported

# isort: split
import app
from chalicelib.adapters import log
from chalicelib.adapters.dynamodb import tables
from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.config import CONFIG
from chalicelib.services.accounts import lockout, passwords, settings, users
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.endpoints import public_keys
from chalicelib.services.projects import projects
from chalicelib.services.sources import sources
from chalicelib.services.tasks import lifecycle, places
from chalicelib.services.tasks.id_allocator import BlockAllocator

TOKEN = "the-webhook-token"
API_TOKEN = "the-api-token"
PASSWORD = "the-admin-password"

CACHES = (settings.CACHE, projects.CACHE, users.CACHE, sources.CACHE, public_keys.CACHE)
"""What a process keeps for `SETTINGS_TTL`."""

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
        self._taken: Counter[str] = Counter()

    def records(self, table: type[Model] = tables.Task) -> list[dict[str, Any]]:
        """Return the records of a stream that were not returned before, as Lambda has them."""
        client, name = client_of("dynamodbstreams"), table.Meta.table_name
        [stream] = client.list_streams(TableName=name)["Streams"]
        arn = stream["StreamArn"]
        [shard] = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        start = client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = list(client.get_records(ShardIterator=start)["Records"])
        new, self._taken[name] = records[self._taken[name] :], len(records)
        return [_as_lambda_hands_it(record) for record in new]

    def pump(self) -> dict[str, list[dict[str, str]]]:
        """Hand the new records of tasks to `dispatch` in one batch, and return its answer."""
        return dispatch(self.records())

    def pump_comments(self) -> dict[str, list[dict[str, str]]]:
        """Hand the new records of comments to `dispatch` in one batch, and return its answer."""
        return dispatch(self.records(tables.Comment))

    def messages(self, queue_url: str = CONFIG.retry_queue_url) -> list[dict[str, Any]]:
        """Return the visible messages of a queue, as Lambda hands them over; delete them."""
        client, records = client_of("sqs"), []
        while received := client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in received:
                client.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                records.append({"messageId": message["MessageId"], "body": message["Body"]})
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

    def retry_due(self) -> dict[str, list[dict[str, str]]]:
        """Let all that waits be due, and hand what the sweep finds to `retry` in one batch."""
        self.make_due()
        self.messages()
        return retry(self.sweep())


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


def _moto_of(backends: Any) -> Any:
    return backends["123456789012"]["us-east-1"]


@functools.cache
def _empty_tables() -> bytes:
    """Create the tables once: moto takes 0.1 s, too long for each of a thousand tests."""
    tables.create_tables()
    return pickle.dumps(_moto_of(dynamodb_backends).tables)


@functools.cache
def _first_tables() -> bytes:
    """Start once as `cloud` does: 13 ms, of which half a millisecond is left."""
    settings.bootstrap(TOKEN, API_TOKEN, PASSWORD)
    users.keep_password(1)
    return pickle.dumps(_moto_of(dynamodb_backends).tables)


def _put_back(pickled: bytes) -> None:
    _moto_of(dynamodb_backends).tables = pickle.loads(pickled)  # noqa: S301 -- made above


@contextmanager
def _aws() -> Iterator[None]:
    """Let moto answer this process's clients of AWS, empty.

    `mock_aws` also answers `requests`, which calls no AWS here, by 1,300 patterns, and takes 20 ms.
    It forgets botocore's session too, so that each client reads the services' models again.
    """
    BackendDict.reset()
    reset_model_data()
    botocore_stubber.enabled = True
    try:
        yield
    finally:
        botocore_stubber.enabled = False


@pytest.fixture
def bare_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Empty tables, and a process that has read nothing yet."""
    with _aws():
        _put_back(_empty_tables())
        for queue_url in (CONFIG.retry_queue_url, CONFIG.failure_queue_url):
            _moto_of(sqs_backends).create_queue(queue_url.rpartition("/")[2])
        for cache in CACHES:
            cache.forget()
        # A quick hash is a hash; tests.services.accounts.test_passwords takes the real one.
        monkeypatch.setattr(passwords, "N", 2)
        monkeypatch.setattr(passwords, "NOBODYS", passwords.NOBODYS.replace("$32768$", "$2$"))
        monkeypatch.setattr(
            lifecycle,
            "_task_ids",
            BlockAllocator(lambda count: tables.Numbers.reserve("task", count)),
        )
        log._logged.clear()
        UNRECORDED.forget()
        places.forget()
        passwords.forget()
        lockout._guesses[:] = bytes(len(lockout._guesses))
        yield Cloud()


@pytest.fixture
def cloud(bare_cloud: Cloud) -> Cloud:
    """Taskhook after its first start, with known tokens, and a password that is kept."""
    _put_back(_first_tables())
    return bare_cloud


@pytest.fixture
def caching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process keep what it has read, as a warm Lambda does."""
    for cache in CACHES:
        monkeypatch.setattr(cache, "_lifetime", 1000)
