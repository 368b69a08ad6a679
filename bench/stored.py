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
        if not row.keys() >= set(own):
            continue
        projection = index["Projection"]
        kept = row.keys() & {*keys, *own, *projection.get("NonKeyAttributes", ())}
        if projection["ProjectionType"] == "ALL":
            kept = set(row)
        size += _size({name: row[name] for name in kept}) + _OVERHEAD
    return size


def _size(row: Mapping[str, Any]) -> int:
    size = 0
    for name, value in row.items():
        size += len(name.encode()) + _value_size(value)
    return size


def _value_size(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    if kind == "N":
        return (len(value.strip("-0.")) + 1) // 2 + 1
    if kind == "L":
        return 3 + len(value) + sum(map(_value_size, value))
    if kind == "M":
        return 3 + len(value) + _size(value)
    if kind in {"SS", "NS"}:
        return sum(_value_size({kind[0]: part}) for part in value)
    if kind in {"BOOL", "NULL"}:
        return 1
    return len(value.encode()) if kind == "S" else len(value)
