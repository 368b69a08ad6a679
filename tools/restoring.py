"""Rows of a table that AWS has restored under another name, copied into the one that is in use."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.adapters.store import reaching_store
from chalicelib.config import CONFIG
from chalicelib.domain.errors import NotFound

OUTCOMES = ("added", "replaced", "same", "left", "changed_meanwhile")
"""What can become of a row; `left` is one that differs and shall stay as it is."""

_OF_THE_WRITE = ("version", "changed_by", "removed_by")
"""What tells of the last write rather than of the row: a restored one is a write of its own."""

_THREADS = 8

_Item = dict[str, Any]


def restore(name: str, prefix: str, *, missing_only: bool, dry_run: bool) -> Iterator[str]:
    """Copy each row of `prefix + name` into the table in use, and yield what became of it, one of `OUTCOMES`.

    A row that both hold counts its version on, so that receivers take it for the newer one. The row that counts the
    ids is left as it is: no id is ever given twice.

    Args:
        name: Of the table, without a prefix.
        prefix: Put before the name of the restored table.
        missing_only: Leave the rows that are there, whatever they hold.
        dry_run: Write nothing.

    Raises:
        NotFound: One of the tables is not there.
        StoreUnavailable: The store failed; to do it again does no harm.
    """
    with reaching_store():
        copy = _Copy(CONFIG.table_prefix + name, missing_only=missing_only, dry_run=dry_run)
        source = prefix + name
        copy.key_names(source)  # raises NotFound
        with ThreadPoolExecutor(_THREADS) as pool:
            for page in copy.client.get_paginator("scan").paginate(TableName=source, ConsistentRead=True):
                yield from pool.map(copy.row, page["Items"])


class _Copy:
    def __init__(self, table: str, *, missing_only: bool, dry_run: bool) -> None:
        self.client = boto3.client("dynamodb")
        self._table = table
        self._missing_only = missing_only
        self._dry_run = dry_run
        self._keys = self.key_names(table)

    def key_names(self, table: str) -> list[str]:
        """Return the names of a table's key. Raises NotFound."""
        try:
            described = self.client.describe_table(TableName=table)["Table"]
        except self.client.exceptions.ResourceNotFoundException as error:
            raise NotFound(f"there is no table {table}") from error
        return [part["AttributeName"] for part in described["KeySchema"]]

    def row(self, restored: _Item) -> str:
        """Copy a row; return what became of it."""
        live = self.live(restored)
        if not live:
            return self.put(restored, live, "added")
        if _content(live) == _content(restored):
            return "same"
        if self._missing_only or live.get("id") == {"S": "numbers"}:
            return "left"
        return self.put(_content(restored) | _next_version(live), live, "replaced")

    def live(self, row: _Item) -> _Item:
        """Return the row with the same key that is in use; an empty one where there is none."""
        key = {name: row[name] for name in self._keys}
        item: _Item = self.client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return item

    def put(self, row: _Item, live: _Item, outcome: str) -> str:
        """Write a row, unless the live one is no longer as it was read."""
        if self._dry_run:
            return outcome
        try:
            self.client.put_item(TableName=self._table, Item=row, **_as_read(self._keys[0], live))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return "changed_meanwhile"
        return outcome


def _content(row: _Item) -> _Item:
    return {name: _in_order(value) for name, value in row.items() if name not in _OF_THE_WRITE}


def _in_order(value: Any) -> Any:
    """Return a set with its members in order: a store hands them out in any."""
    [(kind, held)] = value.items()
    return {kind: sorted(held)} if kind in {"SS", "NS"} else value


def _next_version(live: _Item) -> _Item:
    return {"version": {"N": str(int(live["version"]["N"]) + 1)}} if "version" in live else {}


def _as_read(key: str, live: _Item) -> Mapping[str, Any]:
    """Return the condition that a row is as it was read: gone, or there with its version, if it has one."""
    if "version" in live:
        values = {":version": live["version"]}
        return {**_condition("#name = :version", "version"), "ExpressionAttributeValues": values}
    return _condition("attribute_exists(#name)" if live else "attribute_not_exists(#name)", key)


def _condition(expression: str, name: str) -> Mapping[str, Any]:
    return {"ConditionExpression": expression, "ExpressionAttributeNames": {"#name": name}}
