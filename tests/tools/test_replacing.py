"""A table that DynamoDB cannot change in place is replaced with all of its rows, or left alone."""

import copy
import io
import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.adapters.dynamodb.tables import Numbers, Task
from chalicelib.services.tasks import lifecycle
from tests.tools.test_leftovers import TEMPLATE
from tools import backup, replacing, restoring, table_shapes
from tools.package import TEMPLATE as FILE
from tools.stack import StackError

NAME = "taskhook-dev-deliveries"


@pytest.fixture
def dynamodb(cloud) -> Any:  # noqa: ARG001 -- a client of that cloud
    return boto3.client("dynamodb")


@pytest.fixture
def packaged(tmp_path) -> Path:
    """A release in which the local index of deliveries has another name."""
    template = copy.deepcopy(TEMPLATE)
    table = template["Resources"]["DeliveriesTable"]["Properties"]
    table["LocalSecondaryIndexes"][0]["IndexName"] = "waiting"
    (tmp_path / FILE).write_text(json.dumps(template))
    return tmp_path


@pytest.fixture
def kept(dynamodb) -> str:
    """The backup of a table with rows, which is protected from deletion."""
    for number in range(30):
        row = {"lane": "ci#1", "sequence": f"{number:03}", "due_at": number}
        item = {name: {"N" if name == "due_at" else "S": str(it)} for name, it in row.items()}
        dynamodb.put_item(TableName=NAME, Item=item)
    dynamodb.update_table(TableName=NAME, DeletionProtectionEnabled=True)
    backup.backup("dev", "kept")
    return "kept"


def rows(dynamodb: Any) -> list[str]:
    return [item["sequence"]["S"] for item in dynamodb.scan(TableName=NAME)["Items"]]


def local_indexes(dynamodb: Any) -> list[str]:
    described = dynamodb.describe_table(TableName=NAME)["Table"]
    return [index["IndexName"] for index in described["LocalSecondaryIndexes"]]


def type_line(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))


def declared(packaged: Path) -> dict[str, Any]:
    template = json.loads((packaged / FILE).read_text())
    return dict(template["Resources"]["DeliveriesTable"]["Properties"])


def test_a_protected_table_is_replaced_with_its_rows_its_expiry_and_its_recovery(
    dynamodb, packaged, kept, monkeypatch
):
    type_line(monkeypatch, "dev\n")

    replacing.replace("dev", "deliveries", kept, packaged)

    assert (len(rows(dynamodb)), local_indexes(dynamodb)) == (30, ["waiting"])
    assert table_shapes.differences(declared(packaged), table_shapes.described(NAME)) == []


def test_nothing_is_deleted_unless_the_stage_is_typed(dynamodb, packaged, kept, monkeypatch):
    type_line(monkeypatch, "yes\n")

    with pytest.raises(StackError, match="nothing was changed"):
        replacing.replace("dev", "deliveries", kept, packaged)

    assert (len(rows(dynamodb)), local_indexes(dynamodb)) == (30, ["pending"])


def test_nothing_is_deleted_without_a_backup(dynamodb, packaged, kept, monkeypatch):
    type_line(monkeypatch, "dev\n")

    with pytest.raises(StackError, match=f"{NAME} has no backup of-old; it has {kept}"):
        replacing.replace("dev", "deliveries", "of-old", packaged)

    assert (len(rows(dynamodb)), local_indexes(dynamodb)) == (30, ["pending"])


def add(dynamodb: Any) -> None:
    dynamodb.put_item(TableName=NAME, Item={"lane": {"S": "ci#1"}, "sequence": {"S": "later"}})


def change(dynamodb: Any) -> None:
    item = {"lane": {"S": "ci#1"}, "sequence": {"S": "007"}, "due_at": {"N": "700"}}
    dynamodb.put_item(TableName=NAME, Item=item)


@pytest.mark.parametrize("write", [add, change])
def test_nothing_is_deleted_where_a_row_was_written_after_the_backup(
    dynamodb, packaged, kept, monkeypatch, write
):
    write(dynamodb)
    before = rows(dynamodb)
    type_line(monkeypatch, "dev\n")

    with pytest.raises(StackError, match=f"{NAME} has rows that the backup {kept} lacks or has"):
        replacing.replace("dev", "deliveries", kept, packaged)

    assert (rows(dynamodb), local_indexes(dynamodb)) == (before, ["pending"])


def test_a_row_that_has_expired_since_the_backup_is_no_hindrance(
    dynamodb, packaged, kept, monkeypatch
):
    key = {"lane": {"S": "ci#1"}, "sequence": {"S": "007"}}
    dynamodb.delete_item(TableName=NAME, Key=key)
    type_line(monkeypatch, "dev\n")

    replacing.replace("dev", "deliveries", kept, packaged)

    assert local_indexes(dynamodb) == ["waiting"]


def test_nothing_is_deleted_while_a_stack_writes(dynamodb, packaged, kept, monkeypatch):
    type_line(monkeypatch, "dev\n")
    boto3.client("cloudformation").create_stack(
        StackName="taskhook-dev", TemplateBody='{"Resources": {}}'
    )

    with pytest.raises(StackError, match="taskhook-dev is there: run make destroy STAGE=dev first"):
        replacing.replace("dev", "deliveries", kept, packaged)

    assert (len(rows(dynamodb)), local_indexes(dynamodb)) == (30, ["pending"])


