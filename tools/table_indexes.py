"""Global indexes of kept tables, made and deleted one at a time as a release declares them."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from tools.table_shapes import index_steps

_WAIT = 5.0
"""Seconds between two polls of a table that changes."""

_DOING = {"Create": "Making", "Delete": "Deleting"}


def changes(template: Mapping[str, Any], left: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the verb, `Create` or `Delete`, the index and the table of each step of `bring`."""
    for logical, name in left.items():
        declared = template["Resources"][logical]["Properties"]
        for verb, index in index_steps(declared, _described(name)):
            yield verb, index, name


def bring(template: Mapping[str, Any], left: Mapping[str, str]) -> None:
    """Bring the global indexes of tables to a template; their rows stay as they are.

    An interrupted run goes on where it stopped when it is repeated.

    Args:
        template: It declares the tables.
        left: The names of the tables by their names in the template.
    """
    for logical, name in left.items():
        declared = template["Resources"][logical]["Properties"]
        while step := next(index_steps(declared, settled(name)), None):
            verb, index = step
            print(f"{_DOING[verb]} the index {index} of {name}, which may take minutes", flush=True)
            _change(name, declared, verb, index)


def settled(name: str) -> dict[str, Any]:
    """Wait until a table and its indexes do not change any more, and return its description."""
    while True:
        described = _described(name)
        indexes = described.get("GlobalSecondaryIndexes", ())
        states = {index.get("IndexStatus", "ACTIVE") for index in indexes}  # MiniStack gives none
        if states | {described["TableStatus"]} == {"ACTIVE"}:
            return described
        time.sleep(_WAIT)


def _described(name: str) -> dict[str, Any]:
    described: dict[str, Any] = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
    return described


def _change(name: str, declared: Mapping[str, Any], verb: str, index: str) -> None:
    if verb == "Delete":
        boto3.client("dynamodb").update_table(
            TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index}}]
        )
        return
    [wanted] = [one for one in declared["GlobalSecondaryIndexes"] if one["IndexName"] == index]
    boto3.client("dynamodb").update_table(
        TableName=name,
        AttributeDefinitions=_definitions(_described(name), declared, wanted),
        GlobalSecondaryIndexUpdates=[{"Create": wanted}],
    )


def _definitions(
    described: Mapping[str, Any], declared: Mapping[str, Any], wanted: Mapping[str, Any]
) -> list[Mapping[str, str]]:
    """Return the definitions of all attributes in keys, once `wanted` is there."""
    types: dict[str, Mapping[str, str]] = {}
    for table in (described, declared):
        for one in table["AttributeDefinitions"]:
            types.setdefault(one["AttributeName"], one)
    for one in declared["AttributeDefinitions"]:
        if one["AttributeName"] in _keyed_by(wanted):
            types[one["AttributeName"]] = one
    used = _keyed_by(described) | _keyed_by(wanted)
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for there in described.get(kind, ()):
            used |= _keyed_by(there)
    return [types[name] for name in sorted(used)]


def _keyed_by(keyed: Mapping[str, Any]) -> set[str]:
    return {part["AttributeName"] for part in keyed["KeySchema"]}
