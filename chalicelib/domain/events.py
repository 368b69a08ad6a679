"""Derives an event from a task's row before and after a change."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from chalicelib.domain.tasks import DEFAULT_COLOR

Row = Mapping[str, Any]

CREATED, MODIFIED, REMOVED = "task.created", "task.modified", "task.removed"
PING = "ping"
EVENT_TYPES = (CREATED, MODIFIED, REMOVED)
APPLICATION = "application"
"""The author of a change without a user: by a caller with a token, or in the store itself."""

SEED_TYPES = (CREATED, MODIFIED)
"""The types that an endpoint gets by default: the two events of the seed feature."""

_CREATED_FIELDS: dict[str, object] = {
    "task_id": 0,
    "title": "",
    "description": "",
    "project_id": 0,
    "owner_id": 0,
    "category_id": 0,
    "column_id": 0,
    "color_id": DEFAULT_COLOR,
    "score": 0,
    "date_due": 0,
    "creator_id": 0,
    "date_creation": 0,
    "position": 0,
}
FIELDS: dict[str, object] = _CREATED_FIELDS | {
    "date_modification": 0,
    "is_active": 1,
    "date_completed": 0,
}
"""The fields of a body, in order, with the value of each where the row has none."""


class Event(NamedTuple):
    """Something that happened to a task."""

    id: str  # the same for every repeat of the change
    type: str
    task_id: int
    task_version: int
    happened_at: int  # epoch seconds
    task: dict[str, Any]  # the task's fields as a body shows them, in order
    author: int | str = APPLICATION  # the id of the user who did it, or the source
    hops: int = 0  # the number of Taskhooks that the change has passed


def event_of(
    change_id: str, before: Row | None, after: Row | None, happened_at: int
) -> Event | None:
    """Return the event of a row's change, or None where no body would show a difference.

    Args:
        change_id: Identifies this change; every repeat has the same.
        before: The row before the change, None for a new one.
        after: The row after it, None for a removed one.
        happened_at: Epoch seconds.

    Raises:
        KeyError: A row has no `task_id`.
        ValueError: A field holds a value that a body cannot show.
    """
    row = after if after is not None else before
    if row is None:
        return None
    shown = _type_and_task(before, after)
    if shown is None:
        return None
    event_type, task = shown
    event_id, task_id = f"evt_{change_id}", int(row["task_id"])
    version, author = _version(before, after), _author(before, after)
    hops = _hops(before, after)
    return Event(event_id, event_type, task_id, version, happened_at, task, author, hops)


def _type_and_task(before: Row | None, after: Row | None) -> tuple[str, dict[str, Any]] | None:
    """Return the type of an event and the task that its bodies show; None: nothing changed."""
    if before is None:
        return CREATED, _show(after or {}, _CREATED_FIELDS)
    if after is None:
        return REMOVED, _show(before, _CREATED_FIELDS)
    changes = _changes(before, after)
    if not changes:
        return None
    return MODIFIED, _show(after, FIELDS) | {"changes": changes}


def iso(seconds: float) -> str:
    """Return a time as ISO 8601 has it, in UTC and whole seconds."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat().replace("+00:00", "Z")


def _show(row: Row, fields: Mapping[str, object]) -> dict[str, Any]:
    return {name: _shown(row, name, default) for name, default in fields.items()}


def _shown(row: Row, name: str, default: object) -> object:
    value = row.get(name)
    if value is None:
        return row[name] if name == "task_id" else default
    return int(value) if isinstance(default, int) else str(value)


def _changes(before: Row, after: Row) -> dict[str, list[object]]:
    new = _show(after, FIELDS)
    old = {name: _shown_before(before, name, default) for name, default in FIELDS.items()}
    return {name: [old[name], new[name]] for name in FIELDS if old[name] != new[name]}


def _shown_before(row: Row, name: str, default: object) -> object:
    """Return a field's value before; the default where a manual edit had made it unreadable."""
    try:
        return _shown(row, name, default)
    except (ValueError, TypeError):
        return default


def _author(before: Row | None, after: Row | None) -> int | str:
    """Return the author of a change; a manual edit counts no version and names no author."""
    if after is None:
        return int((before or {}).get("removed_by") or 0) or APPLICATION
    if not _is_counted(before, after):
        return APPLICATION
    if source := after.get("source"):
        return f"source: {source}"
    return int(after.get("changed_by") or 0) or APPLICATION


def _hops(before: Row | None, after: Row | None) -> int:
    """Return the number of Taskhooks that a change has passed."""
    if after is None or not _is_counted(before, after):
        return 0
    return int(after.get("hops") or 0)


def _is_counted(before: Row | None, after: Row) -> bool:
    return before is None or int(after.get("version") or 1) > _counted(before)


def uncounted(before: Row, after: Row) -> int | None:
    """Return the version that a manual edit should have set; None: it did, or needs none.

    Raises:
        ValueError: A field holds a value that a body cannot show.
    """
    version = _version(before, after)
    return version if int(after.get("version") or 1) < version and _changes(before, after) else None


def _version(before: Row | None, after: Row | None) -> int:
    """Return the version after a change; an edit in the console does not increment it."""
    counted = int((after or {}).get("version") or 1)
    return counted if before is None else max(counted, _counted(before) + 1)


def _counted(before: Row) -> int:
    """Return the version before a change; 1 where a manual edit had made it unreadable."""
    try:
        return int(before.get("version") or 1)
    except (ValueError, TypeError):
        return 1