def test_an_interrupted_replacement_goes_on_where_it_stopped(dynamodb, packaged, kept, monkeypatch):
    dynamodb.update_table(TableName=NAME, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=NAME)
    replacing._make(NAME, declared(packaged))
    type_line(monkeypatch, "")

    replacing.replace("dev", "deliveries", kept, packaged)

    assert (len(rows(dynamodb)), local_indexes(dynamodb)) == (30, ["waiting"])


def test_a_table_that_needs_no_replacement_is_left_alone(dynamodb, tmp_path, kept, monkeypatch):
    (tmp_path / FILE).write_text(json.dumps(TEMPLATE))
    monkeypatch.setattr(table_shapes, "differences", lambda *_: [])

    with pytest.raises(StackError, match=f"{NAME} has the key and the local indexes of this rel"):
        replacing.replace("dev", "deliveries", kept, tmp_path)

    assert len(rows(dynamodb)) == 30


@pytest.fixture
def of_tasks(packaged) -> Path:
    """A release in which the version is part of the key of tasks."""
    key_tasks_by_another(packaged, "version", "N")
    return packaged


def key_tasks_by_another(packaged: Path, name: str, kind: str) -> None:
    """Add an attribute to the key of tasks."""
    template = json.loads((packaged / FILE).read_text())
    table = template["Resources"]["TasksTable"]["Properties"]
    table["KeySchema"].append({"AttributeName": name, "KeyType": "RANGE"})
    table["AttributeDefinitions"].append({"AttributeName": name, "AttributeType": kind})
    (packaged / FILE).write_text(json.dumps(template))


def test_no_task_is_announced_while_its_table_is_filled(dynamodb, of_tasks, cloud, monkeypatch):
    lifecycle.create_task({"title": "Here before"})
    lifecycle.change_task(1, lambda _: {"title": "Here"})
    backup.backup("dev", "kept", ["tasks"])
    type_line(monkeypatch, "dev\n")

    replacing.replace("dev", "tasks", "kept", of_tasks)

    table = dynamodb.describe_table(TableName="taskhook-dev-tasks")["Table"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert [task.title for task in Task.scan()] == ["Here"]
    assert type(cloud)().records() == []


def test_nothing_is_deleted_where_the_new_table_would_refuse_a_row(dynamodb, of_tasks, monkeypatch):
    for number, version in enumerate(({"N": "1"}, {"S": "1"}, {})):
        row = {"task_id": {"N": str(number)}} | ({"version": version} if version else {})
        dynamodb.put_item(TableName="taskhook-dev-tasks", Item=row)
    backup.backup("dev", "kept", ["tasks"])
    type_line(monkeypatch, "dev\n")

    with pytest.raises(StackError, match="^2 rows of taskhook-dev-tasks lack a part of its new ke"):
        replacing.replace("dev", "tasks", "kept", of_tasks)

    assert len(list(Task.scan())) == 3


@pytest.mark.usefixtures("kept")
def test_nothing_is_deleted_where_two_rows_have_the_same_new_key(dynamodb, packaged, monkeypatch):
    template = json.loads((packaged / FILE).read_text())
    table = template["Resources"]["DeliveriesTable"]["Properties"]
    table["KeySchema"][1]["AttributeName"] = "due_at"
    table["AttributeDefinitions"] = [
        one for one in table["AttributeDefinitions"] if one["AttributeName"] != "sequence"
    ]
    (packaged / FILE).write_text(json.dumps(template))
    key = {"lane": {"S": "ci#1"}, "sequence": {"S": "later"}}
    dynamodb.put_item(TableName=NAME, Item=key | {"due_at": {"N": "7"}})
    backup.backup("dev", "kept-later", ["deliveries"])
    type_line(monkeypatch, "dev\n")

    with pytest.raises(StackError, match=f"^1 rows of {NAME} would replace another one, whose"):
        replacing.replace("dev", "deliveries", "kept-later", packaged)

    assert len(rows(dynamodb)) == 31


def test_nothing_is_deleted_where_a_text_of_a_new_key_is_empty(dynamodb, packaged, monkeypatch):
    """DynamoDB takes an empty text in every attribute but those of keys."""
    key_tasks_by_another(packaged, "title", "S")
    for number, title in enumerate(("x", "")):
        row = {"task_id": {"N": str(number)}, "title": {"S": title}}
        dynamodb.put_item(TableName="taskhook-dev-tasks", Item=row)
    backup.backup("dev", "kept", ["tasks"])
    type_line(monkeypatch, "dev\n")

    with pytest.raises(StackError, match="^1 rows of taskhook-dev-tasks lack a part of its new ke"):
        replacing.replace("dev", "tasks", "kept", packaged)

    assert len(list(Task.scan())) == 2


@pytest.mark.usefixtures("dynamodb")
def test_the_row_that_counts_ids_comes_back_into_a_table_that_is_replaced():
    Numbers.reserve("user", 5)
    backup.backup("dev", "kept", ["settings"])
    before = [row.to_simple_dict() for row in Numbers.query("numbers")]
    Numbers().delete()

    backup.restore("dev", backup.Source("kept", None), ["settings"], with_numbers=True)

    assert [row.to_simple_dict() for row in Numbers.query("numbers")] == before
    assert "added" in restoring.OUTCOMES
