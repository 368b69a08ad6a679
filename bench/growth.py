"""Measure calls whose cost may grow with a project's tasks or with the number of deliveries.

Calls are made in process, from API Gateway's event to the answer, over one dynoxide with projects
of all sizes; the sizes alternate, and the figures are medians of wall time.
"""

import argparse
import base64
import json
import os
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from typing import Any, NamedTuple

from chalice.app import Chalice

from bench.api import Api
from bench.figures import Figure, memory, report
from bench.filled import (
    Rows,
    delivery_rows,
    endpoint_row,
    fill,
    new_project,
    row_of_task,
    task_rows,
)
from bench.in_process import (
    ADD,
    API_TOKEN,
    SECRETS,
    Unanswered,
    answer_of,
    cost_of,
    event_of,
    system,
)
from tools.local_run import local_run

SIZES = (0, 1_000, 10_000, 100_000)
PAGE = 1_000
"""How many tasks a full page of the board shows, over four columns, and one of the list."""

ADDED, MOVED, MOVED_DEEP = "an add", "a move to the top", "a move to the middle of its column"
BOARD, DELIVERIES = "one page of the board", "one page of deliveries"
LIST, LIST_END = "the first page of the task list", "the last page of the task list"

_FLOORS = {ADDED: 0, MOVED: 0, MOVED_DEEP: 0} | dict.fromkeys(
    (LIST, LIST_END, BOARD, DELIVERIES), PAGE
)
"""The size that a call is compared with: where there is none, a page is not full."""

_TIMES = {ADDED: 5, MOVED: 5, BOARD: 3}
"""Calls in a turn."""

Calls = dict[str, Callable[[], object]]


class Project(NamedTuple):
    """A project of a size, its first column, some of its tasks, and their number."""

    id: int
    column_id: int
    task_ids: Sequence[int]
    in_column: int


def measure(rounds: int, largest: int) -> dict[str, dict[int, float]]:
    """Return the ms of each call by size; sizes alternate, so that other load affects all."""
    sizes = [size for size in SIZES if size <= largest]
    with tempfile.TemporaryDirectory() as name:
        projects = _filled(Path(name), sizes)
        with system(Path(name)) as started:
            calls = {size: _calls(started.app, project, size) for size, project in projects.items()}
            taken: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
            for turn in range(rounds + 1):
                for size, call_of in calls.items():
                    for what, call in call_of.items():
                        found = _elapsed(f"{what}, {size:,}", call, _TIMES.get(what, 1))
                        if turn:  # the first one warms up
                            taken[what][size] += found
    return _medians(taken)


def _medians(taken: Mapping[str, Mapping[int, list[float]]]) -> dict[str, dict[int, float]]:
    medians: dict[str, dict[int, float]] = defaultdict(dict)
    for what, by_size in taken.items():
        for size, found in by_size.items():
            if found:
                medians[what][size] = statistics.median(found)
    return dict(medians)


def _elapsed(name: str, call: Callable[[], object], times: int) -> list[float]:
    """Return the ms of each call; if the store times out, print that and return none."""
    try:
        return [cost_of(call).elapsed * 1000 for _ in range(times)]
    except Unanswered as error:
        print(f"  {name}: {error}")
        return []


def _filled(data_dir: Path, sizes: Iterable[int]) -> dict[int, Project]:
    """Fill a store with a project, and with deliveries to an endpoint, of each size."""
    os.environ |= SECRETS
    tasks: list[Rows] = []
    with local_run(data_dir) as run:
        api = Api(run)
        projects = {size: _project(api, size, tasks) for size in sizes}
    endpoints = [endpoint_row(_endpoint(size)) for size in sizes]
    deliveries = (delivery_rows(_endpoint(size), size) for size in sizes)
    fill(
        data_dir, {"tasks": chain(*tasks), "endpoints": endpoints, "deliveries": chain(*deliveries)}
    )
    return projects


def _project(api: Api, size: int, tasks: list[Rows]) -> Project:
    """Create a project with two tasks, and append rows for the others in its columns."""
    made = new_project(api, f"{size:,} tasks", size)
    two = [api("createTask", title="Measured", project_id=made.id) for _ in range(2)]
    tasks.append(task_rows(row_of_task(two[0]), made))
    of_first = [number for number in made.task_ids if number % len(made.column_ids) == 0]
    return Project(
        made.id, made.column_ids[0], [*two, *of_first[:: len(of_first) // 100 + 1]], len(of_first)
    )


def _endpoint(size: int) -> str:
    return f"of-{size}"


def _calls(app: Chalice, project: Project, size: int) -> Calls:
    ids = cycle(project.task_ids)
    key = {"project_id": project.id}

    def move(place: int) -> None:
        _rpc(
            app,
            "moveTaskPosition",
            **key,
            task_id=next(ids),
            column_id=project.column_id,
            position=place,
        )

    calls: Calls = {
        ADDED: partial(answer_of, app, event_of(app, "GET", f"{ADD}&project_id={project.id}")),
        MOVED: partial(move, 1),
        MOVED_DEEP: partial(move, project.in_column // 2 + 1),
        LIST: partial(_rpc, app, "getAllTasks", **key, limit=PAGE),
        LIST_END: partial(_rpc, app, "getAllTasks", **key, limit=PAGE, offset=max(0, size - PAGE)),
    }
    pages = {BOARD: f"/boards/{project.id}"}
    if size:
        pages[DELIVERIES] = f"/deliveries?endpoint={_endpoint(size)}"
    for name, page in pages.items():
        calls[name] = partial(answer_of, app, event_of(app, "GET", page, _signed_in()))
    return calls


def _rpc(app: Chalice, method: str, **params: Any) -> Any:
    """Call Kanboard's API as the application and return the result."""
    basic = "Basic " + base64.b64encode(f"jsonrpc:{API_TOKEN}".encode()).decode()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    headers = {"authorization": basic, "content-type": "application/json"}
    answer = json.loads(
        answer_of(app, event_of(app, "POST", "/jsonrpc.php", headers, body))["body"]
    )
    if answer.get("result") in (None, False):
        raise Unanswered(f"{method} was answered {str(answer)[:200]}")
    return answer["result"]


def _signed_in() -> dict[str, str]:
    """Return the headers of an administrator who has chosen a password."""
    from chalicelib.services.accounts import users  # noqa: PLC0415 -- it reads the environment
    from chalicelib.web import session  # noqa: PLC0415

    users.keep_password(1)
    cookie = session.cookie(session.begun(users.get_user(1)), path="/", is_secure=False)
    return {"cookie": cookie.partition(";")[0]}


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
    options.add_argument(
        "--rounds", type=int, default=7, help="of each size (default: %(default)s)"
    )
    options.add_argument(
        "--largest", type=int, default=max(SIZES), help="size to measure (default: %(default)s)"
    )
    chosen = options.parse_args()
    curves = measure(chosen.rounds, chosen.largest)
    title = (
        "What grows with the tasks of a project, in process; floor: few of them, or just a full "
        "page"
    )
    report("growth", title, [*_figures(curves), memory()], rounds=chosen.rounds, curves=curves)


if __name__ == "__main__":
    main()
