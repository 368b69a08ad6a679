"""The shape of tables, in words: keys, indexes, streams, expiry and recovery.

A table is *declared* by the properties that a template gives it, and *described* by DynamoDB; both
name most things alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3

Table = Mapping[str, Any]


def differences(declared: Table, described: Table) -> list[str]:
    """Return what differs but for global indexes, such as "stream"."""
    return _differing(_traits(declared), _traits(described))


def fixed_differences(declared: Table, described: Table) -> list[str]:
    """Return what of the key and the local indexes differs; both are made with their table."""
    return _differing(_fixed_traits(declared), _fixed_traits(described))


def index_steps(declared: Table, described: Table) -> Iterator[tuple[str, str]]:
    """Yield `("Delete", name)` and `("Create", name)` for each global index that differs.

    UpdateTable makes or deletes one at a time, and changes none.
    """
    new, old = (_indexes(table, "Global") for table in (declared, described))
    for name in sorted(old):
        if old[name] != new.get(name):
            yield "Delete", name
    for name in sorted(new):
        if old.get(name) != new[name]:
            yield "Create", name


def described(name: str) -> dict[str, Any]:
    """Return an existing table in a template's terms."""
    dynamodb = boto3.client("dynamodb")
    table: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    expires = expiry["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
    return table | {
        "TimeToLiveSpecification": {"AttributeName": expiry["AttributeName"]} if expires else {},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery == "ENABLED"},
    }


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _traits(table: Table) -> dict[str, Any]:
    return _fixed_traits(table) | {
        "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
        "time to live": table.get("TimeToLiveSpecification", {}).get("AttributeName"),
        "point-in-time recovery": table["PointInTimeRecoverySpecification"][
            "PointInTimeRecoveryEnabled"
        ],
    }


def _fixed_traits(table: Table) -> dict[str, Any]:
    local = {f"index {name}": shape for name, shape in _indexes(table, "Local").items()}
    return {"key": _key(table, table["KeySchema"]), **local}


def _indexes(table: Table, kind: str) -> dict[str, Any]:
    """Return what the indexes of a kind are keyed by and hold, by their names."""
    return {
        index["IndexName"]: (_key(table, index["KeySchema"]), _projected(index["Projection"]))
        for index in table.get(f"{kind}SecondaryIndexes", ())
    }


def _key(table: Table, schema: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return the attributes of a key, the partition's first, with their types."""
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    return [(part["AttributeName"], types[part["AttributeName"]]) for part in schema]


def _projected(projection: Mapping[str, Any]) -> tuple[str, list[str]]:
    return projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", ()))
