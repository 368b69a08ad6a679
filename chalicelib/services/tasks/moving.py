"""Moves tasks within a column, between columns and to projects. A move writes only the one task."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import Task, task_lists
from chalicelib.domain import tasks
from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.services import optimistic_locking
from chalicelib.services.tasks import places
from chalicelib.services.tasks.duplication import in_project
from chalicelib.services.tasks.fields import read_part, read_project
from chalicelib.services.tasks.lifecycle import change_task, find_task, refuse_moved

_LOOKED_AT = 64
"""The most tasks above and below a place to search for room, before all are searched."""

_Neighbours = tuple[int | None, int | None]
"""The positions above and below a place; None if there is no task."""


class Beside(NamedTuple):
    """A place beside a task: no filter and no other change can shift it."""

    task_id: int
    is_above: bool


def move_task(
    task_id: int,
    column_id: int,
    place: int | Beside,
    *,
    project_id: int | None = None,
    author: int = 0,
) -> Task:
    """Move an open task to a place in a column of its project.

    Args:
        task_id: The task.
        column_id: A column of its project.
        place: 1 is the top; beyond the end means the end. Or beside another task of the column.
        project_id: The project that the caller expects the task to be in.
        author: The acting user's id, or 0.

    Raises:
        NotFound: There is no such task, or it is in another project.
        Refused: The task is closed, the project has no such column, or there is no such place.
    """
    task = _movable(task_id, column_id, place, project_id)
    for _ in optimistic_locking.conflict_retries():
        above, below = _neighbours(task, column_id, place)
        position = tasks.position_between(above, below)
        if position is not None:
            move = _move(task, column_id, position, (above, below))
            return change_task(task_id, move, author=author)
        _make_room(column_id, above or 0, below or 0, author)
    raise StoreUnavailable(f"column {column_id} is being changed by too many others")


def _movable(task_id: int, column_id: int, place: int | Beside, project_id: int | None) -> Task:
    """Return a task that may be moved to a place. Raises NotFound, Refused."""
    if not isinstance(place, Beside) and place < 1:
        raise Refused({"position": "takes a whole number, 1 or more"})
    task = find_task(task_id)
    if project_id not in (None, task.project_id):
        raise NotFound(f"there is no task {task_id} in project {project_id}")
    read_part(read_project(str(task.project_id)), "column_id", "columns", column_id or -1)
    return task


def _move(
    read: Task, column_id: int, position: int, between: _Neighbours
) -> Callable[[Task], Mapping[str, Any]]:
    """Return the fields that a move writes; none if the task is there already."""

    def moved(task: Task) -> Mapping[str, Any]:
        refuse_moved(task, read)
        if not task.is_active:
            raise Refused({"task_id": f"task {task.task_id} is closed"})
        if task.column_id == column_id and _stands_between(int(task.position), *between):
            return {}
        return to_place(column_id, position)

    return moved


def to_place(column_id: int, position: int) -> dict[str, int]:
    """Return the fields that move a task to a position in a column."""
    return {"column_id": column_id, "position": position, "date_moved": int(time.time())}


def places_at_end(column_id: int, task_ids: Iterable[int]) -> dict[int, int]:
    """Return positions at the end of a column, in the order of the tasks."""
    last, positions = _last_position(0, column_id) or 0, {}
    for place, task_id in enumerate(task_ids, 1):
        positions[task_id] = last + place * tasks.APPEND_GAP
    return positions


def move_to_project(task_id: int, parameters: Mapping[str, str], *, author: int = 0) -> Task:
    """Move a task to the end of another project's column; parameters as `duplicate_task`'s.

    Raises:
        NotFound: There is no such task.
        Refused: With a reason for each invalid parameter; the task is in that project already.
    """
    task = find_task(task_id)
    if parameters.get("project_id") == str(task.project_id):
        raise Refused({"project_id": "the task is in that project already"})
    fields = in_project(task, parameters)
    last = _last_position(task_id, fields["column_id"])
    fields |= {"position": tasks.position_between(last, None), "date_moved": int(time.time())}

    def moved(now: Task) -> Mapping[str, Any]:
        refuse_moved(now, task)
        return fields

    return change_task(task_id, moved, author=author)


def _stands_between(position: int, above: int | None, below: int | None) -> bool:
    return (above is None or above < position) and (below is None or position < below)


def _neighbours(task: Task, column_id: int, place: int | Beside) -> _Neighbours:
    """Return the positions above and below a place, the task itself left out."""
    if isinstance(place, Beside):
        return _around(task, column_id, place)
    above = max(place - 2, 0)
    mark = places.mark_before(int(task.project_id), column_id, above)
    around = task_lists.standing_at(column_id, above - mark.above, 4, start=mark.rank)
    was_passed = (
        bool(around)
        and task.column_id == column_id
        and task.is_active
        and task.position < _rank(around[0])
    )
    others = [_rank(other) for other in around[int(was_passed) :] if other.task_id != task.task_id]
    if place == 1:
        return None, others[0] if others else None
    if others:
        return others[0], others[1] if len(others) > 1 else None
    return _last_position(int(task.task_id), column_id), None


def _around(task: Task, column_id: int, place: Beside) -> _Neighbours:
    other = find_task(place.task_id)
    if not other.is_active or other.column_id != column_id:
        raise Refused({"position": f"task {place.task_id} is no longer in that column"})
    edge = int(other.position)
    on_that_side = Task.rank <= edge if place.is_above else Task.rank >= edge
    with translating_store_errors():
        near = list(
            Task.by_column.query(
                column_id, on_that_side, scan_index_forward=not place.is_above, limit=3
            )
        )
    beyond = next(
        (_rank(one) for one in near if one.task_id not in {task.task_id, other.task_id}), None
    )
    return (beyond, edge) if place.is_above else (edge, beyond)


def position_above(task: Task, column_id: int, other_id: int, former: int) -> int | None:
    """Return a position directly above another task of a column, None if it is not there.

    It is the `former` one if that is there too.
    """
    try:
        above, below = _around(task, column_id, Beside(other_id, is_above=True))
    except (NotFound, Refused):
        return None
    if _stands_between(former, above, below):
        return former
    return tasks.position_between(above, below)


def below(task: Task) -> int:
    """Return the id of the task below an open one in its column, 0 if it is the last."""
    with translating_store_errors():
        near = list(Task.by_column.query(int(task.column_id), Task.rank >= task.position, limit=3))
    own = int(task.position), int(task.task_id)
    keys = sorted((_rank(one), int(one.task_id)) for one in near)
    return next((task_id for rank, task_id in keys if (rank, task_id) > own), 0)


def _last_position(task_id: int, column_id: int) -> int | None:
    with translating_store_errors():
        last = Task.by_column.query(column_id, scan_index_forward=False, limit=2)
        return next((_rank(task) for task in last if task.task_id != task_id), None)


def _rank(task: Task) -> int:
    return int(task.rank or 0)


def _make_room(column_id: int, above: int, below: int, author: int) -> None:
    """Shift the fewest tasks away from a place, up or down, even if another move does too."""
    ways = [
        _steps(above, 1, Task.by_column.query(column_id, Task.rank >= above, limit=_LOOKED_AT)),
        _steps(
            below,
            -1,
            Task.by_column.query(
                column_id, Task.rank <= below, limit=_LOOKED_AT, scan_index_forward=False
            ),
        ),
    ]
    known = [steps for steps in ways if steps is not None]
    steps = (
        min(known, key=len)
        if known
        else _steps(above, 1, Task.by_column.query(column_id, Task.rank >= above))
    )
    for step in steps or ():
        with suppress(NotFound):  # the task has just been removed
            change_task(step.task_id, step.of(column_id), author=author)


class _Step(NamedTuple):
    task_id: int
    stands_at: int
    goes_to: int

    def of(self, column_id: int) -> Callable[[Task], Mapping[str, Any]]:
        """Return the fields that the step writes; none if the task has moved since then."""
        where = (column_id, self.stands_at)
        return lambda task: (
            {"position": self.goes_to} if (task.column_id, task.rank) == where else {}
        )


def _steps(edge: int, direction: int, standing: Iterable[Task]) -> list[_Step] | None:
    """Return the tasks with their new positions, or None if more tasks must be read."""
    with translating_store_errors():
        others = list(standing)[1:]
    are_all = len(others) + 1 != _LOOKED_AT
    positions = tasks.make_room(edge, [_rank(task) for task in others], direction, are_all=are_all)
    if positions is None:
        return None
    return [
        _Step(int(task.task_id), _rank(task), to)
        for task, to in zip(others, positions, strict=False)
    ]
