"""The tables of a stage that exist, and whether they match, or can come to match, a template."""

import time
from collections.abc import Mapping
from typing import Any

import boto3

from tools import table_shapes
from tools.stack import StackError

_Told = Mapping[str, list[str]]
"""What differs, by the names of tables."""


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
    "tables that are there differ from this release: {}. If make replace was interrupted, run it "
    "again. Otherwise deploy the release that left them, and then this one; or change them with "
    "aws dynamodb update-table, update-time-to-live and update-continuous-backups, and try again"
)

_REPLACED = """\
DynamoDB cannot change these tables in place: {told}. Nothing was changed. Replace them
by these commands, one after the other:
{steps}
Their rows stay, and endpoints receive nothing because of it (docs/operations.md, "When a table has
to be replaced")."""


def require_as_declared(stack: str, template: Mapping[str, Any], left: Mapping[str, str]) -> None:
    """Check that tables to import match the template but for global indexes.

    An import does not compare them.

    Raises:
        StackError: Some differ; the message names the differences and the remedy.
    """
    fixed, differing = {}, {}
    for logical, name in left.items():
        declared = template["Resources"][logical]["Properties"]
        there = table_shapes.described(name)
        fixed[name] = table_shapes.fixed_differences(declared, there)
        differing[name] = table_shapes.differences(declared, there)
    if any(fixed.values()):
        raise StackError(_REPLACED.format(told=_told(fixed), steps=_steps(stack, fixed)))
    if any(differing.values()):
        raise StackError(_DIFFER.format(_told(differing)))


_UNCHANGEABLE = """\
An update of the stack makes or deletes one index of a table, and changes neither a key nor an
existing index. {release} needs more: {told}. Nothing was changed.
Run these commands{where}, one after the other:
{steps}
The stage gets another URL. All rows stay, and no endpoint receives again what it has received
(docs/operations.md, "When a table has to be replaced")."""


_AT_ROLLBACK = ("The previous release", " in a checkout of that release")


def require_changeable(
    stack: str, template: Mapping[str, Any], *, going_back: bool = False
) -> None:
    """Check that one update can bring the tables of a running stack to those of a template.

    Args:
        stack: The stack's name.
        template: The template of the update.
        going_back: Whether it is the previous release's, and not that of the checkout.

    Raises:
        StackError: It cannot; the message names tables, indexes and the commands to run.
    """
    fixed, found = {}, {}
    for logical, name in tables_left(stack, template).items():
        declared = template["Resources"][logical]["Properties"]
        there = boto3.client("dynamodb").describe_table(TableName=name)["Table"]
        fixed[name] = table_shapes.fixed_differences(declared, there)
        found[name] = sorted({*fixed[name], *_too_many(declared, there)})
    if any(found.values()):
        release, where = _AT_ROLLBACK if going_back else ("This release", "")
        steps = f"  make destroy STAGE={_stage(stack)}\n{_steps(stack, fixed)}"
        told = {"release": release, "told": _told(found), "where": where, "steps": steps}
        raise StackError(_UNCHANGEABLE.format(**told))


def _too_many(declared: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    """Return the global indexes that differ unless only one is to be made or deleted."""
    steps = list(table_shapes.index_steps(declared, described))
    if len(steps) < 2:
        return []
    return [f"index {name}" for _, name in steps]


def _told(differing: _Told) -> str:
    return "; ".join(f"{name} ({', '.join(found)})" for name, found in differing.items() if found)


def _stage(stack: str) -> str:
    return stack.removeprefix("taskhook-")


def _steps(stack: str, fixed: _Told) -> str:
    """Return the commands after `make destroy`; `make deploy` makes global indexes anew."""
    stage, tables = _stage(stack), [name for name, found in fixed.items() if found]
    backup = time.strftime("before-%Y%m%dT%H%M%SZ", time.gmtime())  # an older one has older rows
    steps = []
    if tables:
        steps.append(f"make backup STAGE={stage} BACKUP={backup}")
    for name in tables:
        table = name.removeprefix(f"{stack}-")
        steps.append(f"make replace STAGE={stage} TABLE={table} FROM={backup}")
    steps.append(f"make deploy STAGE={stage}")
    return "\n".join(f"  {step}" for step in steps)
