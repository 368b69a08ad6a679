"""Measure what grows with the tasks of a project, and the list of deliveries with their number.

Calls are made in process, API Gateway's event in and the answer out, over one dynoxide that holds projects of all
sizes; they go in turns, and what is shown are medians of wall time. Ends by itself.
"""

import argparse
import base64
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple

import boto3
from chalice.app import Chalice

from bench.figures import Figure, memory, report
from bench.inside import ADD, API_TOKEN, Unanswered, answer_of, cost_of, event_of, system
from local.environment import TABLE_PREFIX

SIZES = (0, 1_000, 10_000, 100_000)
PAGE = 1_000
"""How many tasks a full page of the board shows, over four columns, and one of the list."""

ADDED, MOVED, MOVED_DEEP = "an add", "a move to the top", "a move to the middle of its column"
BOARD, LIST, DELIVERIES = "one page of the board", "one page of the task list", "one page of deliveries"

_FLOORS = {ADDED: 0, MOVED: 0, MOVED_DEEP: 0, BOARD: PAGE, LIST: PAGE, DELIVERIES: PAGE}
"""The size that a call is compared with: where there is none, a page is not full."""

_TIMES = {ADDED: 5, MOVED: 5}
_BATCH = 25  # rows that one call writes at most

Calls = dict[str, Callable[[], object]]


class Project(NamedTuple):
    """A project of a size, its first column, some tasks of it, and how many are there."""

    id: int
    column_id: int
    task_ids: Sequence[int]
    in_column: int


def measure(rounds: int, largest: int) -> dict[str, dict[int, float]]:
    """Return how long each call takes by size, in ms; the sizes go in turns, so that this machine's noise meets all."""
    sizes = [size for size in SIZES if size <= largest]
    with system() as started:
        calls = {size: _calls(started.app, _project(started.app, size)) for size in sizes}
        for size in sizes[1:]:
            calls[size] |= {DELIVERIES: partial(answer_of, started.app, _deliveries_page(started.app, size))}
        taken: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for turn in range(rounds + 1):
            for size in sizes:
                for name, call in calls[size].items():
                    elapsed = _elapsed(f"{name}, {size:,}", call, _TIMES.get(name, 1))
                    if turn and elapsed is not None:  # the first one warms up
                        taken[name][size].append(elapsed * 1000)
    return {name: {size: statistics.median(found) for size, found in by.items()} for name, by in taken.items()}


def _elapsed(name: str, call: Callable[[], object], times: int) -> float | None:
    """Return how many seconds a call takes; None, and a line, where the store did not answer in its time."""
    try:
        return cost_of(call, times).elapsed
    except Unanswered as error:
        print(f"  {name}: {error}")
        return None


