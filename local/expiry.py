"""Expiry of rows and stream records, which local stores lack."""

import logging
import re
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.dynamodb import client
from local.directory import read_json
from local.event_source_mapping import Handler
from local.places import places_in
from local.store import DATABASE
from local.tables import wanted_tables

_log = logging.getLogger(__name__)
_PAGE = 500  # rows scanned in one step
_STEPS = 10  # most steps of a pass; it ends at a step that finds nothing
_STREAM_KEEPS = 86_400  # seconds
_TOO_OLD = 5 * 365 * 86_400  # seconds; DynamoDB does not expire rows with older times
_BUSY = 5.0  # seconds to wait for a writer
_TABLE = re.compile("table/([^/]+)/stream/")  # in the ARN of a stream

# Keep the last dispatched record: dynoxide continues from the highest number that it finds.
_TRIM = """
DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM _stream_records
    WHERE table_name = ? AND shard_id = ?
        AND CAST(sequence_number AS INTEGER) < ? AND created_at < ?
    ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?
)
"""


def expiring(sweep: Handler, store_url: str | None, place_files: Iterable[Path]) -> Handler:
    """Return a handler of the clock that sweeps, then removes expired rows and records.

    Args:
        sweep: The application's.
        store_url: As in `backends.services`; an external store expires its own data.
        place_files: The streams' dispatched positions, beside dynoxide's database.
    """
    if store_url is None:
        return sweep
    expiry = Expiry(client.client(), wanted_tables())

    def handler(event: dict[str, Any], context: Any) -> None:
        try:
            sweep(event, context)
        finally:
            expiry.run(time.time())
            for place_file in place_files:
                trim_stream(place_file.with_name(DATABASE), place_file, time.time())

    return handler


class Expiry:
    """Removes expired rows, a bounded number per pass; the next pass continues from there."""

    def __init__(self, client: Any, tables: Iterable[Mapping[str, Any]]) -> None:
        """Keep a DynamoDB client and the template's tables; those without a TTL are skipped."""
        self._client = client
        self._tables = [
            table for table in tables if table.get("TimeToLiveSpecification", {}).get("Enabled")
        ]
        self._places: dict[str, Mapping[str, Any]] = {}

    def run(self, now: float) -> int:
        """Remove rows that have expired at `now`, in epoch seconds; return how many were found."""
        try:
            return sum(self._pass(table, int(now)) for table in self._tables)
        except (BotoCoreError, ClientError) as error:
            _log.warning("taskhook: expired rows could not be removed and will be later: %s", error)
            return 0

    def _pass(self, table: Mapping[str, Any], now: int) -> int:
        found = 0
        for _ in range(_STEPS):
            found_now = self._step(table, now)
            found += found_now
            if not found_now:
                break
        return found

    def _step(self, table: Mapping[str, Any], now: int) -> int:
        """Scan the next rows of a table and return how many have expired."""
        name, keys = table["TableName"], [key["AttributeName"] for key in table["KeySchema"]]
        is_over, named = _condition(table["TimeToLiveSpecification"]["AttributeName"], now)
        page = self._client.scan(
            TableName=name,
            Limit=_PAGE,
            FilterExpression=is_over,
            **named,
            **self._places.pop(name, {}),
        )
        if "LastEvaluatedKey" in page:
            self._places[name] = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        for row in page["Items"]:
            self._remove(name, {key: row[key] for key in keys}, is_over, named)
        return len(page["Items"])

    def _remove(
        self, table: str, key: Mapping[str, Any], is_over: str, named: Mapping[str, Any]
    ) -> None:
        try:
            self._client.delete_item(TableName=table, Key=key, ConditionExpression=is_over, **named)
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # its TTL was extended since


def _condition(attribute: str, now: int) -> tuple[str, Mapping[str, Any]]:
    bounds = {":oldest": {"N": str(now - _TOO_OLD)}, ":newest": {"N": str(now - 1)}}
    named = {"ExpressionAttributeNames": {"#ttl": attribute}, "ExpressionAttributeValues": bounds}
    return "#ttl BETWEEN :oldest AND :newest", named


def trim_stream(database: Path, place_file: Path, now: float) -> int:
    """Remove dispatched records older than a day from dynoxide's stream; return how many.

    Args:
        database: dynoxide's.
        place_file: The stream's dispatched position.
        now: Epoch seconds.
    """
    kept = read_json(place_file)
    places, table = places_in(kept), _TABLE.search(str(kept.get("stream_arn")))
    if not (places and table):
        return 0
    removed = 0
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", timeout=_BUSY, uri=True)
        ) as connection:
            for shard, place in places.items():
                removed += _trim(
                    connection, (table[1], shard, int(place), now - _STREAM_KEEPS, _PAGE)
                )
    except sqlite3.Error as error:
        _log.warning(
            "taskhook: old stream records could not be removed and will be later: %s", error
        )
    return removed


def _trim(connection: sqlite3.Connection, bounds: tuple[Any, ...]) -> int:
    """Remove the records of a shard in short steps, since each blocks all writers."""
    removed = 0
    for _ in range(_STEPS):
        with connection:
            found = connection.execute(_TRIM, bounds).rowcount
        removed += found
        if found < _PAGE:
            break
    return removed
