"""Tasks: create, change, close and reopen them; `author` is the acting user's id, or 0."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.new_rows import is_new
from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Numbers, Project, Task, save_once
from chalicelib.domain import tasks
from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.services import optimistic_locking
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import idempotency, places
from chalicelib.services.tasks.changes import check_size, differing
from chalicelib.services.tasks.fields import read_changes, read_fields
from chalicelib.services.tasks.id_allocator import BlockAllocator
from chalicelib.services.tasks.idempotency import Key

_task_ids = BlockAllocator(lambda count: Numbers.reserve("task", count))
_REQUIRED = {name for name, kind in Task.get_attributes().items() if not kind.null}


class Created(NamedTuple):
    """A task that was created, or the one that an idempotency key had created before."""

    task_id: int
    is_repeat: bool


def create_task(
    parameters: Mapping[str, str], *, tags: Collection[str] = (), author: int = 0
) -> int:
    """Create a task as `create_once` does, and return its id."""
    return create_once(parameters, None, tags=tags, author=author).task_id


def create_once(
    parameters: Mapping[str, str],
    idempotency_key: str | None,
    *,
    tags: Collection[str] = (),
    author: int = 0,
) -> Created:
    """Create a task from parameters as text.

    Args:
        parameters: The parameters that `fields.read_fields` reads; others are ignored.
        idempotency_key: A repeat within 24 h returns the first task; None: no key.
        tags: The names of tags; missing ones are added to the project.
        author: The acting user's id, or 0.

    Raises:
        Refused: With a reason for each invalid parameter.
        KeyUsed: The key was used with other parameters.
        StoreUnavailable: The task is not known to be stored.
    """
    key = None if idempotency_key is None else _read_key(idempotency_key, parameters)
    try:
        fields = read_fields(parameters)
    except Refused:  # a value may be invalid by now, such as a closed project
        if key is None or (first := key.first()) is None:
            raise
        return Created(first, is_repeat=True)
    if tags:
        fields["tags"] = project_items.tag_ids(fields["project_id"], tags)
    return create_with(fields | _created_by(author), key)


def _created_by(author: int) -> dict[str, Any]:
    return {"creator_id": author, "changed_by": author} if author else {}


def _read_key(text: str, parameters: Mapping[str, str]) -> Key:
    try:
        return idempotency.read_key(text, parameters)
    except Refused:
        read_fields(parameters)  # other errors are reported first
        raise


def create_with(fields: Mapping[str, Any], key: Key | None = None) -> Created:
    """Create a task from checked fields; otherwise like `create_once`."""
    for _ in optimistic_locking.conflict_retries():
        task = new_task(fields)
        try:
            task_id = _save_new(task) if key is None else _save_claimed(task, key)
        except (ConditionFailed, Conflict):
            continue
        is_repeat = task_id != task.task_id
        if not is_repeat:
            metrics.count("TasksAdded")
        return Created(task_id, is_repeat)
    raise StoreUnavailable("the task could not be written: too many concurrent writes")


def new_task(fields: Mapping[str, Any]) -> Task:
    """Return a task with checked fields and a new id, not stored yet.

    Raises:
        Refused: It is too large.
    """
    number = _task_ids.next()
    position = tasks.first_position(number)
    given = {name: value for name, value in fields.items() if value or name in _REQUIRED}
    row = {"date_creation": int(time.time()), "position": position, "rank": position, **given}
    check_size(row)
    return Task(task_id=number, **row)


def _save_new(task: Task) -> int:
    try:
        with translating_store_errors():
            task.save(is_new("task_id"))
    except ConditionFailed:
        # The client repeats a write whose answer was lost: then the existing row is our own.
        if find_task(int(task.task_id)).attribute_values != task.attribute_values:
            raise
    return int(task.task_id)


def _save_claimed(task: Task, key: Key) -> int:
    try:
        save_once([task, key.claim(int(task.task_id))], time.time())
    except ConditionFailed:
        first = key.first()
        if first is None:  # two requests at the same moment, and neither has won yet
            raise
        return first
    return int(task.task_id)


def find_task(task_id: int) -> Task:
    """Return the current task.

    Raises:
        NotFound: There is no such task.
        RowBroken: It was edited by hand and cannot be read.
    """
    task = Task.find(task_id)
    if task is None:
        raise NotFound(f"there is no task {task_id}")
    return task


def change_task(
    task_id: int, changes: Callable[[Task], Mapping[str, Any]], *, author: int = 0
) -> Task:
    """Change a task under optimistic locking and return it; an empty change writes nothing.

    Args:
        task_id: The task.
        changes: Returns the new fields for the current task.
        author: The acting user's id, or 0.

    Raises:
        NotFound: There is no such task.
        StoreUnavailable: Too many others changed it at the same time.
    """
    for _ in optimistic_locking.conflict_retries():
        task = find_task(task_id)
        wanted = differing(task, changes(task))
        if not wanted:
            return task
        try:
            with places.kept(task, wanted):
                task.change(wanted, author)
        except (ConditionFailed, Conflict):
            continue
        return task
    raise StoreUnavailable(f"task {task_id} is being changed by too many others")


def update_task(
    task_id: int,
    parameters: Mapping[str, str],
    *,
    tags: Collection[str] | None = None,
    author: int = 0,
    check: Callable[[Task], None] = lambda _: None,
) -> Task:
    """Change the given fields of a task, as text, except its project and column.

    Raises:
        NotFound: There is no such task.
        Refused: With a reason for each invalid parameter; or by `check`, for the current task.
    """
    task = find_task(task_id)
    wanted = read_changes(parameters, project_of(task))
    if tags is not None:
        wanted["tags"] = project_items.tag_ids(int(task.project_id), tags)

    def changed(now: Task) -> Mapping[str, Any]:
        refuse_moved(now, task)
        check(now)
        return wanted

    return change_task(task_id, changed, author=author)


def refuse_moved(now: Task, read: Task) -> None:
    """Refuse a change that was checked against another project. Raises Refused."""
    if now.project_id != read.project_id:
        raise Refused({"project_id": f"task {read.task_id} has just moved to another project"})


def project_of(task: Task) -> Project:
    """Return the project of a task. Raises Refused if it is gone."""
    number = int(task.project_id)
    known = projects.CACHE.get_where(lambda known: number in known)
    if number not in known:
        raise Refused({"project_id": f"there is no project {number}"})
    return known[number]


def close_task(task_id: int, *, author: int = 0) -> Task:
    """Close a task. Raises NotFound."""
    return change_task(task_id, closing, author=author)


def closing(task: Task) -> Mapping[str, Any]:
    """Return the fields that close a task; none if it is closed already."""
    return {"is_active": 0, "date_completed": int(time.time())} if task.is_active else {}


def reopen_task(task_id: int, *, author: int = 0) -> Task:
    """Open a closed task again, in the first column if its own is gone. Raises NotFound."""

    def opened(task: Task) -> Mapping[str, Any]:
        ids = [int(column.id) for column in project_of(task).columns]
        lost = {"column_id": ids[0]} if ids and task.column_id not in ids else {}
        return {"is_active": 1, "date_completed": 0, **lost}

    return change_task(task_id, opened, author=author)
