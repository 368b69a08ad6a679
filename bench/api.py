"""Measure Kanboard's API through a local run, with typical calls and sizes.

Starts Taskhook in its own folder.
"""

import argparse
import base64
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.common import percentiles
from bench.figures import Figure, report
from bench.filled import Project, fill, new_project, row_of_task, task_rows
from tools.local_run import local_run

SIZES = (10, 1000, 10_000)
CALLERS = 8
PAGE = 1000
"""Tasks per call where all tasks exceed Lambda's answer limit."""


class Api:
    """A caller with one kept connection."""

    def __init__(self, run: Mapping[str, str]) -> None:
        """Call as the application."""
        self._connection = http.client.HTTPConnection(urlsplit(run["url"]).netloc, timeout=60)
        credentials = base64.b64encode(f"jsonrpc:{run['api_token']}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
        }

    def __call__(self, method: str, **params: Any) -> Any:
        """Call a procedure and return its result."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", "/jsonrpc.php", body, self._headers)
        answer = json.loads(self._connection.getresponse().read())
        if answer.get("result") in (None, False):
            raise SystemExit(f"{method} was answered {str(answer)[:200]}")
        return answer["result"]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def timed(name: str, call: Callable[[], object], times: int) -> list[Figure]:
    """Call repeatedly and return p50 and p99."""
    p50, p99 = percentiles(timings(call, times))
    return [Figure(f"{name}, p50", p50, "ms"), Figure(f"{name}, p99", p99, "ms")]


def timings(call: Callable[[], object], times: int) -> list[float]:
    """Call repeatedly and return the duration of each call, in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return taken


def create_many(run: Mapping[str, str], tasks: int) -> list[float]:
    """Create tasks over one connection and return the duration of each call."""
    with closing(Api(run)) as api:
        return timings(lambda: api("createTask", title="Measured", project_id=1), tasks)


def measure_size(api: Api, project: Project, times: int) -> list[Figure]:
    """Measure the calls whose cost may grow with the project's tasks."""
    project_id, ids, size = project.id, project.task_ids, len(project.task_ids)
    page = {} if size < 5 * PAGE else {"limit": PAGE // len(project.column_ids)}
    shown = f"{size:,} tasks" + (f", a page of {PAGE:,}" if page else "")
    calls: dict[str, Callable[[], object]] = {
        f"createTask, {size:,} tasks": lambda: api(
            "createTask", title="Measured", project_id=project_id
        ),
        f"getTask, {size:,} tasks": lambda: api("getTask", task_id=ids[len(ids) // 2]),
        f"getAllTasks, {shown}": lambda: api(
            "getAllTasks", project_id=project_id, status_id=1, **({"limit": PAGE} if page else {})
        ),
        f"getBoard, {shown}": lambda: api("getBoard", project_id=project_id, **page),
    }
    if page:
        calls[f"getAllTasks, {size:,} tasks in pages"] = lambda: [
            api("getAllTasks", project_id=project_id, limit=PAGE, offset=offset)
            for offset in range(0, size, PAGE)
        ]
    few = max(5, times * 10 // max(size, 10))
    figures: list[Figure] = []
    for name, call in calls.items():
        figures += timed(name, call, few if "get" in name and size > 10 else times)
    return figures


def measure_moves(api: Api, project: Project, times: int) -> list[Figure]:
    """Measure moves in the one column that holds all tasks of a project."""
    ids, [column] = project.task_ids, project.column_ids
    turn = count()

    def move(place: int) -> object:
        task_id = ids[next(turn) * 37 % len(ids)]
        return api(
            "moveTaskPosition",
            project_id=project.id,
            task_id=task_id,
            column_id=column,
            position=place,
        )

    places = {"the top": 1, "place 5,000": 5000, "the end": 10_000}
    return [
        figure
        for name, place in places.items()
        for figure in timed(f"moveTaskPosition to {name} of 10,000", partial(move, place), times)
    ]


def measure(times: int) -> list[Figure]:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as name:
        projects, long = _filled(Path(name))
        with local_run(Path(name)) as run:
            api = Api(run)
            timings(lambda: api("createTask", title="Warm", project_id=1), 50)
            figures = [
                figure for project in projects for figure in measure_size(api, project, times)
            ]
            return [*figures, *measure_moves(api, long, times), _measure_callers(run, times)]


def _filled(data_dir: Path) -> tuple[list[Project], Project]:
    """Fill a store with a project of each size, and one with all tasks in one column."""
    with local_run(data_dir) as run:
        api = Api(run)
        like = row_of_task(api("createTask", title="Measured", project_id=1))
        projects = [new_project(api, f"{size} tasks", size) for size in SIZES]
        long = new_project(api, "One long column", SIZES[-1])
    long = long._replace(column_ids=long.column_ids[:1])
    fill(
        data_dir,
        {"tasks": chain.from_iterable(task_rows(like, project) for project in (*projects, long))},
    )
    return projects, long


def _measure_callers(run: Mapping[str, str], times: int) -> Figure:
    begun = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        taken = [
            one
            for each in callers.map(create_many, [run] * CALLERS, [times] * CALLERS)
            for one in each
        ]
    rate = len(taken) / (time.monotonic() - begun)
    return Figure(f"createTask, {CALLERS} callers", rate, "a second")


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--times", type=int, default=50, help="how often most calls are made (default: %(default)s)"
    )
    times = options.parse_args().times
    report("api", "Kanboard's API through a local run, 1 caller", measure(times), times=times)


if __name__ == "__main__":
    main()
