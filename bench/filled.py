"""A store filled before its start: writing rows one by one takes five times as long."""

import gzip
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from chalicelib.domain.tasks import first_position
from local import store
from local.environment import TABLE_PREFIX

Rows = Iterable[Mapping[str, Any]]
"""As the store holds them."""


class Project(NamedTuple):
    """A project, its columns, and the ids of the tasks that `task_rows` has for it."""

    id: int
    column_ids: Sequence[int]
    task_ids: Sequence[int]


def fill(data_dir: Path, rows: Mapping[str, Rows]) -> None:
    """Add rows to a data directory's store with dynoxide's import; no run may use it.

    The stream of tasks starts empty, without these rows.

    Args:
        data_dir: The directory.
        rows: New rows by table; their keys must not exist yet.
    """
    binary = store.find_dynoxide()
    if binary is None:
        raise SystemExit("dynoxide is not installed: npm and `make setup` bring it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, schema, database = folder / "rows", folder / "schema.json", folder / "taskhook.db"
        with store.opened("dynoxide", data_dir) as opened:
            schema.write_text(json.dumps(_export(opened.url, source, rows), default=str))
        paths = {"--source": source, "--schema": schema, "--output": database}
        options = [word for option in paths.items() for word in map(str, option)]
        command = [binary, "import", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for old in data_dir.glob("taskhook.db*"):
            old.unlink()
        shutil.move(database, data_dir)


def _export(url: str, folder: Path, rows: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """Export the tables' rows and the new ones for DynamoDB; return the table definitions."""
    client, made = boto3.client("dynamodb", endpoint_url=url), []
    for table in client.list_tables()["TableNames"]:
        made.append({"Table": client.describe_table(TableName=table)["Table"]})
        there = client.scan(TableName=table)["Items"]
        data = folder / table / "data"
        data.mkdir(parents=True)
        with gzip.open(data / "1.json.gz", "wt", compresslevel=1) as file:
            for row in chain(there, rows.get(table.removeprefix(TABLE_PREFIX), ())):
                file.write(json.dumps({"Item": row}) + "\n")
    return made


def new_project(api: Callable[..., Any], name: str, tasks: int) -> Project:
    """Create a project and reserve the ids of so many tasks, in the store of this process."""
    project_id = api("createProject", name=name)
    columns = [int(column["id"]) for column in api("getColumns", project_id=project_id)]
    return Project(project_id, columns, _reserve_tasks(tasks) if tasks else ())


def _reserve_tasks(count: int) -> range:
    counted = boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE_PREFIX"] + "settings",
        Key={"id": {"S": "numbers"}},
        UpdateExpression="ADD task :count",
        ExpressionAttributeValues={":count": {"N": str(count)}},
        ReturnValues="UPDATED_NEW",
    )
    last = int(counted["Attributes"]["task"]["N"])
    return range(last - count + 1, last + 1)


def row_of_task(task_id: int) -> Mapping[str, Any]:
    """Return the row of a task in the store that this process points at."""
    store, table = boto3.client("dynamodb"), os.environ["TABLE_PREFIX"] + "tasks"
    row: Mapping[str, Any] = store.get_item(TableName=table, Key={"task_id": {"N": str(task_id)}})[
        "Item"
    ]
    return row


def task_rows(like: Mapping[str, Any], project: Project) -> Rows:
    """Yield the tasks of a project, copies of one task, distributed over its columns in turn."""
    for number in project.task_ids:
        place = {"N": str(first_position(number))}
        column = {"N": str(project.column_ids[number % len(project.column_ids)])}
        yield {
            **like,
            "task_id": {"N": str(number)},
            "title": {"S": f"Task number {number}"},
            "project_id": {"N": str(project.id)},
            "column_id": column,
            "position": place,
            "rank": place,
        }


def endpoint_row(endpoint_id: str) -> dict[str, Any]:
    """Return a disabled endpoint."""
    return {
        "id": {"S": endpoint_id},
        "url": {"S": "http://127.0.0.1:9/"},
        "is_active": {"BOOL": False},
    }


def delivery_rows(endpoint_id: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield deliveries to an endpoint, one each 20 s until now."""
    now = time.time()
    texts = {
        "endpoint_id": endpoint_id,
        "event_id": "evt_1",
        "event_type": "task.created",
        "format": "kanboard",
    }
    texts |= {
        "body": '{"title": "Measured"}',
        "status": "delivered",
        "outcome": "200",
        "attempts": "[]",
    }
    numbers = {"task_id": 1, "task_version": 1, "give_up_at": now, "expires_at": int(now) + 10**7}
    numbers |= {"tries": 1, "tries_before": 0, "took_ms": 20}
    like = {name: {"S": text} for name, text in texts.items()}
    like |= {name: {"N": str(number)} for name, number in numbers.items()}
    for number in range(count):
        key = {"lane": {"S": f"{endpoint_id}.{number}"}, "sequence": {"S": str(number).zfill(40)}}
        yield {**like, **key, "created_at": {"N": f"{now - 20 * number:.3f}"}}
