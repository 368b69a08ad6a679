"""The size of a row in DynamoDB, by its own rules."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

_OVERHEAD = 100
"""Bytes charged in addition to a row's own, in the table and in each of its indexes."""


def stored_bytes(names: Iterable[str]) -> dict[str, int]:
    """Return the mean bytes of a row of these tables, including its copies in the indexes."""
    client, means = boto3.client("dynamodb"), {}
    for name in names:
        table = client.describe_table(TableName=os.environ["TABLE_PREFIX"] + name)["Table"]
        rows = client.scan(TableName=table["TableName"])["Items"]
        means[name] = round(sum(_with_copies(row, table) for row in rows) / len(rows))
    return means


def _with_copies(row: Mapping[str, Any], table: Mapping[str, Any]) -> int:
    keys = [part["AttributeName"] for part in table["KeySchema"]]
    size = _size(row) + _OVERHEAD
    for index in table.get("GlobalSecondaryIndexes", []) + table.get("LocalSecondaryIndexes", []):
        own = [part["AttributeName"] for part in index["KeySchema"]]
        if all(name in row for name in own):
            projection = index["Projection"]
            kept = {*keys, *own, *projection.get("NonKeyAttributes", ())}
            everything = projection["ProjectionType"] == "ALL"
            size += (
                _size({name: row[name] for name in row if everything or name in kept}) + _OVERHEAD
            )
    return size


def _size(row: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in row.items())


def _value_size(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    if kind == "N":
        return (len(value.strip("-0.")) + 1) // 2 + 1
    if kind == "L":
        return 3 + sum(1 + _value_size(part) for part in value)
    if kind == "M":
        return 3 + len(value) + _size(value)
    if kind in {"SS", "NS"}:
        return sum(_value_size({kind[0]: part}) for part in value)
    return len(value.encode()) if kind == "S" else 1 if kind in {"BOOL", "NULL"} else len(value)
