"""Tasks: create, change, move, close, reopen and remove them."""

import hashlib
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from chalicelib.adapters.store import ConditionFailed, reaching_store
from chalicelib.adapters.tables import Claim, Numbers, Task, save_once
from chalicelib.domain import tasks
from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.services.numbers import Blocks
from chalicelib.services.parameters import read_fields, read_part, read_project

KEY_LIFETIME = 86400
"""Seconds that an idempotency key is remembered."""

TRIES = 5
"""How often a write that met another writer is tried; each try reads anew."""

_task_ids = Blocks(lambda count: Numbers.reserve("task", count))


def create_task(parameters: Mapping[str, str], idempotency_key: str | None = None) -> int:
    """Create a task from parameters as text and return its id.

    Args:
        parameters: Any of `parameters.PARAMETERS`; others are ignored.
        idempotency_key: A repeat of it within 24 h returns the first task's id and creates nothing.

    Raises:
        Refused: With a reason for each parameter that cannot be used.
        StoreUnavailable: The task is not known to be stored.
    """
    fields = read_fields(parameters)
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= 255:
        raise Refused({"idempotency_key": "takes 1 to 255 characters"})
    for _ in range(TRIES):
        task = _new_task(fields)
        try:
            return _save_new(task) if idempotency_key is None else _save_claimed(task, idempotency_key)
        except ConditionFailed:
            continue
    raise StoreUnavailable("the task could not be written: too many writers met")


def _new_task(fields: Mapping[str, Any]) -> Task:
    number = _task_ids.next()
    task = Task(task_id=number, date_creation=int(time.time()), position=tasks.first_position(number), **fields)
    _check_size(task.attribute_values)
    return task


def _check_size(row: Mapping[str, object]) -> None:
    if tasks.item_size(row) > tasks.LARGEST_ITEM:
        raise Refused({"description": "is too long: a task takes at most 400 KB"})


def _save_new(task: Task) -> int:
    try:
        with reaching_store():
            task.save(condition=Task.task_id.does_not_exist())
    except ConditionFailed:
        # The client repeats a write whose answer was lost: then the row that is in the way is our own.
        if find_task(int(task.task_id)).attribute_values != task.attribute_values:
            raise
    return int(task.task_id)


def _save_claimed(task: Task, idempotency_key: str) -> int:
    claim_id = "idempotency:" + hashlib.sha256(idempotency_key.encode(errors="surrogatepass")).hexdigest()
    now = time.time()
    try:
        save_once([task, Claim(id=claim_id, owner=task.task_id, expires_at=int(now) + KEY_LIFETIME)], now)
    except ConditionFailed:
        first = Claim.owner_of(claim_id, now)
        if first is None:  # two requests at the same moment, and neither has won yet
            raise
        return first
    return int(task.task_id)


def find_task(task_id: int) -> Task:
    """Return a task as it is now.

    Raises:
        NotFound: There is none.
    """
    with reaching_store():
        try:
            return Task.get(task_id, consistent_read=True)
        except Task.DoesNotExist as error:
            raise NotFound(f"there is no task {task_id}") from error


def change_task(task_id: int, changes: Callable[[Task], Mapping[str, int | str]]) -> Task:
    """Change a task and return it; a change that changes nothing writes nothing.

    Args:
        task_id: The task.
        changes: From the task as it is to the fields that it shall have.

    Raises:
        NotFound: There is no such task.
        StoreUnavailable: Too many others changed it meanwhile.
    """
    for _ in range(TRIES):
        task = find_task(task_id)
        wanted = {field: value for field, value in changes(task).items() if getattr(task, field) != value}
        if not wanted:
            return task
        _check_size({**task.attribute_values, **wanted})
        try:
            task.change(wanted | {"date_modification": int(time.time())})
        except ConditionFailed:
            continue
        return task
    raise StoreUnavailable(f"task {task_id} is being changed by too many others")


def update_task(task_id: int, parameters: Mapping[str, str]) -> Task:
    """Change the title, description, colour, owner or category of a task, given as text.

    Raises:
        NotFound: There is no such task.
        Refused: With a reason for each parameter that cannot be used.
    """
    task = find_task(task_id)
    kept = {name: str(getattr(task, name)) for name in ("title", "color_id", "project_id", "column_id")}
    fields = read_fields({**kept, **parameters, "project_id": kept["project_id"], "column_id": kept["column_id"]})
    return change_task(task_id, lambda _: {name: fields[name] for name in parameters if name in fields})


def close_task(task_id: int) -> Task:
    """Close a task. Raises NotFound."""
    return change_task(
        task_id, lambda task: {"is_active": 0, "date_completed": int(time.time())} if task.is_active else {}
    )


def reopen_task(task_id: int) -> Task:
    """Open a closed task again. Raises NotFound."""
    return change_task(task_id, lambda _: {"is_active": 1, "date_completed": 0})


def move_task(task_id: int, column_id: int, place: int) -> Task:
    """Move a task to a place in a column of its project; this writes the one task.

    Args:
        task_id: The task.
        column_id: A column of its project.
        place: 1 is the top; beyond the end means the end.

    Raises:
        NotFound: There is no such task.
        Refused: The project has no such column, or the place is below 1.
    """
    if place < 1:
        raise Refused({"position": "takes a whole number, 1 or more"})
    task = find_task(task_id)
    read_part(read_project(str(task.project_id)), "column_id", "columns", column_id or -1)
    above, below = _neighbours(task_id, column_id, place)
    position = tasks.position_between(above, below)
    if position is None:
        _make_room(column_id, above or 0)
        return move_task(task_id, column_id, place)
    return change_task(task_id, lambda _: {"column_id": column_id, "position": position})


def _neighbours(task_id: int, column_id: int, place: int) -> tuple[int | None, int | None]:
    with reaching_store():
        others = (task for task in Task.by_column.query(column_id) if task.task_id != task_id and task.is_active)
        around = [int(task.position) for task in islice(others, max(place - 2, 0), place)]
    if place == 1:
        return None, around[0] if around else None
    if around:
        return around[0], around[1] if len(around) > 1 else None
    return _last_position(task_id, column_id), None


def _last_position(task_id: int, column_id: int) -> int | None:
    with reaching_store():
        for task in Task.by_column.query(column_id, scan_index_forward=False):
            if task.task_id != task_id and task.is_active:
                return int(task.position)
    return None


def _make_room(column_id: int, above: int) -> None:
    """Spread the few tasks that stand too close below a position, or at it: two edits may have met there."""
    free = above + 2 * tasks.GAP
    with reaching_store():
        _, *close = Task.by_column.query(column_id, Task.position >= above)
    for task in close:
        if task.position >= free:
            return
        change_task(int(task.task_id), lambda _, free=free: {"position": free})  # type: ignore[misc]
        free += tasks.GAP


def remove_task(task_id: int) -> None:
    """Remove a task for good.

    Raises:
        NotFound: There is no such task.
    """
    try:
        with reaching_store():
            Task(task_id).delete(condition=Task.task_id.exists())
    except ConditionFailed as error:
        raise NotFound(f"there is no task {task_id}") from error
