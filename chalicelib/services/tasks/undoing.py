"""Undoing what somebody has just done to tasks, unless others have changed them since.

A change is undone by its opposite: the fields get their former values, a moved task its former
place, and a removed one is written again under its id, with its comments. Endpoints hear of both.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.batches import MOST, put_all
from chalicelib.adapters.dynamodb.store import ConditionFailed, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Comment, Task, Undo
from chalicelib.domain import accounts
from chalicelib.domain.errors import Forbidden, NotFound, Refused, StoreUnavailable
from chalicelib.services.accounts import access, users
from chalicelib.services.accounts.access import Caller
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, moving, removal

LIFETIME = 600
"""Seconds for which something may be undone: a page without a script waits for its reader."""

FIELDS = (
    *("project_id", "column_id", "position", "category_id", "owner_id", "tags"),
    *("is_active", "date_completed"),
)
"""The fields of which a change is undone."""


_AT_ONCE = 8

_Change = tuple[int, int, Mapping[str, Any], int | None]
"""A task, its version after the change, its former values, and the task below it (see `keep`)."""


class Undoable(NamedTuple):
    """What somebody may undo."""

    told: str  # what was done, as a sentence
    may_undo: bool


class Undone(NamedTuple):
    """What came of an undo."""

    done: int  # tasks
    refused: Mapping[int, str]  # by task: why it was left as it is


def before_move(task_id: int) -> tuple[Task, int]:
    """Return a task and the id of the one below it, for `keep`. Raises NotFound."""
    task = lifecycle.find_task(task_id)
    return task, moving.below(task) if task.is_active else 0


def keep(
    told: str, user_id: int, changes: Iterable[tuple[Task, Task]], below: int | None = None
) -> str:
    """Keep changes of tasks to be undone; the key that is returned undoes them.

    Args:
        told: What was done, as a sentence.
        user_id: Who did it, and alone may undo it.
        changes: Each task before and after its change.
        below: The task that stood below the only one before it was moved; None: not known.
    """
    kept = []
    for before, after in changes:
        # With another change between these two, the former values are not all ours to restore.
        if after.version == int(before.version) + 1:
            former = _former(before, after)
            kept.append([int(after.task_id), int(after.version), former, below])
    return _kept({"told": told, "user": user_id, "changes": kept})


def _former(before: Task, after: Task) -> dict[str, Any]:
    """Return the former values of the fields in which a task has changed."""
    former = {}
    for name in FIELDS:
        value = _plain(getattr(before, name))
        if value != _plain(getattr(after, name)):
            former[name] = value
    return former


def remove_task(task_id: int, told: str, *, author: int) -> str:
    """Remove a task as `removal` does, and return the key that undoes it; "" if it is too large.

    Raises:
        NotFound: There is no such task.
    """
    task = lifecycle.find_task(task_id)
    with translating_store_errors():
        comments = [row.serialize() for row in Comment.query(task_id, consistent_read=True)]
    removed = {"task": task.serialize(), "comments": comments}
    key = ""
    with suppress(Refused):
        key = _kept({"told": told, "user": author, "removed": removed})
    removal.remove_task(task_id, author=author)
    return key


def _kept(value: Mapping[str, Any]) -> str:
    key = secrets.token_urlsafe(12)
    Undo.keep(key, value, LIFETIME)
    return key


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, list)) else value or 0


def find(key: str, user_id: int) -> Undoable | None:
    """Return what a user may undo by a key, None if there is nothing any more."""
    kept = _find(key, user_id)
    return kept and Undoable(kept["told"], bool(kept.get("changes") or kept.get("removed")))


def _find(key: str, user_id: int) -> Any:
    kept = Undo.find(key) if key else None
    return kept if kept and kept["user"] == user_id else None


def undo(key: str, caller: Caller) -> Undone:
    """Undo what a user has done.

    Raises:
        NotFound: There is nothing to undo by this key, or no longer.
    """
    kept = _find(key, caller.id)
    if kept is None:
        raise NotFound("this can no longer be undone")
    removed = kept.get("removed")
    return _restore(removed, caller) if removed else _change_all_back(kept["changes"], caller)


def _change_all_back(changes: Sequence[_Change], caller: Caller) -> Undone:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        reasons = list(threads.map(partial(_try_back, caller), changes))
    refused = {change[0]: why for change, why in zip(changes, reasons, strict=True) if why}
    return Undone(len(changes) - len(refused), refused)


def _try_back(caller: Caller, change: _Change) -> str:
    """Change a task back and return "", or the reason why it was left as it is."""
    try:
        _change_back(*change, caller)
    except NotFound:
        return "it has been removed since"
    except Refused as refusal:
        return " ".join(refusal.reasons.values())
    except StoreUnavailable:
        return "it could not be changed in time"
    return ""


def _change_back(
    task_id: int, version: int, fields: Mapping[str, Any], below: int | None, caller: Caller
) -> None:
    """Give a task its former values. Raises NotFound, and Refused with the reason."""
    task = lifecycle.find_task(task_id)
    _require_member(caller, {int(task.project_id), fields.get("project_id", task.project_id)})
    wanted = {name: _stored(name, value) for name, value in fields.items()}
    if fields.keys() & {"column_id", "position", "project_id"}:
        wanted |= _former_place(task, fields, below)

    def changed_back(now: Task) -> Mapping[str, Any]:
        if all(_plain(getattr(now, name)) == value for name, value in fields.items()):
            return {}  # it is undone already
        if now.version != version:
            raise Refused({"task_id": f"{_name_of(now.changed_by)} has changed it since"})
        return wanted

    lifecycle.change_task(task_id, changed_back, author=caller.id)


def _require_member(caller: Caller, project_ids: Iterable[int]) -> None:
    for project_id in project_ids:
        try:
            access.require_in_project(caller, int(project_id), accounts.PROJECT_MEMBER)
        except Forbidden as error:
            raise Refused({"project_id": "you may no longer change it"}) from error


def _stored(name: str, value: Any) -> Any:
    return set(value) if name == "tags" and value else value


def _former_place(task: Task, fields: Mapping[str, Any], below: int | None) -> dict[str, Any]:
    """Return where a task goes back to: above its former neighbour, else its former position.

    Raises:
        Refused: The column is gone.
    """
    column_id = int(fields.get("column_id", task.column_id))
    project = projects.find_project(int(fields.get("project_id", task.project_id)))
    if column_id not in {int(column.id) for column in project.columns}:
        raise Refused({"column_id": "its column has been removed since"})
    former = int(fields.get("position", task.position))
    position = moving.position_above(task, column_id, below, former) if below else None
    return {"position": former if position is None else position, "date_moved": int(time.time())}


def _name_of(user_id: float | None) -> str:
    user = users.CACHE.get().get(int(user_id or 0))
    return user.shown_name if user else "somebody"


def _restore(removed: Mapping[str, Any], caller: Caller) -> Undone:
    """Write a removed task again, with its comments; its version is beyond the removal's."""
    task = Task.from_raw_data(removed["task"])
    task_id = int(task.task_id)
    lifecycle.project_of(task)
    _require_member(caller, [int(task.project_id)])
    task.version, task.changed_by = int(task.version) + 2, caller.id
    task.removed_by = task.source = task.hops = None
    try:
        with translating_store_errors():
            task.save(condition=Task.task_id.does_not_exist())
    except ConditionFailed:
        if lifecycle.find_task(task_id).version != task.version:
            return Undone(0, {task_id: "it has been restored and changed since"})
    _restore_comments([Comment.from_raw_data(row) for row in removed["comments"]])
    return Undone(1, {})


def _restore_comments(comments: Sequence[Comment]) -> None:
    for comment in comments:
        comment.removed_by = None
    for begin in range(0, len(comments), MOST):
        put_all(comments[begin : begin + MOST])
