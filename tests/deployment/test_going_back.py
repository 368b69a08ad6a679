"""Going back over a change of tables: nothing is deleted, and the next upgrade finds it all."""

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support.cloudformation import CloudFormation, serving
from tests.support.deployment_steps import STACK, Step, make_deploy, step
from tools import deploy, stack
from tools.package import TEMPLATE

pytestmark = ONE_WORKER

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def aws(monkeypatch) -> Iterator[CloudFormation]:
    application = CloudFormation()
    with serving(application) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setattr(stack, "_WAIT", 0.01)
        yield application


def with_more_indexes_and_a_table(resources: dict[str, Any]) -> None:
    """Add an index to events and to comments, and a table of labels."""
    for name in ("EventsTable", "CommentsTable"):
        table = resources[name]["Properties"]
        table.setdefault("GlobalSecondaryIndexes", []).append(index("by_label"))
        table["AttributeDefinitions"].append({"AttributeName": "label", "AttributeType": "S"})
    labels = copy.deepcopy(resources["UsersTable"])
    labels["Properties"]["TableName"] = {"Fn::Sub": "${AWS::StackName}-labels"}
    resources["LabelsTable"] = labels


def noted(resources: dict[str, Any]) -> None:
    """Change nothing but the name of the release."""
    resources["UsersTable"]["Metadata"] = {"Note": "third"}


def index(name: str) -> dict[str, Any]:
    key = [{"AttributeName": "label", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": key, "Projection": {"ProjectionType": "ALL"}}


def release(out: Path, folder: Path, edit: Edit) -> Path:
    """Return the folder of a release whose template differs."""
    shutil.copytree(out, folder)
    template = json.loads((folder / TEMPLATE).read_text())
    edit(template["Resources"])
    (folder / TEMPLATE).write_text(json.dumps(template))
    return folder


def declared() -> dict[str, list[str]]:
    """Return the global indexes of each table of the stack's template; moto makes none of them."""
    client, found = boto3.client("cloudformation"), {}
    resources = client.get_template(StackName=STACK)["TemplateBody"]["Resources"]
    for name, table in resources.items():
        if table["Type"] == "AWS::DynamoDB::Table":
            indexes = table["Properties"].get("GlobalSecondaryIndexes", ())
            found[name] = sorted(index["IndexName"] for index in indexes)
    return found


@pytest.fixture
def labelled(newer, tmp_path) -> Path:
    """A release that adds two indexes and a table, with another code."""
    return release(newer, tmp_path / "labelled", with_more_indexes_and_a_table)


@pytest.fixture
def upgraded(aws, out, labelled) -> Step:  # noqa: ARG001
    step(make_deploy, out)
    return step(make_deploy, labelled)


def test_going_back_keeps_the_table_and_the_indexes_that_the_release_added(upgraded, labelled):
    before = declared()

    back = step(deploy.rollback, "dev")

    after, again = declared(), step(make_deploy, labelled)
    assert "failed" not in upgraded.said + back.said + again.said
    assert (before["EventsTable"], before["LabelsTable"]) == (["by_label", "by_project"], [])
    assert after == declared() == before
    assert set(back.code.values()).isdisjoint(upgraded.code.values())
    assert again[1:] == upgraded[1:]


@pytest.mark.usefixtures("upgraded")
def test_a_plan_of_the_running_release_keeps_the_way_back_beyond_it(labelled, tmp_path):
    step(deploy.show_plan, "dev", labelled, as_json=False)
    third = release(labelled, tmp_path / "third", noted)
    step(make_deploy, third)

    backs = [step(deploy.rollback, "dev").said for _ in range(2)]

    assert [re.findall(r"^Going back", said, re.MULTILINE) for said in backs] == [
        ["Going back"]
    ] * 2


def test_going_back_over_a_change_that_no_update_makes_is_refused_with_the_commands(upgraded):
    client = boto3.client("dynamodb")
    for name in ("by_column", "by_closing"):
        deleted = [{"Delete": {"IndexName": name}}]
        client.update_table(TableName=f"{STACK}-tasks", GlobalSecondaryIndexUpdates=deleted)

    refused = step(deploy.rollback, "dev")

    assert refused.said == (
        "failed: An update of the stack makes or deletes one index of a table, and changes neither "
        "a key nor an\nexisting index. The previous release needs more: taskhook-dev-tasks (index "
        "by_closing, index by_column). Nothing was changed.\nRun these commands in a checkout of "
        "that release, one after the other:\n  make destroy STAGE=dev\n  make deploy STAGE=dev\n"
        "The stage gets another URL. All rows stay, and no endpoint receives again what it has "
        "received\n"
        '(docs/operations.md, "When a table has to be replaced").\n'
    )
    assert refused[1:] == upgraded[1:]
