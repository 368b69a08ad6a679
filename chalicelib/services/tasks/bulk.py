"""Changes several tasks at once, and tells what came of each."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain import accounts, tasks
from chalicelib.domain.errors import Forbidden, NotFound, Refused, StoreUnavailable
from chalicelib.services.accounts import access
from chalicelib.services.accounts.access import Caller
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import fields, lifecycle, moving

MOST = 100
"""The most tasks that one request changes: API Gateway waits for 29 s."""

_AT_ONCE = 8

Change = Callable[[Task], Mapping[str, Any]]
"""Returns the fields that a change writes of a task. Raises Refused."""


class Outcomes(NamedTuple):
    """What came of the tasks, each in one of the two."""

    done: list[tuple[Task, Task]]  # before and after, equal where nothing had to change
    failed: dict[int, str]  # by task: the reason, as a clause


def change_all(task_ids: Sequence[int], caller: Caller, change: Change) -> Outcomes:
    """Change up to `MOST` tasks; one that cannot be changed stops no other.

    Args:
        task_ids: The tasks.
        caller: Who changes them, and must be a member of each one's project.
        change: One of `moved_to`, `assigned_to`, `tagged` and `closed`.

    Raises:
        Refused: There are none, or too many.
    """
    wanted = list(dict.fromkeys(task_ids))
    if not 1 <= len(wanted) <= MOST:
        raise Refused({"tasks": f"takes 1 to {MOST} tasks, not {len(wanted)}"})
    done, failed = [], {}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        results = threads.map(partial(_try, change, caller), wanted)
        for task_id, result in zip(wanted, results, strict=True):
            if isinstance(result, str):
                failed[task_id] = result
            else:
                done.append(result)
    return Outcomes(done, failed)


def _try(change: Change, caller: Caller, task_id: int) -> tuple[Task, Task] | str:
    """Change a task and return it before and after, or the reason why it was left as it is."""
    try:
        before = lifecycle.find_task(task_id)
        access.require_in_project(caller, int(before.project_id), accounts.PROJECT_MEMBER)
        before, after = _change(before, change, caller)
    except (Forbidden, NotFound):
        return "was removed meanwhile"
    except Refused as refusal:
        return " ".join(refusal.reasons.values())
    except StoreUnavailable:
        return "could not be changed in time"
    return before, after


def _change(read: Task, change: Change, caller: Caller) -> tuple[Task, Task]:
    seen = [read]

    def changed(now: Task) -> Mapping[str, Any]:
        lifecycle.refuse_moved(now, read)
        seen[0] = Task(**now.attribute_values)
        return change(now)

    after = lifecycle.change_task(int(read.task_id), changed, author=caller.id)
    return seen[0], after


def closed(task: Task) -> Mapping[str, Any]:
    """Close a task."""
    return lifecycle.closing(task)


def moved_to(column_id: int, task_ids: Sequence[int]) -> Change:
    """Return a change that moves tasks to the end of a column, in their order.

    Raises:
        StoreUnavailable: The end of the column is not known.
    """
    places = moving.places_at_end(column_id, task_ids)

    def move(task: Task) -> Mapping[str, Any]:
        project = fields.read_project(str(task.project_id))
        if column_id not in {int(column.id) for column in project.columns}:
            raise Refused({"column_id": "is in another project"})
        if not task.is_active:
            raise Refused({"task_id": "was closed meanwhile"})
        if task.column_id == column_id:
            return {}
        return moving.to_place(column_id, places[int(task.task_id)])

    return move


def assigned_to(text: str) -> Change:
    """Return a change that gives tasks an owner; "0" is nobody. Raises Refused."""
    owner_id = fields.read_user("owner_id", text)
    return lambda _: {"owner_id": owner_id}


def tagged(names: Sequence[str]) -> Change:
    """Return a change that adds tags to tasks; missing ones are added to their projects.

    Raises:
        Refused: There is no name, or an invalid one.
    """
    checked = [tasks.read_name("tags", name) for name in names]
    if not checked:
        raise Refused({"tags": "is required"})

    def tag(task: Task) -> Mapping[str, Any]:
        new = project_items.ids_of_tags(int(task.project_id), checked)
        return {"tags": set(task.tags or ()) | new}

    return tag
