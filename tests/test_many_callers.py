"""Eight clients at once create, change, move, close and reopen one project's tasks."""

import asyncio
import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.domain.tasks import COLORS
from tests.support.kanboard_client import QuickClient
from tests.support.local_run import LocalRun

DURATION = 20
"""Seconds for which they call."""

SHARED = (
    "title",
    "description",
    "color_id",
    "reference",
    "score",
    "priority",
    "date_due",
    "date_started",
)
"""The fields of the one task that all of them change, each caller another one: there is one for
each of the eight."""

pytestmark = pytest.mark.xdist_group("many callers")


class Caller:
    """Calls at random for a while, and keeps a model of what was answered."""

    def __init__(self, number: int, client: QuickClient, project_id: int, shared_id: int) -> None:
        """Begin with no task of its own."""
        self.client, self.project_id, self.shared_id = client, project_id, shared_id
        self.columns = [int(column["id"]) for column in client.get_columns(project_id=project_id)]
        self.chance = random.Random(number)
        self.field = SHARED[number]
        self.shared: str | None = None
        self.created: list[int] = []
        self.known: dict[int, dict[str, object]] = {}
        self.answers: list[Any] = []

    def call_for(self, seconds: float) -> None:
        """Call until the time is over; an error answer is raised."""
        until = time.monotonic() + seconds
        steps = [
            self._move_anywhere,
            self._move_anywhere,
            self._close_or_open,
            self._rename,
            self._share,
        ]
        while time.monotonic() < until:
            if not self.created or self.chance.random() < 0.3:
                self._create()
            else:
                self.chance.choice(steps)(self.chance.choice(self.created))

    def move_to_top(self) -> None:
        """Move a task to where all the others move theirs."""
        number = next(number for number, task in self.known.items() if task["is_active"] == "1")
        self._move(number, self.columns[0], 1)

    def _create(self) -> None:
        column, title = self.chance.choice(self.columns), f"Task {self.chance.random()}"
        number = self.client.create_task(title=title, project_id=self.project_id, column_id=column)
        self.created.append(number)
        self.known[number] = {"title": title, "column_id": str(column), "is_active": "1"}

    def _move_anywhere(self, number: int) -> None:
        if self.known[number]["is_active"] == "1":
            self._move(number, self.chance.choice(self.columns), self.chance.randint(1, 10))

    def _move(self, number: int, column: int, place: int) -> None:
        answer = self.client.move_task_position(
            project_id=self.project_id,
            task_id=number,
            column_id=column,
            position=place,
            swimlane_id=0,
        )
        self._note(number, answer, column_id=str(column))

    def _close_or_open(self, number: int) -> None:
        if self.known[number]["is_active"] == "1":
            self._note(number, self.client.close_task(task_id=number), is_active=0)
        else:
            self._note(number, self.client.open_task(task_id=number), is_active="1")

    def _rename(self, number: int) -> None:
        title = f"Task {self.chance.random()}"
        self._note(number, self.client.update_task(id=number, title=title), title=title)

    def _share(self, _: int) -> None:
        value = (
            self.chance.choice(list(COLORS))
            if self.field == "color_id"
            else str(self.chance.randint(10**8, 10**9))
        )
        self.answers.append(self.client.update_task(id=self.shared_id, **{self.field: value}))
        self.shared = value

    def _note(self, number: int, answer: Any, **changed: object) -> None:
        self.answers.append(answer)
        self.known[number] |= changed


class Scene:
    """What has been done, and what is there then."""

    def __init__(
        self, client: QuickClient, project_id: int, shared_id: int, callers: list[Caller]
    ) -> None:
        """Read it all."""
        self.callers, self.shared_id = callers, shared_id
        self.shared = client.get_task(task_id=shared_id)
        self.open = client.get_all_tasks(project_id=project_id, status_id=1)
        self.closed = client.get_all_tasks(project_id=project_id, status_id=0)
        [self.lane] = client.get_board(project_id=project_id)
        self.places = {
            task["id"]: client.get_task(task_id=int(task["id"]))["position"] for task in self.open
        }


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    loop = asyncio.new_event_loop()
    with (
        LocalRun(tmp_path_factory.mktemp("data")) as run,
        ThreadPoolExecutor(len(SHARED)) as threads,
    ):
        clients = [
            QuickClient(f"{run.url}/jsonrpc.php", "jsonrpc", run.ready["api_token"], loop=loop)
            for _ in SHARED
        ]
        project_id = clients[0].create_project(name="Busy")
        shared_id = clients[0].create_task(title="Shared", project_id=project_id)
        callers = [
            Caller(number, client, project_id, shared_id) for number, client in enumerate(clients)
        ]
        for called in [threads.submit(caller.call_for, DURATION) for caller in callers]:
            called.result()
        list(threads.map(Caller.move_to_top, callers))
        yield Scene(clients[0], project_id, shared_id, callers)
    loop.close()


def test_all_that_was_asked_was_done(scene):
    answers = [answer for caller in scene.callers for answer in caller.answers]

    assert len(answers) > 50
    assert set(answers) == {True}


def test_no_id_is_given_twice(scene):
    created = [number for caller in scene.callers for number in caller.created]

    assert all(isinstance(number, int) for number in created)
    assert len({*created, scene.shared_id}) == len(created) + 1 > 50


def test_every_change_is_there_afterwards(scene):
    known = {str(number): task for caller in scene.callers for number, task in caller.known.items()}

    found = {
        task["id"]: {name: task[name] for name in ("title", "column_id", "is_active")}
        for task in [*scene.open, *scene.closed]
        if task["id"] != str(scene.shared_id)
    }
    assert found == known


def test_writers_of_one_task_lose_nothing_of_each_other(scene):
    wanted = {caller.field: caller.shared for caller in scene.callers}

    assert {field: scene.shared[field] for field in SHARED} == wanted


def test_the_positions_of_a_column_are_from_1_on(scene):
    columns = defaultdict(list)
    for task in scene.open:
        columns[task["column_id"]].append(int(task["position"]))

    assert {column: sorted(places) for column, places in columns.items()} == {
        column: list(range(1, len(places) + 1)) for column, places in columns.items()
    }


def test_a_board_and_a_task_alone_show_the_same_positions(scene):
    on_board = {
        task["id"]: (column["id"], task["position"])
        for column in scene.lane["columns"]
        for task in column["tasks"]
    }

    assert on_board == {task["id"]: (task["column_id"], task["position"]) for task in scene.open}
    assert scene.places == {task["id"]: task["position"] for task in scene.open}
    assert [[task["position"] for task in column["tasks"]] for column in scene.lane["columns"]] == [
        [str(place) for place in range(1, column["nb_tasks"] + 1)]
        for column in scene.lane["columns"]
    ]
