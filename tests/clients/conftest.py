"""One local run for all of these tests, and the clients of those who call it."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from kanboard import ClientError  # type: ignore[import-untyped]

from tests.support.documented import Board
from tests.support.kanboard_client import QuickClient
from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

EVENTS = ["task.created", "task.modified", "task.removed"]
PASSWORD = "a password"


class RecordingClient(QuickClient):
    """The official client; it notes which procedures it calls."""

    def __init__(self, called: set[str], *args: Any, **more: Any) -> None:
        """Note them in `called`."""
        super().__init__(*args, **more)
        self.called = called

    def execute(self, method: str, **parameters: Any) -> Any:
        """Call a procedure."""
        self.called.add(method)
        return super().execute(method, **parameters)


def error_answer(text: str) -> Any:
    """Expect an error answer, a status of HTTP or what JSON-RPC says."""
    return pytest.raises(ClientError, match=text)


class Person(NamedTuple):
    """A user who is there for one test."""

    id: int
    name: str
    client: RecordingClient


class Hearing:
    """What arrives at an endpoint."""

    def __init__(self, inbox: Inbox) -> None:
        """Look into an inbox to which bodies of format standard or cloudevents come."""
        self._inbox = inbox

    def of(self, *task_ids: int, count: int) -> list[tuple[str, int, int | str, Any]]:
        """Return type, task, author and changes of tasks' events, once there are so many."""
        return wait_until(lambda: found if len(found := self._of(task_ids)) >= count else [])

    def _of(self, task_ids: tuple[int, ...]) -> list[tuple[str, int, int | str, Any]]:
        bodies = [json.loads(received.body) for received in list(self._inbox.received)]
        return [
            (
                body["type"],
                body["data"]["task_id"],
                body["author"],
                _without_date(body["data"].get("changes")),
            )
            for body in bodies
            if body["data"]["task_id"] in task_ids
        ]


def _without_date(changes: Any) -> Any:
    """Drop what depends on whether two changes met in one second."""
    return changes and {
        name: change for name, change in changes.items() if name != "date_modification"
    }


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    """Taskhook; a slow machine shall not turn a first attempt into a retry."""
    with LocalRun(tmp_path_factory.mktemp("data"), environ={"DELIVERY_TIMEOUT": "20"}) as started:
        yield started


@pytest.fixture(scope="package")
def called() -> set[str]:
    """The procedures that have been called."""
    return set()


@pytest.fixture(scope="package")
def connect(run: LocalRun, called: set[str]) -> Iterator[Callable[[str, str], RecordingClient]]:
    """Make a client for a name and a password."""
    loop = asyncio.new_event_loop()
    yield lambda name, password: RecordingClient(
        called, f"{run.url}/jsonrpc.php", name, password, loop=loop
    )
    loop.close()


@pytest.fixture(scope="package")
def application(run: LocalRun, connect: Callable[[str, str], RecordingClient]) -> RecordingClient:
    """The client of who has the API token."""
    return connect("jsonrpc", run.ready["api_token"])


@pytest.fixture(scope="package")
def administrator(run: LocalRun, connect: Callable[[str, str], RecordingClient]) -> RecordingClient:
    """The client of the administrator."""
    return connect("admin", run.ready["admin_password"])


_numbers = itertools.count(1)


@pytest.fixture
def person(
    application: RecordingClient, connect: Callable[[str, str], RecordingClient]
) -> Iterator[Person]:
    """A user who belongs to no project yet."""
    name = f"person{next(_numbers)}"
    number = application.create_user(username=name, password=PASSWORD)
    yield Person(number, name, connect(name, PASSWORD))
    application.remove_user(user_id=number)


@pytest.fixture
def board(application: RecordingClient) -> Iterator[Board]:
    """A project without tasks."""
    number = application.create_project(name="Board")
    yield Board(
        number, [int(column["id"]) for column in application.get_columns(project_id=number)]
    )
    application.remove_project(project_id=number)


@pytest.fixture
def task_id(application: RecordingClient, board: Board) -> int:
    """A task of that project."""
    number: int = application.create_task(title="Write", project_id=board.id)
    return number


@pytest.fixture(scope="package")
def hearing(application: RecordingClient) -> Iterator[Hearing]:
    """An endpoint of format standard that hears of everything."""
    yield from _hearing(application, "standard")


@pytest.fixture(scope="package")
def cloud_hearing(application: RecordingClient) -> Iterator[Hearing]:
    """An endpoint of format cloudevents that hears of everything."""
    yield from _hearing(application, "cloudevents")


def _hearing(application: RecordingClient, body_format: str) -> Iterator[Hearing]:
    with Inbox() as inbox:
        name = application.create_endpoint(url=inbox.url, events=EVENTS, format=body_format)
        yield Hearing(inbox)
        application.remove_endpoint(endpoint_id=name)
