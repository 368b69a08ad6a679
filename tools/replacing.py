"""Replace a table of a destroyed stage by one of this release's shape, with the same rows.

DynamoDB changes neither a key nor a local index in place. The new table's stream begins when its
rows are back, so that `dispatch` hears of none of them.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import TaskhookError
from chalicelib.domain.printable import one_line
from tools import backup, table_shapes
from tools.account import require_access
from tools.deploy import typed
from tools.package import OUT, STAGES, TEMPLATE
from tools.stack import Stack, StackError

_MADE_WITH = (
    *("AttributeDefinitions", "KeySchema", "BillingMode"),
    *("GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
)


def replace(stage: str, table: str, kept: str, out: Path = OUT) -> None:
    """Replace a table, after its stage was typed; a repeated run goes on where it stopped.

    Args:
        stage: A stage without a stack, so that nothing is written meanwhile.
        table: The table's name without its prefix.
        kept: The name of its backup.
        out: The folder of the packaged release.

    Raises:
        StackError: It was not typed, or it could not be; the message says why.
    """
    stack = Stack(f"taskhook-{stage}", {})
    if stack.status():
        raise StackError(f"{stack.name} is there: run make destroy STAGE={stage} first")
    name, source = f"{stack.name}-{table}", backup.Source(kept, None)
    backup.origin(name, source)  # raises StackError
    declared = _declared(json.loads((out / TEMPLATE).read_text()), table)
    _make_room(stage, table, source, declared)
    backup.restore(stage, source, [table], with_numbers=True)
    _complete(name, declared)
    print(f"{name} is replaced. To bring the stage back: make deploy STAGE={stage}")


def _make_room(stage: str, table: str, source: backup.Source, declared: Mapping[str, Any]) -> None:
    """Have a table of the declared shape, made now or by an interrupted run."""
    dynamodb, name = boto3.client("dynamodb"), f"taskhook-{stage}-{table}"
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return _make(name, declared)
    described = table_shapes.described(name)
    if differing := table_shapes.fixed_differences(declared, described):
        _require_fitting(name, declared, has_other_key="key" in differing)
        _require_whole(stage, table, source)
        _delete(stage, name, is_protected=described.get("DeletionProtectionEnabled", False))
        return _make(name, declared)
    if not table_shapes.differences(declared, described):
        raise StackError(f"{name} has the key and the local indexes of this release already")
    return None


def _declared(template: Mapping[str, Any], table: str) -> dict[str, Any]:
    [properties] = [
        one["Properties"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::DynamoDB::Table"
        and one["Properties"]["TableName"]["Fn::Sub"] == f"${{AWS::StackName}}-{table}"
    ]
    return dict(properties)


def _delete(stage: str, name: str, *, is_protected: bool) -> None:
    print(f"This deletes {name}, makes it anew and restores its rows from the backup.")
    if typed(f"Type {stage} to continue: ") != stage:
        raise StackError("nothing was changed")
    dynamodb = boto3.client("dynamodb")
    if is_protected:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    dynamodb.delete_table(TableName=name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=name)


def _require_whole(stage: str, table: str, source: backup.Source) -> None:
    """Check that a backup holds each row of a table as it is; it may hold expired ones beside."""
    how = {"dry_run": True, "with_numbers": True}
    name, counts = f"taskhook-{stage}-{table}", backup.restore(stage, source, [table], **how)
    if counts[table]["same"] < _count(name):
        raise StackError(
            f"{name} has rows that the backup {source.name} lacks or has otherwise: nothing was "
            f"changed. Make a backup of another name"
        )


def _require_fitting(name: str, declared: Mapping[str, Any], *, has_other_key: bool) -> None:
    """Check that the new table takes each row, by what its key and its indexes' keys take."""
    if count := _count(name, **_unfit(declared)):
        raise StackError(
            f"{count} rows of {name} lack a part of its new keys, or have it empty or in another "
            f"type: nothing was changed"
        )
    if has_other_key:
        _require_distinct(name, declared)


def _require_distinct(name: str, declared: Mapping[str, Any]) -> None:
    """Check that no two rows of a table have the same key in the new one."""
    keys = Counter(_keys(name, declared))
    if count := keys.total() - len(keys):
        raise StackError(
            f"{count} rows of {name} would replace another one, whose new key they share: nothing "
            f"was changed"
        )


def _keys(name: str, declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield the key that each row of a table has in the new one."""
    names = {f"#k{at}": part["AttributeName"] for at, part in enumerate(declared["KeySchema"])}
    scan = boto3.client("dynamodb").get_paginator("scan")
    only = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    for page in scan.paginate(TableName=name, ConsistentRead=True, **only):
        for row in page["Items"]:
            yield json.dumps(row, sort_keys=True)


def _count(name: str, **which: Any) -> int:
    """Return how many rows a table has, of those that a filter passes."""
    scan = boto3.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=name, Select="COUNT", ConsistentRead=True, **which)
    return sum(page["Count"] for page in pages)


def _unfit(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filter of rows that a table would refuse, as arguments of a scan."""
    own = {part["AttributeName"] for part in declared["KeySchema"]}
    refused, names, values = [], {}, {":empty": {"S": ""}}
    for at, one in enumerate(declared["AttributeDefinitions"]):
        names[f"#n{at}"] = one["AttributeName"]
        values[f":t{at}"] = {"S": one["AttributeType"]}
        another = f"(NOT attribute_type(#n{at}, :t{at}) OR #n{at} = :empty)"
        if one["AttributeName"] not in own:  # a row without it is not in the index
            another = f"(attribute_exists(#n{at}) AND {another})"
        refused.append(another)
    return {
        "FilterExpression": " OR ".join(refused),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _make(name: str, declared: Mapping[str, Any]) -> None:
    """Make a table that has no stream, expiry and recovery yet: no deployment imports it so."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        SSESpecification={"Enabled": declared["SSESpecification"]["SSEEnabled"]},
        **{part: declared[part] for part in _MADE_WITH if part in declared},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)


def _complete(name: str, declared: Mapping[str, Any]) -> None:
    """Give a table what is declared beside its shape; what it has already stays."""
    dynamodb = boto3.client("dynamodb")
    missing = table_shapes.differences(declared, table_shapes.described(name))
    if "stream" in missing:
        stream = {"StreamEnabled": True, **declared["StreamSpecification"]}
        dynamodb.update_table(TableName=name, StreamSpecification=stream)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    if "time to live" in missing:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification=declared["TimeToLiveSpecification"]
        )
    recovery = declared["PointInTimeRecoverySpecification"]
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)


def main() -> None:
    """Replace the table that the command line names."""
    parser = argparse.ArgumentParser(prog="tools.replacing", description=__doc__)
    parser.add_argument("--stage", default="dev", choices=STAGES)
    parser.add_argument("--table", choices=backup.TABLES, required=True)
    parser.add_argument("--from", dest="kept", required=True, help="the name of the backup")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder of the package")
    asked = parser.parse_args()
    try:
        require_access()
        replace(asked.stage, asked.table, asked.kept, asked.out)
    except (BotoCoreError, ClientError, StackError, TaskhookError) as error:
        raise SystemExit("\n".join(map(one_line, f"replace: {error}".split("\n")))) from error


if __name__ == "__main__":
    main()
