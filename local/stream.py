"""The stream of a table, record by record, in Lambda's format."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.client import find_credentials, usual_service
from chalicelib.adapters.dynamodb.connections import Limits
from chalicelib.adapters.dynamodb.data_calls import DataCalls
from chalicelib.config import CONFIG
from local.environment import REGION
from local.places import Places
from local.records import Record

_log = logging.getLogger(__name__)

PAGE = 1_000
"""Most records of a shard in one read."""

_CONNECT_TIMEOUT, _READ_TIMEOUT = 1, 5  # seconds

_LEAST_CUT = 200_000
"""A page below these bytes was not cut: DynamoDB cuts at 1 MB, and the next record may have two
images of 400 KB."""


class Stream:
    """The records of a table's stream, each once, from the last run's position."""

    def __init__(self, stream_arn: str, places: Places) -> None:
        """Connect; a shard without a position is read from its beginning."""
        # dynoxide's sequence numbers are shorter than botocore's own rules allow.
        config = Config(
            parameter_validation=False,
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"total_max_attempts": 1},
        )
        self._client = boto3.client("dynamodbstreams", config=config)
        self._data_calls = _data_calls()
        self._stream_arn = stream_arn
        self._places = places
        self._read: dict[str, str] = {}
        self._iterators: dict[str, str] = {}
        self._ended: set[str] = set()
        self._is_complete = False  # whether each readable shard has an iterator
        self.may_have_more = False
        """Whether a page of the last read may have been cut."""

    def look(self) -> Iterator[list[Record]]:
        """Yield new records, a page for each shard; after an error the next call resumes."""
        self.may_have_more = False
        if not self._is_complete:
            self._open_shards()
        for shard, iterator in list(self._iterators.items()):
            try:
                page = self._records(iterator, PAGE)
            except ClientError as error:  # an iterator lives for 15 minutes
                self._forget_if_trimmed(shard, error)
                self._iterators.clear()
                self._is_complete = False
                raise
            records = [
                Record(shard, as_lambda_gives_it(raw, self._stream_arn, shard))
                for raw in page["Records"]
            ]
            if records:
                self._read[shard] = records[-1].sequence_number
            self._go_on(shard, page.get("NextShardIterator"))
            self.may_have_more |= _may_be_cut(page, len(records))
            yield records

    def _records(self, iterator: str, limit: int) -> Mapping[str, Any]:
        page: Mapping[str, Any]
        if self._data_calls is None:
            page = self._client.get_records(ShardIterator=iterator, Limit=limit)
        else:
            asked = {"ShardIterator": iterator, "Limit": limit}
            page = self._data_calls.call("GetRecords", asked)
        return page

    def _go_on(self, shard: str, iterator: str | None) -> None:
        if iterator:
            self._iterators[shard] = iterator
        else:
            del self._iterators[shard]
            self._ended.add(shard)
            self._is_complete = False

    def _open_shards(self) -> None:
        """Open each new shard once its parent has ended, to keep each item's order."""
        shards = self._describe()
        known = {shard["ShardId"] for shard in shards}
        for shard in shards:
            shard_id, parent = shard["ShardId"], shard.get("ParentShardId")
            if shard_id not in self._ended | self._iterators.keys() and (
                parent not in known or parent in self._ended
            ):
                self._iterators[shard_id] = self._iterator(shard_id)
        self._is_complete = True

    def _describe(self) -> list[Mapping[str, Any]]:
        shards: list[Mapping[str, Any]] = []
        start: dict[str, str] = {}
        while True:
            page = self._client.describe_stream(StreamArn=self._stream_arn, **start)[
                "StreamDescription"
            ]
            shards += page["Shards"]
            if "LastEvaluatedShardId" not in page:
                return shards
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _iterator(self, shard: str) -> str:
        where: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        try:
            if place := self._read.get(shard) or self._kept_place(shard):
                where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place}
            return self._begin(shard, where)
        except ClientError as error:
            self._forget_if_trimmed(shard, error)
            raise

    def _forget_if_trimmed(self, shard: str, error: ClientError) -> None:
        """Continue at a shard's oldest record, since the stream trimmed earlier ones."""
        if error.response["Error"]["Code"] == "TrimmedDataAccessException":
            self._read.pop(shard, None)
            self._places.forget(shard)

    def _begin(self, shard: str, where: Mapping[str, str]) -> str:
        answer = self._client.get_shard_iterator(StreamArn=self._stream_arn, ShardId=shard, **where)
        return str(answer["ShardIterator"])

    def _kept_place(self, shard: str) -> str | None:
        """Return the last run's position; None, with a warning, if the stream was replaced.

        Past its end, new records would be skipped up to that number.
        """
        place = self._places.of(shard)
        if place and not self._has_record_from(shard, place):
            told = (
                "taskhook: the stream of tasks ends before %s, where the last run was: it is read "
                "from its beginning"
            )
            _log.warning(told, place)
            self._places.forget(shard)
            return None
        return place

    def _has_record_from(self, shard: str, place: str) -> bool:
        at = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": place}
        return bool(self._records(self._begin(shard, at), 1)["Records"])


def _data_calls() -> DataCalls | None:
    """Return the sender of `GetRecords`; None: botocore sends it too."""
    service = usual_service("streams.dynamodb") if CONFIG.store_client == "own" else None
    if service is None:
        return None
    return DataCalls(find_credentials, service, Limits(_CONNECT_TIMEOUT, _READ_TIMEOUT, 1, 1))


def _may_be_cut(page: Mapping[str, Any], count: int) -> bool:
    """Tell whether a page may have been cut, by its number of records or by its bytes."""
    size = page["ResponseMetadata"]["HTTPHeaders"].get("content-length", _LEAST_CUT)
    return count >= PAGE or (count > 0 and int(size) >= _LEAST_CUT)


def as_lambda_gives_it(raw: Mapping[str, Any], stream_arn: str, shard: str) -> dict[str, Any]:
    """Convert a record of `get_records` to Lambda's format, with an id unique across streams."""
    change = raw["dynamodb"]
    place = f"{stream_arn} {shard} {change['SequenceNumber']}"
    created_at = change.get("ApproximateCreationDateTime")
    if isinstance(created_at, datetime):  # as botocore reads it
        change = {**change, "ApproximateCreationDateTime": created_at.timestamp()}
    return {
        **raw,
        "dynamodb": change,
        "eventID": hashlib.sha256(place.encode()).hexdigest()[:32],
        "eventSource": "aws:dynamodb",
        "eventSourceARN": stream_arn,
        "awsRegion": REGION,
    }
