"""A stage in use whose tables no update can change: the printed commands, and who hears of it."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.cloud.conftest import IN_THE_CLOUD
from tests.support.deployed_stack import (
    STACK,
    Deployed,
    deploy,
    deployed_to,
    put_endpoint,
    run_tool,
    set_what_templates_cannot,
)
from tests.support.local_run import wait_until
from tests.support.printed_commands import commands_of
from tests.support.receivers import Inbox
from tools.package import TEMPLATE

pytestmark = IN_THE_CLOUD


@pytest.fixture
def running(cloud, stack, release) -> Deployed:
    """The stack, whatever other tests have made of it."""
    return deployed_to(cloud, deploy("deploy", "--out", release))


@pytest.fixture
def reshaped(release, tmp_path) -> Path:
    """A release that adds a local index, and changes what a global one holds."""
    folder = shutil.copytree(release, tmp_path / "reshaped")
    template = json.loads((folder / TEMPLATE).read_text())
    deliveries, tasks = (
        template["Resources"][name]["Properties"] for name in ("DeliveriesTable", "TasksTable")
    )
    [pending] = deliveries["LocalSecondaryIndexes"]
    deliveries["LocalSecondaryIndexes"].append({**pending, "IndexName": "waiting"})
    tasks["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"].append("score")
    (folder / TEMPLATE).write_text(json.dumps(template))
    return folder


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as listening:
        put_endpoint("replaced", listening.url)
        yield listening


def run_printed(command: str, release: Path) -> str:
    """Run what a printed command runs, with the release that is adapted to this cloud."""
    _, verb, *settings = command.split()
    given = dict(setting.split("=") for setting in settings)
    if verb == "backup":
        return run_tool("backup", "backup", "--name", given["BACKUP"])
    if verb == "replace":
        which = ("--table", given["TABLE"], "--from", given["FROM"], "--out", release)
        return run_tool("replacing", *which, line="dev\n")
    return deploy(verb, "--out", release, line="dev\n")


def rows(table: str) -> list[str]:
    found = boto3.client("dynamodb").scan(TableName=f"{STACK}-{table}", ConsistentRead=True)
    return sorted(json.dumps(item, sort_keys=True) for item in found["Items"])


def times_heard(inbox: Inbox) -> Counter[str]:
    return Counter(json.loads(post.body)["title"] for post in inbox.received)


def times_of(inbox: Inbox, *titles: str) -> dict[str, int]:
    """Return how often a receiver has heard of these: a slow answer may have been tried again."""
    heard = times_heard(inbox)
    return {title: heard[title] for title in titles}


def wait_for_titles(inbox: Inbox, running: Deployed, *titles: str) -> None:
    """Wait until a receiver has heard of tasks, and until nothing waits for it."""
    wait_until(lambda: times_heard(inbox).keys() >= set(titles))
    wait_until(
        lambda: {row["status"]["S"] for row in running.deliveries("replaced")} == {"delivered"}
    )


def test_no_row_is_lost_and_no_endpoint_hears_again_of_what_it_has_heard(
    cloud, running, release, reshaped, inbox
):
    titles = "Before 1", "Before 2", "Before 3"
    for title in titles:
        running.add(title)
    wait_for_titles(inbox, running, *titles)
    heard = times_of(inbox, *titles)

    told = deploy("plan", "--out", reshaped, code=1)
    destroy, *others = commands_of(told)
    run_printed(destroy, reshaped)
    set_what_templates_cannot(release)
    before = rows("tasks"), rows("deliveries")
    said = [run_printed(command, reshaped) for command in others]

    again: Deployed = deployed_to(cloud, said[-1])
    assert (rows("tasks"), rows("deliveries")) == before
    assert again.add("After").text == "OK"
    wait_for_titles(inbox, again, *titles, "After")
    assert times_of(inbox, *titles) == heard
    described = boto3.client("dynamodb").describe_table(TableName=f"{STACK}-deliveries")["Table"]
    indexes = [index["IndexName"] for index in described["LocalSecondaryIndexes"]]
    assert indexes == ["pending", "waiting"]
