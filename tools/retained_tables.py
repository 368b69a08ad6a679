"""The tables of a stage that exist, and whether they match, or can come to match, a template."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3

from tools.stack import StackError


def tables_left(stack: str, template: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the existing tables, by their names in the template."""
    there = {
        name
        for page in boto3.client("dynamodb").get_paginator("list_tables").paginate()
        for name in page["TableNames"]
    }
    names = {
        logical: resource["Properties"]["TableName"]["Fn::Sub"].replace("${AWS::StackName}", stack)
        for logical, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
    return {logical: name for logical, name in names.items() if name in there}


_DIFFER = (
    "tables that are there differ from this release: {}. Deploy the release that left them, and "
    "then this one; or change them with aws dynamodb update-table, update-time-to-live and "
    "update-continuous-backups, and try again"
)


def require_as_declared(template: Mapping[str, Any], left: Mapping[str, str]) -> None:
    """Check that tables to import match the template: an import does not compare them.

    Raises:
        StackError: Some differ; the message names the differences and the remedy.
    """
    differing = {
        name: _differences(template["Resources"][logical]["Properties"], _described(name))
        for logical, name in left.items()
    }
    told = [f"{name} ({', '.join(traits)})" for name, traits in differing.items() if traits]
    if told:
        raise StackError(_DIFFER.format("; ".join(told)))


_FIXED = """\
DynamoDB cannot change these tables in place: {told}. Nothing was changed. Replace them
by these commands, one at a time:
{steps}
The stage gets another URL, and endpoints receive the restored tasks unless you disable them first
(docs/operations.md, "Backup and restore")."""

_STEPS = (
    "make backup STAGE={stage} BACKUP=before-upgrade",
    "make destroy STAGE={stage}",
    "aws dynamodb update-table --no-deletion-protection-enabled --table-name {name}",
    "aws dynamodb delete-table --table-name {name}",
    "aws dynamodb wait table-not-exists --table-name {name}",
    "make deploy STAGE={stage}",
    "make restore STAGE={stage} FROM=before-upgrade TABLE={short}",
)


def require_changeable(stack: str, template: Mapping[str, Any]) -> None:
    """Check that an update can bring the tables of a running stack to those of a template.

    Raises:
        StackError: Some it cannot; the message names them and the commands that replace them.
    """
    fixed: dict[str, list[str]] = {}
    for logical, name in tables_left(stack, template).items():
        described = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
        if found := _unchangeable(template["Resources"][logical]["Properties"], described):
            fixed[name] = found
    if fixed:
        told = "; ".join(f"{name} ({', '.join(traits)})" for name, traits in fixed.items())
        raise StackError(_FIXED.format(told=told, steps="\n".join(_steps(stack, fixed))))


def _unchangeable(declared: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    """Return the parts that no update changes.

    UpdateTable makes and deletes global indexes, and changes neither them nor anything of a key.
    Local indexes are made with their table.
    """
    old, new = _indexes(described), _indexes(declared)
    fixed = (old.keys() & new.keys()) | (_local(described) ^ _local(declared))
    found = [name for name in sorted(fixed) if old.get(name) != new.get(name)]
    keys = [_key(table, table["KeySchema"]) for table in (declared, described)]
    return found if keys[0] == keys[1] else ["key", *found]


def _local(table: Mapping[str, Any]) -> set[str]:
    return {f"index {index['IndexName']}" for index in table.get("LocalSecondaryIndexes", ())}


def _steps(stack: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the commands that replace tables, each once for a stage or for each table."""
    stage = stack.removeprefix("taskhook-")
    for step in _STEPS:
        lines = [
            step.format(stage=stage, name=name, short=name.removeprefix(f"{stack}-"))
            for name in names
        ]
        yield from (f"  {line}" for line in dict.fromkeys(lines))


def _differences(declared: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    one, other = _traits(declared), _traits(described)
    return sorted(
        trait for trait in one.keys() | other.keys() if one.get(trait) != other.get(trait)
    )


def _traits(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's properties in words; templates and DynamoDB name most of them alike."""
    return _indexes(table) | {
        "key": _key(table, table["KeySchema"]),
        "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
        "time to live": table.get("TimeToLiveSpecification", {}).get("AttributeName"),
        "point-in-time recovery": table["PointInTimeRecoverySpecification"][
            "PointInTimeRecoveryEnabled"
        ],
    }


def _indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    return {
        f"index {index['IndexName']}": (
            _key(table, index["KeySchema"]),
            _projected(index["Projection"]),
        )
        for index in indexes
    }


def _key(table: Mapping[str, Any], schema: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return the attributes of a key, the partition's first, with their types."""
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    return [(part["AttributeName"], types[part["AttributeName"]]) for part in schema]


def _projected(projection: Mapping[str, Any]) -> tuple[str, list[str]]:
    return projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", ()))


def _described(name: str) -> dict[str, Any]:
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
