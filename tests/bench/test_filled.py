"""A store that is filled past its API."""

import json
from contextlib import closing

import boto3

from bench.api import Api
from bench.filled import delivery_rows, endpoint_row, fill, new_project, row_of_task, task_rows
from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox


def lead(monkeypatch, run):
    for name, value in run.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the keys of another run


def test_what_is_filled_in_stands_beside_what_was_there_and_what_comes_after(tmp_path, monkeypatch):
    monkeypatch.setenv("TABLE_PREFIX", "taskhook-dev-")
    with LocalRun(tmp_path) as run, closing(Api(run.ready)) as api:
        lead(monkeypatch, run)
        run.add(title="before")
        rows = task_rows(row_of_task(1), new_project(api, "Filled", 3))

    fill(
        tmp_path,
        {"tasks": rows, "endpoints": [endpoint_row("off")], "deliveries": delivery_rows("off", 2)},
    )

    with LocalRun(tmp_path) as run, Inbox() as inbox:
        lead(monkeypatch, run)
        run.configure(inbox.url)
        run.add(title="after")
        [received] = inbox.wait_for(1)
        titles = {task_id: row_of_task(task_id)["title"]["S"] for task_id in range(1, 6)}
        deliveries = run.client("dynamodb").query(
            TableName="taskhook-dev-deliveries",
            IndexName="by_endpoint",
            KeyConditionExpression="endpoint_id = :off",
            ExpressionAttributeValues={":off": {"S": "off"}},
        )

    assert titles == {
        1: "before",
        2: "Task number 2",
        3: "Task number 3",
        4: "Task number 4",
        5: "after",
    }
    assert json.loads(received.body)["title"] == "after"
    assert deliveries["Count"] == 2
