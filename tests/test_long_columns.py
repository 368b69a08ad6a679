"""A column of ten thousand tasks: moving one writes one, and lists hold all or a page."""

import asyncio
import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

import pytest
from botocore.credentials import Credentials

from bench.filled import fill
from chalicelib.domain.tasks import NEW_GAP
from tests.support.kanboard_client import QuickClient
from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox
from tests.support.two_clients import ours

COUNT = 10_000
FIRST = 1_001
"""The id of the first of them; all that is added by API has a lower one."""

TABLE = "taskhook-dev-tasks"

pytestmark = pytest.mark.xdist_group("long columns")


class Scene(NamedTuple):
    """A project whose first column is long."""

    run: LocalRun
    client: QuickClient
    store: Any
    project_id: int
    columns: list[int]


def new_row(number: int, project_id: int, column_id: int) -> dict[str, Any]:
    texts = {"title": f"Task {number}", "description": "", "color_id": "blue"}
    numbers = {
        "task_id": number,
        "project_id": project_id,
        "column_id": column_id,
        "date_creation": 1_700_000_000,
    }
    numbers |= {
        "position": number * NEW_GAP,
        "rank": number * NEW_GAP,
        "is_active": 1,
        "version": 1,
    }
    numbers |= dict.fromkeys(("owner_id", "category_id", "score", "date_due", "creator_id"), 0)
    numbers |= dict.fromkeys(("date_modification", "date_completed"), 0)
    return {name: {"S": text} for name, text in texts.items()} | {
        name: {"N": str(n)} for name, n in numbers.items()
    }


def all_rows(store: Any) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    asked = {"TableName": TABLE}
    while True:
        page = store("Scan", asked)
        rows |= {row["task_id"]["N"]: row for row in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return rows
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    loop = asyncio.new_event_loop()

    def client_of(run: LocalRun) -> QuickClient:
        return QuickClient(f"{run.url}/jsonrpc.php", "jsonrpc", run.ready["api_token"], loop=loop)

    run = LocalRun(tmp_path_factory.mktemp("data"), environ={"DELIVERY_TIMEOUT": "20"})
    with run:
        client = client_of(run)
        project_id = client.create_project(name="Long")
        columns = [int(column["id"]) for column in client.get_columns(project_id=project_id)]
    fill(
        run.data_dir,
        {"tasks": [new_row(FIRST + number, project_id, columns[0]) for number in range(COUNT)]},
    )
    with run:
        # It reads ten thousand rows in a fifth of the time that boto3 takes.
        store = ours(run.ready["dynamodb_url"], lambda: Credentials(*run.keys.values()))
        yield Scene(run, client_of(run), store, project_id, columns)
    loop.close()


@pytest.fixture
def inbox(scene):
    with Inbox() as listening:
        name = scene.client.create_endpoint(url=listening.url, events=["task.modified"])
        yield listening
        scene.client.remove_endpoint(endpoint_id=name)


def bodies(inbox):
    """Return the two bodies that arrive, by the ids of their tasks; each task goes its own way."""
    return sorted(
        (json.loads(received.body) for received in inbox.wait_for(2, timeout=120)),
        key=itemgetter("task_id"),
    )


@pytest.mark.parametrize(
    ("number", "place"),
    [(FIRST + 7_000, 1), (FIRST + 8_000, 5_000), (FIRST + 9_000, COUNT), (FIRST + 9_999, 2)],
)
def test_a_move_writes_one_task_and_is_one_event(scene, inbox, number, place):
    before = all_rows(scene.store)

    moved = scene.client.move_task_position(
        project_id=scene.project_id, task_id=number, column_id=scene.columns[0], position=place
    )

    after = all_rows(scene.store)
    shown = scene.client.get_task(task_id=number)["position"]
    scene.client.update_task(id=FIRST, title=f"Heard after {number}")
    heard = bodies(inbox)
    assert (moved, shown) == (True, str(place))
    assert {task for task in after if after[task] != before.get(task)} == {str(number)}
    assert before.keys() == after.keys()
    assert [body["task_id"] for body in heard] == [FIRST, number]
    assert heard[1]["changes"]["position"] == [
        position_in(before, number),
        position_in(after, number),
    ]


def position_in(rows, number):
    return int(rows[str(number)]["position"]["N"])


def test_a_move_out_of_a_long_column_writes_one_task_and_is_one_event(scene, inbox):
    before, number = all_rows(scene.store), FIRST + 5_000

    scene.client.move_task_position(
        project_id=scene.project_id, task_id=number, column_id=scene.columns[1], position=1
    )
    after = all_rows(scene.store)
    scene.client.move_task_position(
        project_id=scene.project_id, task_id=number, column_id=scene.columns[0], position=6_000
    )

    heard = bodies(inbox)
    assert {task for task in after if after[task] != before.get(task)} == {str(number)}
    assert [(body["task_id"], body["changes"]["column_id"]) for body in heard] == [
        (number, scene.columns[:2]),
        (number, scene.columns[1::-1]),
    ]


def test_a_long_list_is_answered_whole(scene):
    ids = [str(number) for number in range(FIRST, FIRST + COUNT)]

    listed = scene.client.get_all_tasks(project_id=scene.project_id, status_id=1)
    found = scene.client.search_tasks(project_id=scene.project_id, query="status:open")
    [lane] = scene.client.get_board(project_id=scene.project_id)

    shown = lane["columns"][0]["tasks"]
    assert [task["id"] for task in listed] == ids
    assert [task["id"] for task in found] == ids
    assert sorted(task["id"] for task in shown) == sorted(ids)
    assert [task["position"] for task in shown] == [str(n) for n in range(1, COUNT + 1)]


def pages(ask, size):
    """Return all that is listed, a page at a time, until one comes that is empty."""
    found: list[Any] = []
    while page := ask(limit=size, offset=len(found)):
        found += page
    return found


def test_the_pages_of_a_long_list_are_together_all_of_it(scene):
    found = pages(
        lambda **page: scene.client.get_all_tasks(project_id=scene.project_id, status_id=1, **page),
        3_000,
    )

    assert sorted(int(task["id"]) for task in found) == list(range(FIRST, FIRST + COUNT))
    assert [int(task["position"]) for task in found] == list(range(1, COUNT + 1))


def test_the_pages_of_a_long_board_are_together_all_of_it(scene):
    def first_column(**page):
        [lane] = scene.client.get_board(project_id=scene.project_id, **page)
        return lane["columns"][0]["tasks"]

    found = pages(first_column, 3_000)

    assert sorted(int(task["id"]) for task in found) == list(range(FIRST, FIRST + COUNT))
    assert [int(task["position"]) for task in found] == list(range(1, COUNT + 1))
