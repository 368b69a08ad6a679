"""The floor: boto3 puts a task, a loop reads the stream, and urllib3 POSTs it."""

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.synchronize import Event
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from bench.in_process import TASKS

_NAME = TASKS + "-twin"
_WAIT = 0.005  # seconds after an empty read of the stream


class Twin:
    """A table like `tasks`, with its indexes and stream, in the same store."""

    def __init__(self, callers: int) -> None:
        """Create the table for some concurrent callers; its item is a copy of the first task."""
        self._store = boto3.client("dynamodb", config=Config(max_pool_connections=callers))
        self._numbers = count(1)
        table: Any = self._store.describe_table(TableName=TASKS)["Table"]
        indexes = [
            {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
            for index in table["GlobalSecondaryIndexes"]
        ]
        kept = ("KeySchema", "AttributeDefinitions", "StreamSpecification")
        same = {name: table[name] for name in kept}
        same |= {"GlobalSecondaryIndexes": indexes, "BillingMode": "PAY_PER_REQUEST"}
        made: Any = self._store.create_table(TableName=_NAME, **same)["TableDescription"]
        self._stream: str = made["LatestStreamArn"]
        [self._item] = self._store.scan(TableName=TASKS, Limit=1)["Items"]

    def put(self) -> int:
        """Put the item under a new number and return that."""
        number = next(self._numbers)
        row = {**self._item, "task_id": {"N": str(number)}}
        self._store.put_item(
            TableName=_NAME, Item=row, ConditionExpression="attribute_not_exists(task_id)"
        )
        return number

    @contextmanager
    def posting_to(self, url: str) -> Iterator[None]:
        """Start a process that POSTs each item put from now on."""
        context = multiprocessing.get_context("spawn")
        reads = context.Event()
        process = context.Process(
            target=_post, args=(self._stream, url, reads), name="twin", daemon=True
        )
        process.start()
        try:
            if not reads.wait(60):
                raise SystemExit("the stream of the floor could not be read")
            yield
        finally:
            process.terminate()


def _post(arn: str, url: str, reads: Event) -> None:
    streams, pool = boto3.client("dynamodbstreams"), urllib3.connection_from_url(url)
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "LATEST"}
    iterator = streams.get_shard_iterator(**place)["ShardIterator"]
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        reads.set()
        iterator = page.get("NextShardIterator", "")
        for record in page["Records"]:
            number = int(record["dynamodb"]["Keys"]["task_id"]["N"])
            pool.urlopen("POST", "/", json.dumps({"task_id": number}).encode())
        if not page["Records"]:
            time.sleep(_WAIT)
