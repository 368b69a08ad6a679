"""Copying rows of a restored table into the live one."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.config import CONFIG
from chalicelib.domain.errors import NotFound

OUTCOMES = ("added", "replaced", "same", "left", "changed_meanwhile")
"""The outcomes of a row; `left` means that it differs and was kept."""

_OF_THE_WRITE = ("version", "changed_by", "removed_by")
"""Attributes of the last write rather than of the row: restoring is a write of its own."""

_THREADS = 8

_Item = dict[str, Any]


def restore(name: str, prefix: str, **how: bool) -> Iterator[str]:
    """Copy each row of `prefix + name` into the live table; yield one of `OUTCOMES` each.

    A row in both tables gets a higher version, so that receivers treat it as newer.

    Args:
        name: The table's name without its prefix.
        prefix: The prefix of the restored table's name.
        how: `missing_only` keeps existing rows, `dry_run` writes nothing, and `with_numbers` also
            restores the row that counts ids: those given since the backup would be given again.

    Raises:
        NotFound: One of the tables is not there.
        StoreUnavailable: The store failed; it is safe to repeat.
    """
    with translating_store_errors():
        copy, source = _Copy(CONFIG.table_prefix + name, **how), prefix + name
        copy.key_names(source)  # raises NotFound
        with ThreadPoolExecutor(_THREADS) as pool:
            for page in copy.client.get_paginator("scan").paginate(
                TableName=source, ConsistentRead=True
            ):
                yield from pool.map(copy.row, page["Items"])


class _Copy:
    def __init__(
        self,
        table: str,
        *,
        missing_only: bool = False,
        dry_run: bool = False,
        with_numbers: bool = False,
    ) -> None:
        self.client = boto3.client("dynamodb")
        self._table = table
        self._missing_only = missing_only
        self._dry_run = dry_run
        self._leaves_numbers = table == CONFIG.table_prefix + "settings" and not with_numbers
        self._keys = self.key_names(table)

    def key_names(self, table: str) -> list[str]:
        """Return the names of a table's key. Raises NotFound."""
        try:
            described = self.client.describe_table(TableName=table)["Table"]
        except self.client.exceptions.ResourceNotFoundException as error:
            raise NotFound(f"there is no table {table}") from error
        return [part["AttributeName"] for part in described["KeySchema"]]

    def row(self, restored: _Item) -> str:
        """Copy a row and return its outcome."""
        if self._leaves_numbers and restored["id"] == {"S": "numbers"}:
            return "left"
        live = self.live(restored)
        if not live:
            return self.write(restored, live)
        if _content(live) == _content(restored):
            return "same"
        return "left" if self._missing_only else self.write(restored, live)

    def live(self, row: _Item) -> _Item:
        """Return the live row with the same key; empty if there is none."""
        key = {name: row[name] for name in self._keys}
        item: _Item = self.client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
            "Item", {}
        )
        return item

    def write(self, restored: _Item, live: _Item) -> str:
        """Write a row unless the live one changed since; return its outcome."""
        outcome = "replaced" if live else "added"
        if self._dry_run:
            return outcome
        try:
            if live:
                key = {name: restored[name] for name in self._keys}
                wanted = _content(restored) | self._next_version(live)
                self.client.update_item(
                    TableName=self._table, Key=key, **_change(self._keys[0], live, wanted)
                )
            else:
                gone = {"ConditionExpression": "attribute_not_exists(#key)"}
                names = {"#key": self._keys[0]}
                self.client.put_item(
                    TableName=self._table, Item=restored, ExpressionAttributeNames=names, **gone
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return "changed_meanwhile"
        return outcome

    def _next_version(self, live: _Item) -> _Item:
        """Return the version of a row after this write; a task without one has version 1."""
        first = {"version": {"N": "1"}} if self._table == CONFIG.table_prefix + "tasks" else {}
        counted = {**first, **live}.get("version")
        return {"version": {"N": str(int(counted["N"]) + 1)}} if counted else {}


def _content(row: _Item) -> _Item:
    return {name: value for name, value in _in_order(row).items() if name not in _OF_THE_WRITE}


def _in_order(row: _Item) -> _Item:
    """Return a row with its sets sorted, since stores return them in any order."""
    return {
        name: {kind: sorted(held) if kind in {"SS", "NS"} else held for kind, held in value.items()}
        for name, value in row.items()
    }


def _change(key: str, live: _Item, wanted: _Item) -> Mapping[str, Any]:
    """Return the write of the differences, on condition that the row is unchanged."""
    live, wanted = _in_order(live), _in_order(wanted)
    differing = list(
        enumerate(name for name in live | wanted if live.get(name) != wanted.get(name))
    )
    as_read = [
        f"#n{at} = :old{at}" if name in live else f"attribute_not_exists(#n{at})"
        for at, name in differing
    ]
    old = {f":old{at}": live[name] for at, name in differing if name in live}
    new = {f":new{at}": wanted[name] for at, name in differing if name in wanted}
    sets = ", ".join(f"#n{at} = :new{at}" for at, name in differing if name in wanted)
    removals = ", ".join(f"#n{at}" for at, name in differing if name not in wanted)
    return {
        "UpdateExpression": (f"SET {sets} " if sets else "")
        + (f"REMOVE {removals}" if removals else ""),
        "ConditionExpression": " AND ".join(["attribute_exists(#key)", *as_read]),
        "ExpressionAttributeNames": {"#key": key} | {f"#n{at}": name for at, name in differing},
        "ExpressionAttributeValues": old | new,
    }
