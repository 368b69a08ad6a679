"""Tables kept by a destroyed stack: which exist, and whether they match a template."""

from collections.abc import Mapping
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


def _differences(declared: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    one, other = _traits(declared), _traits(described)
    return sorted(
        trait for trait in one.keys() | other.keys() if one.get(trait) != other.get(trait)
    )


def _traits(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's properties in words; templates and DynamoDB name most of them alike."""
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    return {
        f"index {index['IndexName']}": (index["KeySchema"], _projected(index["Projection"]))
        for index in indexes
    } | {
        "key": table["KeySchema"],
        "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
        "time to live": table.get("TimeToLiveSpecification", {}).get("AttributeName"),
        "point-in-time recovery": table["PointInTimeRecoverySpecification"][
            "PointInTimeRecoveryEnabled"
        ],
    }


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