def _project(app: Chalice, size: int) -> Project:
    """Create a project, and so many tasks in its four columns, past Taskhook but for the first two."""
    from chalicelib.adapters.tables import Numbers  # noqa: PLC0415 -- it reads the environment
    from chalicelib.domain.tasks import first_position  # noqa: PLC0415

    project_id = _rpc(app, "createProject", name=f"{size:,} tasks")
    columns = [int(column["id"]) for column in _rpc(app, "getColumns", project_id=project_id)]
    two = [int(answer_of(app, _adding(app, project_id))["headers"]["X-Task-Id"]) for _ in range(2)]
    like = _row("tasks", task_id={"N": str(two[0])})

    def task(number: int) -> dict[str, Any]:
        place = {"N": str(first_position(number))}
        column = {"N": str(columns[number % len(columns)])}
        return like | {"task_id": {"N": str(number)}, "column_id": column, "position": place, "rank": place}

    numbers = Numbers.reserve("task", size)
    _fill("tasks", map(task, numbers))
    of_first = [number for number in numbers if columns[number % len(columns)] == columns[0]]
    return Project(project_id, columns[0], [*two, *of_first[:: len(of_first) // 100 + 1]], len(of_first))


def _calls(app: Chalice, project: Project) -> Calls:
    ids = cycle(project.task_ids)
    key = {"project_id": project.id}

    def move(place: int) -> None:
        _rpc(app, "moveTaskPosition", **key, task_id=next(ids), column_id=project.column_id, position=place)

    return {
        ADDED: partial(answer_of, app, _adding(app, project.id)),
        MOVED: partial(move, 1),
        MOVED_DEEP: partial(move, project.in_column // 2 + 1),
        BOARD: partial(answer_of, app, event_of(app, "GET", f"/boards/{project.id}", _signed_in())),
        LIST: partial(_rpc, app, "getAllTasks", **key, status_id=1, limit=PAGE),
    }


def _deliveries_page(app: Chalice, size: int) -> dict[str, Any]:
    """Write so many deliveries to an endpoint of their own, one each 20 s, and return the event that asks for them."""
    from chalicelib.adapters.tables import Delivery, Endpoint  # noqa: PLC0415 -- it reads the environment

    endpoint_id, now = f"of-{size}", time.time()
    Endpoint(endpoint_id, url="http://127.0.0.1:9/", is_active=False).save()
    told: dict[str, Any] = {"event_id": "evt_1", "event_type": "task.created", "task_id": 1, "task_version": 1}
    told |= {"created_at": now, "give_up_at": now, "expires_at": int(now) + 10**7, "tries": 1, "took_ms": 20}
    told |= {"format": "kanboard", "body": '{"title": "Measured"}', "status": "delivered"}
    like = Delivery("", "", endpoint_id=endpoint_id, **told).serialize()

    def delivery(number: int) -> dict[str, Any]:
        key = {"lane": {"S": f"{endpoint_id}.{number}"}, "sequence": {"S": str(number).zfill(40)}}
        return {**like, **key, "created_at": {"N": f"{now - 20 * number:.3f}"}}

    _fill("deliveries", map(delivery, range(1, size + 1)))
    return event_of(app, "GET", f"/deliveries?endpoint={endpoint_id}", _signed_in())


def _adding(app: Chalice, project_id: int) -> dict[str, Any]:
    return event_of(app, "GET", f"{ADD}&project_id={project_id}")


def _rpc(app: Chalice, method: str, **params: Any) -> Any:
    """Call Kanboard's API as the application and return the result."""
    basic = "Basic " + base64.b64encode(f"jsonrpc:{API_TOKEN}".encode()).decode()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    headers = {"authorization": basic, "content-type": "application/json"}
    answer = json.loads(answer_of(app, event_of(app, "POST", "/jsonrpc.php", headers, body))["body"])
    if answer.get("result") in (None, False):
        raise Unanswered(f"{method} was answered {str(answer)[:200]}")
    return answer["result"]


def _signed_in() -> dict[str, str]:
    """Return the headers of an administrator who has chosen a password."""
    from chalicelib.services import people  # noqa: PLC0415 -- it reads the environment
    from chalicelib.web import session  # noqa: PLC0415

    people.keep_password(1)
    cookie = session.cookie(session.begun(people.get_user(1)), path="/", is_secure=False)
    return {"cookie": cookie.partition(";")[0]}


def _row(table: str, **key: Any) -> dict[str, Any]:
    store = boto3.client("dynamodb")
    row: dict[str, Any] = store.get_item(TableName=TABLE_PREFIX + table, Key=key, ConsistentRead=True)["Item"]
    return row


def _fill(table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows into a table, past Taskhook."""
    store, left = boto3.client("dynamodb"), iter(rows)

    def write(batch: Sequence[Mapping[str, Any]]) -> None:
        puts: Any = {TABLE_PREFIX + table: [{"PutRequest": {"Item": row}} for row in batch]}
        if store.batch_write_item(RequestItems=puts)["UnprocessedItems"]:
            raise SystemExit(f"{table} could not be filled")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, iter(lambda: list(islice(left, _BATCH)), [])))


def _figures(curves: Mapping[str, Mapping[int, float]]) -> list[Figure]:
    figures = []
    for name, by_size in curves.items():
        least, most = _FLOORS[name], max(by_size)
        rows = "deliveries" if name == DELIVERIES else "tasks"
        wanted = 1.2 if name in {ADDED, MOVED, BOARD} else None
        what = f"{name}, {most:,} {rows}; floor: {least:,}"
        figures.append(Figure(what, by_size[most], "ms", by_size.get(least), most_floors=wanted))
    return figures


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15, help="of each size (default: %(default)s)")
    options.add_argument("--largest", type=int, default=max(SIZES), help="size to measure (default: %(default)s)")
    chosen = options.parse_args()
    curves = measure(chosen.rounds, chosen.largest)
    title = "What grows with the tasks of a project, in process; floor: few of them, or just a full page"
    report("growth", title, [*_figures(curves), memory()], rounds=chosen.rounds, curves=curves)


if __name__ == "__main__":
    main()
