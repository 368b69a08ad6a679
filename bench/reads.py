"""Measure reads of long columns through a local run, each next to its floor.

All tasks of a project are in one column. Lists are compared with the store's own query of the same
rows, a place with the same call in a short column, a move to the middle with one to the top, and
the last page with the first. Each pair takes turns.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

import boto3

from bench.api import Api
from bench.figures import Figure, report
from bench.filled import Project, fill, new_project, row_of_task, task_rows
from tools.local_run import local_run

SIZES = (10, 1_000, 10_000, 100_000)
PAGE = 1_000
SELECTIVE = "number 77"

Call = Callable[[], object]


def measure(times: int) -> list[Figure]:
    """Measure all calls, each a number of times."""
    with tempfile.TemporaryDirectory() as name:
        projects = _filled(Path(name))
        with local_run(Path(name)) as run:
            api = Api(run)
            turn = partial(_pair, times=times)
            return [
                *_lists(api, projects[1_000], turn),
                *_places(api, projects, turn),
                *_long(api, projects[SIZES[-1]], turn),
            ]


def _filled(data_dir: Path) -> dict[int, Project]:
    """Fill a store with a project of each size, all of its tasks in its first column."""
    with local_run(data_dir) as run:
        api = Api(run)
        like = row_of_task(api("createTask", title="Measured", project_id=1))
        made = {size: new_project(api, f"{size:,} tasks", size) for size in SIZES}
    made = {size: one._replace(column_ids=one.column_ids[:1]) for size, one in made.items()}
    fill(data_dir, {"tasks": chain.from_iterable(task_rows(like, one) for one in made.values())})
    return made


def _pair(what: str, call: Call, floor: Call, most: float | None = None, *, times: int) -> Figure:
    """Return the medians of two calls in turns; the first turn warms up."""
    taken = [(_elapsed(call), _elapsed(floor)) for _ in range(times + 1)][1:]
    mine, other = (statistics.median(one) for one in zip(*taken, strict=True))
    return Figure(what, mine, "ms", other, most_floors=most)


def _elapsed(call: Call) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _lists(api: Api, project: Project, turn: Callable[..., Figure]) -> list[Figure]:
    store, key = boto3.client("dynamodb"), {"project_id": project.id}
    query: dict[str, Any] = {
        "TableName": os.environ["TABLE_PREFIX"] + "tasks",
        "IndexName": "by_project",
        "KeyConditionExpression": "project_id = :project AND is_active = :open",
        "ExpressionAttributeValues": {
            ":project": {"N": str(project.id)},
            ":open": {"N": "1"},
        },
    }
    floor = partial(store.query, **query, Select="COUNT")
    calls = {
        "getAllTasks": partial(api, "getAllTasks", **key),
        "getBoard": partial(api, "getBoard", **key),
        "searchTasks": partial(api, "searchTasks", **key, query=SELECTIVE),
    }
    return [
        turn(f"{name}, 1,000 tasks; floor: the store looks at them", call, floor)
        for name, call in calls.items()
    ]


def _places(api: Api, projects: dict[int, Project], turn: Callable[..., Figure]) -> list[Figure]:
    def call(size: int) -> Call:
        return partial(api, "getTask", task_id=_middle(projects[size].task_ids))

    return [
        turn(f"getTask, {size:,} tasks in the column; floor: 10", call(size), call(10), 1.3)
        for size in (10_000, 100_000)
    ]


def _middle(ids: Sequence[int]) -> int:
    return ids[len(ids) // 2]


def _long(api: Api, project: Project, turn: Callable[..., Figure]) -> list[Figure]:
    size, key, number = len(project.task_ids), {"project_id": project.id}, count()

    def move(place: int) -> object:
        task_id = project.task_ids[next(number) * 37 % size]
        where = {"column_id": project.column_ids[0], "position": place}
        return api("moveTaskPosition", **key, task_id=task_id, **where)

    first = partial(api, "getAllTasks", **key, limit=PAGE)
    last = partial(first, offset=size - PAGE)
    shown = f"of {size:,}"
    return [
        turn(
            f"a move to the middle {shown}; floor: to the top",
            lambda: move(size // 2),
            lambda: move(1),
            3,
        ),
        turn(f"the last page of 1,000 {shown}; floor: the first", last, first, 2),
    ]


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--times", type=int, default=30, help="how often each call is made (default: %(default)s)"
    )
    times = options.parse_args().times
    report("reads", "Reads of long columns through a local run", measure(times), times=times)


if __name__ == "__main__":
    main()
