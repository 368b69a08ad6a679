"""Table changes that one update of the stack cannot make.

After AWS::DynamoDB::Table in CloudFormation's template reference (what an update replaces) and
UpdateTable in DynamoDB's API reference (one global secondary index is made or deleted at a time).
"""

from collections.abc import Iterator, Mapping
from typing import Any

Tables = Mapping[str, Mapping[str, Any]]
"""The properties of tables, by their names in a template."""

_PROPERTIES = (
    "TableName",
    "KeySchema",
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


def tables_of(template: Mapping[str, Any]) -> Tables:
    """Return the properties of a template's tables that limit updates."""
    tables: dict[str, dict[str, Any]] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        tables[name] = {}
        for key in _PROPERTIES:
            if key in resource["Properties"]:
                tables[name][key] = resource["Properties"][key]
    return tables


def refusals(before: Tables, after: Tables) -> list[str]:
    """Return the obstacles between two releases' tables, one sentence each."""
    gone = before.keys() - after.keys()
    faults = [f"{name} is gone: its rows would stay behind, in no stack" for name in gone]
    for name in before.keys() & after.keys():
        faults += [f"{name}: {fault}" for fault in _faults(before[name], after[name])]
    return sorted(faults)


def _faults(before: Any, after: Any) -> Iterator[str]:
    for trait in _replacing(before, after):
        yield f"{trait} replaces the table"
    steps = list(_index_steps(before, after))
    if len(steps) > 1:
        yield f"an update makes or deletes one index, and this would {', '.join(steps)}"


def _replacing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in ("TableName", "KeySchema", "LocalSecondaryIndexes"):
        if before.get(key) != after.get(key):
            yield f"a change of {key}"
    types = _types(before), _types(after)
    for attribute in sorted(types[0].keys() & types[1].keys()):
        if types[0][attribute] != types[1][attribute]:
            yield f"another type of {attribute}"


def _index_steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = _indexes(before), _indexes(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        if name in old:
            yield f"delete {name}"
        if name in new:
            yield f"make {name}"


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}


def _indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    return {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
