"""A DynamoDB that runs, asked by AWS's own clients; and what each one is expected to answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.connections import Limits
from chalicelib.adapters.dynamodb.data_calls import DataCalls, Service
from local import store
from tests.support.moto_server import moto_server
from tools import cloud

ENGINES = ("moto", "dynoxide", "ministack")

UNSAID = object()
"""Stands for what DynamoDB's documents leave open."""

Item = dict[str, dict[str, Any]]

_NUMBERS = count(1)
_TYPES = {"id": "N", "kind": "S", "place": "N"}


def on(**answers: Any) -> Callable[[Any], Any]:
    """State what a test expects of DynamoDB, by its documents, and of each engine; run it.

    Args:
        answers: By the names in `ENGINES` and `dynamodb`.
    """
    cases = [pytest.param(name, answers[name], id=name) for name in ENGINES]

    def state(test: Any) -> Any:
        test.answers = answers
        # A scope for both: without it pytest would not put the tests of one engine together.
        return pytest.mark.parametrize(
            ("engine", "expected"), cases, indirect=["engine"], scope="package"
        )(test)

    return state


class Engine:
    """One that runs; what its tests make stays until it ends."""

    def __init__(self, url: str) -> None:
        """Connect, and let nothing be tried twice."""
        # As local.stream reads: dynoxide's names of shards and places are shorter than botocore
        # lets pass.
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        keys = {
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "region_name": "us-east-1",
        }
        self.db = boto3.client("dynamodb", endpoint_url=url, config=config, **keys)  # type: ignore[call-overload]  # it wants literals
        streams = Service(url, "us-east-1", "DynamoDBStreams_20120810")
        self._stream_calls = DataCalls(_keys, streams, Limits(5, 5, 1, 1))
        self.calls = DataCalls(_keys, Service(url, "us-east-1"), Limits(5, 5, 1, 1))
        self._streams = boto3.client("dynamodbstreams", endpoint_url=url, config=config, **keys)  # type: ignore[call-overload]  # as above

    def new_table(self, name: str = "") -> str:
        """Create a table of items by `id` with two indexes by `kind` and `place`: full and keys."""
        name = name or f"engines-{next(_NUMBERS)}"
        keys = [
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "place", "KeyType": "RANGE"},
        ]
        indexes = {"whole": "ALL", "bare": "KEYS_ONLY"}
        self.db.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": one, "AttributeType": kind} for one, kind in _TYPES.items()
            ],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {"IndexName": index, "KeySchema": keys, "Projection": {"ProjectionType": held}}
                for index, held in indexes.items()
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return name

    def put(self, table: str, number: str, **attributes: dict[str, Any]) -> None:
        """Put an item whose key is a number as it is written here."""
        self.db.put_item(TableName=table, Item={"id": {"N": number}, **attributes})

    def update(self, table: str, expression: str, **values: dict[str, Any]) -> None:
        """Update item 1; `values` are by their names in the expression, without the colon."""
        named = {f":{name}": value for name, value in values.items()}
        told = {"ExpressionAttributeValues": named} if named else {}
        self.db.update_item(
            TableName=table, Key={"id": {"N": "1"}}, UpdateExpression=expression, **told
        )

    def get(self, table: str, number: str = "1") -> Item | None:
        """Return an item as it is now."""
        answer = self.db.get_item(TableName=table, Key={"id": {"N": number}}, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def query(self, table: str, index: str, **how: Any) -> Any:
        """Return a page of the items of kind `k`."""
        values = {":kind": {"S": "k"}, **how.pop("values", {})}
        return self.db.query(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues=values,
            **how,
        )

    def shard(self, table: str) -> tuple[str, str]:
        """Return the stream of a table, and the name of its only shard."""
        arn = self.db.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        [shard] = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        return arn, shard["ShardId"]

    def records(self, table: str) -> list[dict[str, Any]]:
        """Return the first page of a table's stream, its values as they were sent."""
        arn, shard = self.shard(table)
        start = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )
        records: list[dict[str, Any]] = self._stream_calls.call(
            "GetRecords", {"ShardIterator": start["ShardIterator"]}
        )["Records"]
        return records


def _keys() -> Credentials:
    return Credentials("test", "test")


def refusal(call: Callable[[], object]) -> str | None:
    """Return the code of the error that a call is answered with; None: it is taken."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


@contextmanager
def running(name: str, folder: Path) -> Iterator[Engine]:
    """Start one of `ENGINES`; a test that cannot have it here is skipped."""
    if name == "moto":
        with moto_server() as url:
            yield Engine(url)
    elif name == "ministack":
        with cloud.running(folder) as started:
            yield Engine(started.environment["AWS_ENDPOINT_URL"])
    else:
        with store.opened("dynoxide", folder) as opened:
            if not opened.url:
                pytest.skip("needs dynoxide: Linux on x86_64 with npm")
            yield Engine(opened.url)
