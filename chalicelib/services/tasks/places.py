"""Places of tasks in their columns, which cost the same however long a column is.

Whoever asks for a place in a long column counts it once, and leaves marks for all (see
`domain.marks`). Whoever then changes the column changes the counts; `dispatch` counts again what a
change has touched, so that edits by hand, late adds and changes that were cut short are counted
too. Marks expire, in case a record of the stream is lost.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Counted, Places, Project, Task, task_lists
from chalicelib.config import CONFIG
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.domain.marks import Marked, Marks
from chalicelib.domain.tasks import index_fields
from chalicelib.services import optimistic_locking
from chalicelib.services.projects import projects

LIFETIME = 24 * 3600
"""Seconds after which a column is counted again."""

RECOUNTED_LIFETIME = 600
"""Seconds, after `dispatch` has found another count: the index that it counts in is eventually
consistent, so that it may have counted too early."""

FIRST_LIFETIME = 60
"""Seconds, for a column of which other processes may not know yet that it is long."""


class Standing(NamedTuple):
    """Where an open task stands."""

    column_id: int
    rank: int


_known: dict[int, tuple[float, Counted]] = {}
"""The marks that this process has read or written, by column, and when."""

_MOST_KNOWN = 64


def _counted(column_id: int) -> Counted:
    """Return the marks of a column, not older than `SETTINGS_TTL`."""
    read_at, counted = _known.get(column_id, (float("-inf"), Counted()))
    if time.monotonic() - read_at < CONFIG.settings_ttl:
        return counted
    return _remember(column_id, Places.find(column_id))


def _remember(column_id: int, counted: Counted) -> Counted:
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    if counted.edition:
        _known[column_id] = time.monotonic(), counted
    else:
        _known.pop(column_id, None)
    return counted


def forget() -> None:
    """Read the marks of all columns again at their next use."""
    _known.clear()


def place_of(task: Task) -> int:
    """Return the place of an open task in its column, 1 for the top; 0 for a closed task."""
    if not task.is_active:
        return 0
    column_id, key = int(task.column_id), (int(task.position), int(task.task_id))
    if column_id not in _known:
        few = Marks().few
        top = list(islice(task_lists.keys_from(column_id, None, key[0], few + 1), few + 1))
        if len(top) <= few:
            return _count_before(top, key) + 1
    seen = _counted(column_id)
    mark = seen.marks.before_rank(key[0])
    found = list(task_lists.keys_from(column_id, mark.rank, key[0]))
    if len(found) > seen.marks.few:
        _extend(int(task.project_id), column_id, seen, mark, [rank for rank, _ in found])
    return mark.above + _count_before(found, key) + 1


def _count_before(keys: list[tuple[int, int]], key: tuple[int, int]) -> int:
    """Count the tasks above one; of equal ranks the older is above."""
    return sum(other < key for other in keys)


def mark_before(project_id: int, column_id: int, place: int) -> Marked:
    """Return a mark near the tasks that have so many tasks above them."""
    if place <= Marks().few:
        return Marked(None, 0)
    seen = _counted(column_id)
    mark = seen.marks.before_place(place)
    ahead = place - mark.above
    if ahead > seen.marks.few:
        keys = islice(task_lists.keys_from(column_id, mark.rank, page=ahead), ahead)
        _extend(project_id, column_id, seen, mark, [rank for rank, _ in keys])
        return _counted(column_id).marks.before_place(place)
    return mark


def count_open(column_id: int) -> int:
    """Count the open tasks of a column."""
    last = _counted(column_id).marks.last
    return last.above + task_lists.count_open(column_id, start=last.rank)


def _extend(project_id: int, column_id: int, seen: Counted, mark: Marked, ranks: list[int]) -> None:
    """Leave more marks, of the tasks that follow a mark without a gap."""
    # If it is not the last one, many tasks have come between two: then marks are made anew.
    marks = seen.marks.extended(ranks) if mark == seen.marks.last else Marks()
    if marks == seen.marks:
        return
    with suppress(ConditionFailed, StoreUnavailable):  # the place is known without marks too
        expires_at = seen.expires_at or time.time() + _first_lifetime(project_id, column_id)
        _remember(column_id, Places.replace(column_id, seen, marks, expires_at))


def _first_lifetime(project_id: int, column_id: int) -> int:
    if column_id in _long_columns(project_id):
        return LIFETIME
    Project.note_long(project_id, column_id)
    projects.CACHE.forget()
    return FIRST_LIFETIME


def _long_columns(project_id: int | None = None) -> set[int]:
    """Return the ids of long columns of a project; None: of all."""
    known = projects.CACHE.get()
    wanted = known.values() if project_id is None else filter(None, [known.get(project_id)])
    return {int(column_id) for project in wanted for column_id in project.long_columns or ()}


@contextmanager
def kept(task: Task, wanted: Mapping[str, Any] | None) -> Iterator[None]:
    """Change the counts of long columns with a write of a task.

    Args:
        task: The task as it is before the write.
        wanted: The fields that are written; None: the task is removed.
    """
    before, after = _standing(task.row), _standing({**task.row, **(wanted or {})})
    if wanted is None:
        after = None
    moves = [] if before == after else [(before, -1), (after, 1)]
    long = _long_columns() if moves else set()
    # Read before the write: if `dispatch` is quicker, it has counted the change already.
    columns = {standing.column_id for standing, _ in moves if standing} & long
    seen = {column_id: _counted(column_id) for column_id in columns}
    yield
    for column_id, counted in seen.items():
        marks = counted.marks
        for standing, by in moves:
            if standing and standing.column_id == column_id:
                marks = marks.changed(standing.rank, by)
        _rewrite(column_id, counted, marks)


def _standing(row: Mapping[str, Any]) -> Standing | None:
    """Return where a task stands, None for a closed one."""
    rank = index_fields(row, 1)["rank"]
    return None if rank is None else Standing(int(row["column_id"]), rank)


def _rewrite(column_id: int, seen: Counted, marks: Marks) -> None:
    if marks == seen.marks:
        return
    try:
        _remember(column_id, Places.replace(column_id, seen, marks, seen.expires_at))
    except (ConditionFailed, StoreUnavailable):  # `dispatch` counts what the change has touched
        _known.pop(column_id, None)


def check(changes: Iterable[Change]) -> None:
    """Count again what changes of tasks have touched in long columns.

    Raises:
        StoreUnavailable: The changes must come again.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for change in changes:
        before, after = _stood(change.before), _stood(change.after)
        for standing in {before, after} if before != after else ():
            if standing is not None:
                touched[standing.column_id].add(standing.rank)
    if touched:
        for column_id in touched.keys() & _long_columns():
            _recount(column_id, touched[column_id])


def _stood(row: Mapping[str, Any] | None) -> Standing | None:
    """Return where the index has a task, which is what is counted; None: nowhere."""
    rank, column_id = (row or {}).get("rank"), (row or {}).get("column_id")
    if not isinstance(rank, int) or not isinstance(column_id, int):
        return None
    return Standing(column_id, rank)


def _recount(column_id: int, ranks: Iterable[int]) -> None:
    for _ in optimistic_locking.conflict_retries():
        seen = Places.find(column_id)
        marks = seen.marks
        for rank in ranks:
            if ends := marks.around(rank):
                marks = marks.with_count(rank, task_lists.count_between(column_id, *ends))
        try:
            if marks != seen.marks:
                expires_at = min(seen.expires_at, time.time() + RECOUNTED_LIFETIME)
                Places.replace(column_id, seen, marks, expires_at)
        except ConditionFailed:
            continue
        return
