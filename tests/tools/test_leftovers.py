"""What a destroyed stack has left is taken up as the template declares it, or not at all."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb import tables
from tools import table_indexes
from tools.package import ROOT, additions
from tools.retained_tables import require_as_declared, require_changeable, tables_left
from tools.stack import StackError

STACK = "taskhook-dev"
DECLARED = additions(ROOT / ".chalice", "dev")["Resources"]
TEMPLATE = {
    "Resources": {
        name: one for name, one in DECLARED.items() if one.get("Type") == "AWS::DynamoDB::Table"
    },
}


@pytest.fixture
def left() -> Iterator[dict[str, str]]:
    """The models' tables, with the template's indexes, and what a stack adds to them."""
    with mock_aws():
        tables.create_tables()
        found = tables_left(STACK, TEMPLATE)
        for logical, name in found.items():
            declared = TEMPLATE["Resources"][logical]["Properties"]
            recover(
                name,
                enabled=declared["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
            )
            if "TimeToLiveSpecification" in declared:
                expire(name, enabled=True)
        yield found


def recover(table: str, *, enabled: bool) -> None:
    boto3.client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
    )


def expire(table: str, *, enabled: bool) -> None:
    boto3.client("dynamodb").update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": enabled}
    )


def test_tables_that_are_as_the_template_declares_them_may_be_taken_up(left):
    require_as_declared(STACK, TEMPLATE, left)  # raises

    assert left == {
        name: f"{STACK}-{name.removesuffix('Table').lower()}" for name in TEMPLATE["Resources"]
    }


def test_each_thing_that_a_table_lacks_is_named(left):
    changed = [{"Delete": {"IndexName": "by_project"}}]
    boto3.client("dynamodb").update_table(
        TableName=f"{STACK}-events", GlobalSecondaryIndexUpdates=changed
    )
    boto3.client("dynamodb").update_table(
        TableName=f"{STACK}-tasks", StreamSpecification={"StreamEnabled": False}
    )
    expire(f"{STACK}-events", enabled=False)
    recover(f"{STACK}-users", enabled=False)

    with pytest.raises(StackError) as refused:
        require_as_declared(STACK, TEMPLATE, left)

    assert re.findall(r"(\S+) \((.*?)\)", str(refused.value)) == [
        ("taskhook-dev-tasks", "stream"),
        ("taskhook-dev-events", "time to live"),
        ("taskhook-dev-users", "point-in-time recovery"),
    ]


def test_tables_that_are_as_the_template_declares_them_need_no_replacement(left):
    require_changeable(STACK, TEMPLATE)  # raises

    assert left


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda table: table.pop("LocalSecondaryIndexes"), "index pending"),
        (
            lambda table: table["LocalSecondaryIndexes"][0].update(IndexName="later"),
            "index later, index pending",
        ),
        (
            lambda table: retype(table, "due_at"),
            "index due, index pending",
        ),
    ],
    ids=["a local index goes", "a local index comes", "another type of an index's key"],
)
def test_what_no_update_of_a_table_changes_is_named_before_a_deployment(left, edit, told):
    template = copy.deepcopy(TEMPLATE)
    [logical] = [one for one, name in left.items() if name == f"{STACK}-deliveries"]
    edit(template["Resources"][logical]["Properties"])

    with pytest.raises(StackError) as refused:
        require_changeable(STACK, template)

    assert f"taskhook-dev-deliveries ({told})." in str(refused.value)


def test_a_global_index_that_comes_needs_no_replacement(left):
    template = copy.deepcopy(TEMPLATE)
    [logical] = [one for one, name in left.items() if name == f"{STACK}-deliveries"]
    indexes = template["Resources"][logical]["Properties"]["GlobalSecondaryIndexes"]
    indexes.append({**indexes[0], "IndexName": "later"})

    require_changeable(STACK, template)  # raises


def change_indexes(table: str, *changes: dict[str, Any]) -> None:
    """Change global indexes one after the other."""
    dynamodb = boto3.client("dynamodb")
    definitions = dynamodb.describe_table(TableName=table)["Table"]["AttributeDefinitions"]
    for change in changes:
        dynamodb.update_table(
            TableName=table,
            AttributeDefinitions=definitions,
            GlobalSecondaryIndexUpdates=[change],
        )


def test_global_indexes_are_brought_one_at_a_time_and_go_on_after_an_interruption(left, capsys):
    name, declared = f"{STACK}-tasks", TEMPLATE["Resources"]["TasksTable"]["Properties"]
    by_column, *_ = declared["GlobalSecondaryIndexes"]
    narrow = {**by_column, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    foreign = {**by_column, "IndexName": "by_hand"}
    change_indexes(
        name,
        {"Delete": {"IndexName": "by_column"}},
        {"Create": narrow},
        {"Create": foreign},
        {"Delete": {"IndexName": "by_closing"}},  # as an interrupted run leaves it
    )

    planned = list(table_indexes.changes(TEMPLATE, left))
    table_indexes.bring(TEMPLATE, left)

    assert planned == [
        ("Delete", "by_column", name),
        ("Delete", "by_hand", name),
        ("Create", "by_closing", name),
        ("Create", "by_column", name),
    ]
    said = capsys.readouterr().out
    assert re.findall(r"^(\w+) the index (\w+) of", said, re.MULTILINE) == [
        ("Deleting", "by_column"),
        ("Deleting", "by_hand"),
        ("Making", "by_closing"),
        ("Making", "by_column"),
    ]
    assert list(table_indexes.changes(TEMPLATE, left)) == []
    require_as_declared(STACK, TEMPLATE, left)  # raises


def test_a_table_to_import_with_another_key_is_named_with_the_commands_that_replace_it(left):
    template = copy.deepcopy(TEMPLATE)
    del template["Resources"]["DeliveriesTable"]["Properties"]["LocalSecondaryIndexes"]

    with pytest.raises(StackError) as refused:
        require_as_declared(STACK, template, left)

    told = str(refused.value)
    assert "taskhook-dev-deliveries (index pending). Nothing was changed." in told
    steps = [step.split("=before-")[0] for step in re.findall("^  (.*)$", told, re.MULTILINE)]
    assert steps == [
        "make backup STAGE=dev BACKUP",
        "make replace STAGE=dev TABLE=deliveries FROM",
        "make deploy STAGE=dev",
    ]


def retype(table, name):
    for one in table["AttributeDefinitions"]:
        if one["AttributeName"] == name:
            one["AttributeType"] = "S"
