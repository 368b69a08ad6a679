"""The commands that `make plan` prints where an update cannot bring the tables, run as printed.

Bash runs them against moto's server, behind a CloudFormation that expands templates and imports
tables as AWS's does. A release whose tables had another shape has deployed the stage before.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support.cloudformation import CloudFormation, serving
from tests.support.deployment_steps import STACK, make_deploy
from tests.support.printed_commands import commands_of, run_as_printed
from tests.support.stack_names import TABLES
from tools.package import TEMPLATE

pytestmark = ONE_WORKER

Resources = dict[str, Any]


def as_before(resources: Resources) -> None:
    """Let tasks have a key of two parts, deliveries no local index, payloads a narrower index."""
    tasks, deliveries, payloads = (
        resources[name]["Properties"] for name in ("TasksTable", "DeliveriesTable", "PayloadsTable")
    )
    tasks["KeySchema"] = [*tasks["KeySchema"], {"AttributeName": "version", "KeyType": "RANGE"}]
    tasks["AttributeDefinitions"] += [{"AttributeName": "version", "AttributeType": "N"}]
    del deliveries["LocalSecondaryIndexes"]
    [by_source] = payloads["GlobalSecondaryIndexes"]
    by_source["Projection"] = {"ProjectionType": "KEYS_ONLY"}


class Shell(NamedTuple):
    """Runs what is printed, as its user pastes it."""

    folder: Path

    def run(self, command: str, code: int = 0) -> str:
        done = run_as_printed(command, self.folder, line="dev\n")
        assert (done.returncode != 0) == (code != 0), done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def aws(monkeypatch) -> Iterator[CloudFormation]:
    application = CloudFormation()
    with serving(application) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield application


@pytest.fixture
def shell(tmp_path, aws) -> Shell:  # noqa: ARG001 -- it is there to be called
    folder = tmp_path / "bin"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
def in_use(aws, out, tmp_path) -> None:  # noqa: ARG001
    """An earlier release, with tasks, and deliveries of which every other one waits."""
    earlier = shutil.copytree(out, tmp_path / "earlier")
    template = json.loads((earlier / TEMPLATE).read_text())
    as_before(template["Resources"])
    (earlier / TEMPLATE).write_text(json.dumps(template))
    make_deploy(earlier)
    dynamodb = boto3.client("dynamodb")
    for number in range(1, 31):
        task = {"task_id": number, "version": 2, "column_id": 1, "project_id": 1, "rank": number}
        row = {name: {"N": str(value)} for name, value in task.items()}
        dynamodb.put_item(TableName=f"{STACK}-tasks", Item=row | {"title": {"S": f"No. {number}"}})
        delivery = {"lane": "ci#1", "sequence": f"{number:03}", "endpoint_id": "ci"}
        row = {name: {"S": value} for name, value in delivery.items()}
        due = {"due_at": {"N": str(number)}} if number % 2 else {}
        dynamodb.put_item(TableName=f"{STACK}-deliveries", Item=row | due)


def rows() -> dict[str, list[str]]:
    """Return the rows of all tables of the stage, as JSON."""
    client, found = boto3.client("dynamodb"), {}
    for table in TABLES.values():
        items = client.scan(TableName=f"{STACK}-{table}", ConsistentRead=True)["Items"]
        found[table] = sorted(json.dumps(item, sort_keys=True) for item in items)
    return found


def streamed() -> list[str]:
    """Return what the stream of tasks tells whoever reads it from its beginning."""
    client = boto3.client("dynamodbstreams")
    described = boto3.client("dynamodb").describe_table(TableName=f"{STACK}-tasks")["Table"]
    arn = described["LatestStreamArn"]
    [shard] = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    asked = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    place = client.get_shard_iterator(StreamArn=arn, **asked)["ShardIterator"]
    return [record["eventName"] for record in client.get_records(ShardIterator=place)["Records"]]


def projections(table: str) -> dict[str, Any]:
    """Return what the indexes of a table hold, by their names."""
    described = boto3.client("dynamodb").describe_table(TableName=f"{STACK}-{table}")["Table"]
    kinds = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
    indexes = [index for kind in kinds for index in described.get(kind) or ()]
    return {index["IndexName"]: index["Projection"] for index in indexes}


@pytest.mark.usefixtures("in_use")
def test_tables_are_replaced_by_the_commands_as_printed_with_all_rows_and_without_an_event(
    shell, resources
):
    before = rows()

    told = shell.run("make plan STAGE=dev", code=1)
    said = [shell.run(command) for command in commands_of(told)]

    kept = commands_of(told)[1].partition("BACKUP=")[2]
    assert commands_of(told) == [
        "make destroy STAGE=dev",
        f"make backup STAGE=dev BACKUP={kept}",
        f"make replace STAGE=dev TABLE=tasks FROM={kept}",
        f"make replace STAGE=dev TABLE=deliveries FROM={kept}",
        "make deploy STAGE=dev",
    ]
    assert "  made      index by_source of taskhook-dev-payloads\n" in said[-1]
    assert "Deleting the index by_source of taskhook-dev-payloads, which may take" in said[-1]
    assert "Importing 10 existing tables" in said[-1]
    assert (rows(), streamed()) == (before, [])
    declared = resources["PayloadsTable"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"]
    assert projections("payloads") == {"by_source": declared}
    assert projections("deliveries").keys() == {"pending", "due", "by_endpoint"}
