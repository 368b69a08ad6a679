"""An upgrade from the last release brings each table, with its rows, in one update."""

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support.table_changes import refusals, tables_of

LAST_RELEASE = Path(__file__).with_name("released_tables.json")


def index(name, key="column_id", projection="ALL"):
    keys = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection}}


@pytest.fixture
def before() -> dict[str, Any]:
    table = {
        "TableName": {"Fn::Sub": "${AWS::StackName}-tasks"},
        "KeySchema": [{"AttributeName": "task_id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "task_id", "AttributeType": "N"}],
        "GlobalSecondaryIndexes": [index("by_column")],
    }
    return {"TasksTable": table}


@pytest.fixture
def after(before) -> dict[str, Any]:
    return deepcopy(before)


@ONE_WORKER
def test_the_tables_can_be_brought_in_one_update_from_those_of_the_last_release(template):
    tables = tables_of(template)
    if "TASKHOOK_RELEASE" in os.environ:
        LAST_RELEASE.write_text(json.dumps(tables, indent=1) + "\n")

    assert refusals(json.loads(LAST_RELEASE.read_text()), tables) == []


def test_one_index_more_or_less_and_a_new_table_are_no_fault(before, after):
    after["TasksTable"]["GlobalSecondaryIndexes"].append(index("by_owner"))
    after["SourcesTable"] = before["TasksTable"]

    assert (
        refusals(before, after)
        == refusals(after, before | {"SourcesTable": {**before["TasksTable"]}})
        == []
    )


def test_two_indexes_in_one_update_are_refused(before, after):
    after["TasksTable"]["GlobalSecondaryIndexes"] += [index("by_owner"), index("by_tag")]

    one = "TasksTable: an update makes or deletes one index, and this would"
    assert refusals(before, after) == [f"{one} make by_owner, make by_tag"]
    assert refusals(after, before) == [f"{one} delete by_owner, delete by_tag"]


def test_an_index_that_holds_something_else_is_two_steps(before, after):
    after["TasksTable"]["GlobalSecondaryIndexes"] = [index("by_column", projection="KEYS_ONLY")]

    [fault] = refusals(before, after)

    assert fault.endswith("this would delete by_column, make by_column")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"TableName": "tasks"}, "a change of TableName replaces the table"),
        (
            {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
            "a change of KeySchema replaces the table",
        ),
        (
            {"LocalSecondaryIndexes": [index("pending")]},
            "a change of LocalSecondaryIndexes replaces the table",
        ),
        (
            {"AttributeDefinitions": [{"AttributeName": "task_id", "AttributeType": "S"}]},
            "another type of task_id replaces the table",
        ),
    ],
)
def test_a_change_that_replaces_a_table_is_refused(before, after, change, fault):
    after["TasksTable"] |= change

    assert refusals(before, after) == [f"TasksTable: {fault}"]


def test_a_table_that_goes_is_refused(before):
    assert refusals(before, {}) == ["TasksTable is gone: its rows would stay behind, in no stack"]
