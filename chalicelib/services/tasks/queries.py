"""Lists of tasks: of a project, of a board, by reference, overdue, of a user."""

import time
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import Project, Task, task_lists
from chalicelib.adapters.dynamodb.tables.task_texts import Texts, as_texts
from chalicelib.domain.errors import NotFound
from chalicelib.domain.tasks import LONGEST_NAME
from chalicelib.services.tasks import places
from chalicelib.services.tasks.lifecycle import find_task

Row = Mapping[str, Any]

CLOSED_SHOWN = 100
"""Closed tasks on one page."""


def placed(task: Task) -> Texts:
    """Return a task as texts with its `place`, 0 if it is closed."""
    return as_texts(task.row) | {"place": places.place_of(task)}


def tasks_of(project: Project, *, is_active: bool) -> list[Texts]:
    """Return a project's open or closed tasks by id, each with its `place`, 0 if closed.

    It reads only these tasks.
    """
    rows = task_lists.texts_of(int(project.id), int(is_active))
    for row in rows:
        row["place"] = 0
    if is_active:
        _place(columns_of(project, rows))
    return sorted(rows, key=lambda row: int(row["task_id"]))


def board_of(project: Project) -> dict[int, list[Texts]]:
    """Return a project's open tasks by column as `columns_of`, each with its `place`."""
    return _place(columns_of(project, task_lists.texts_of(int(project.id), 1)))


def _place(columns: dict[int, list[Texts]]) -> dict[int, list[Texts]]:
    for column in columns.values():
        for place, row in enumerate(column, start=1):
            row["place"] = place
    return columns


def columns_of(project: Project, rows: Iterable[Texts]) -> dict[int, list[Texts]]:
    """Return open tasks by column, from top to bottom; those of missing columns in the first."""
    ids = [int(column.id) for column in project.columns]
    columns: dict[int, list[Texts]] = {number: [] for number in ids}
    if not ids:
        return columns
    by_column = {str(number): columns[number] for number in ids}
    by_id = sorted(rows, key=lambda row: int(row["task_id"]))  # pairs take twice as long to sort
    for row in sorted(by_id, key=lambda row: float(row["position"])):
        by_column.get(row["column_id"], columns[ids[0]]).append(row)
    return columns


def projects_of(task_ids: Iterable[int]) -> dict[int, int]:
    """Return the project of each task that exists, by their ids, in one read."""
    rows = task_lists.texts_by_id(task_ids)
    return {task_id: int(row["project_id"]) for task_id, row in rows.items()}


def page_of(project: Project, *, is_active: bool, limit: int, offset: int) -> list[Texts]:
    """Return open tasks in board order, column by column, or closed ones, the newest last.

    It reads only the tasks that it returns; the store counts the skipped ones.
    """
    if is_active:
        found = _places_from(project, limit, offset)
    else:
        found = dict.fromkeys(task_lists.closed_ids(int(project.id), offset, limit), 0)
    return _placed(task_lists.texts_by_id(found), found)


def _placed(rows: Mapping[int, Texts], found: Mapping[int, int]) -> list[Texts]:
    return [rows[task_id] | {"place": place} for task_id, place in found.items() if task_id in rows]


def _places_from(project: Project, limit: int, offset: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for column in project.columns:
        if len(found) == limit:
            break
        ids, passed = _open_ids(project, int(column.id), offset, limit - len(found))
        found |= {task_id: place for place, task_id in enumerate(ids, passed + 1)}
        offset -= passed
    return found


def _open_ids(project: Project, column_id: int, offset: int, count: int) -> tuple[list[int], int]:
    """Return the ids of some open tasks of a column, and the number of skipped ones."""
    mark = places.mark_before(int(project.id), column_id, offset)
    ids, passed = task_lists.open_ids(column_id, offset - mark.above, count, start=mark.rank)
    return ids, mark.above + passed


def top_of(
    project: Project, *, limit: int, offset: int
) -> tuple[dict[int, int], dict[int, list[Texts]]]:
    """Return by column the number of open tasks, and some of them, starting at an offset."""
    column_ids = [int(column.id) for column in project.columns]
    shown = {number: _open_ids(project, number, offset, limit)[0] for number in column_ids}
    rows = task_lists.texts_by_id(chain.from_iterable(shown.values()))
    full = {
        number: _placed(rows, {task_id: place for place, task_id in enumerate(ids, offset + 1)})
        for number, ids in shown.items()
    }
    return {number: places.count_open(number) for number in column_ids}, full


def closed_page(
    project_id: int, after: tuple[int, int] | None
) -> tuple[list[Task], tuple[int, int] | None]:
    """Return a page of closed tasks' keys and titles, the newest first, and the next cursor.

    Args:
        project_id: The project.
        after: The cursor that the call for the page before returned; None: the first page.
    """
    found = task_lists.closed_of(project_id, CLOSED_SHOWN + 1, after)
    shown, more = found[:CLOSED_SHOWN], found[CLOSED_SHOWN:]
    return shown, (int(shown[-1].closed_at or 0), int(shown[-1].task_id)) if more else None


def cards_of(project: Project, shown: int) -> dict[int, list[Texts]]:
    """Return the topmost open tasks of each column as boards show them; it reads only these."""
    return {
        int(column.id): task_lists.cards_of(int(column.id), shown) for column in project.columns
    }


def counts_of(project: Project, most: int) -> list[int]:
    """Return the number of open tasks of each column, up to `most`, without reading the rows."""
    return [task_lists.count_open(int(column.id), most) for column in project.columns]


def find_by_reference(project_id: int, reference: str) -> Task:
    """Return the task of a project with a reference, the oldest of several.

    Raises:
        NotFound: There is no such task.
    """
    found: list[int] = []
    if 0 < len(reference) <= LONGEST_NAME:  # the store accepts no other keys
        with translating_store_errors():
            named = Task.by_reference.query(reference, Task.project_id == project_id)
            found = sorted(int(task.task_id) for task in named)
    if not found:
        raise NotFound(f"there is no task with the reference {reference!r} in project {project_id}")
    return find_task(found[0])


def overdue(projects: Iterable[Project], owner_id: int | None = None) -> list[Row]:
    """Return the open tasks of active projects whose date has passed, the oldest date first.

    Args:
        projects: The projects to search.
        owner_id: The owner; None: anybody.
    """
    where = Task.date_due.between(1, int(time.time()))
    if owner_id is not None:
        where &= Task.owner_id == owner_id
    rows: list[Row] = []
    for project in projects:
        if project.is_active:
            rows += task_lists.rows_of(int(project.id), 1, where)
    return sorted(rows, key=lambda row: (row["date_due"], row["task_id"]))
