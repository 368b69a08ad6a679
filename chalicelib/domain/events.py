"""Derives an event from a task's row before and after a change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from chalicelib.domain.tasks import DEFAULT_COLOR

Row = Mapping[str, Any]

CREATED, MODIFIED, REMOVED = "task.created", "task.modified", "task.removed"
MOVED, ASSIGNED = "task.moved", "task.assigned"
CLOSED, REOPENED = "task.closed", "task.reopened"
COMMENT_CREATED, COMMENT_MODIFIED = "comment.created", "comment.modified"
COMMENT_REMOVED = "comment.removed"
PING = "ping"
TASK_TYPES = (CREATED, MODIFIED, REMOVED)
"""The types of which each change of a task has exactly one."""
COMMENT_TYPES = (COMMENT_CREATED, COMMENT_MODIFIED, COMMENT_REMOVED)
ENDPOINT_SUSPENDED, ENDPOINT_RECOVERED = "endpoint.suspended", "endpoint.recovered"
ENDPOINT_DISABLED, DELIVERY_FAILED = "endpoint.disabled", "delivery.failed"
OPERATOR_TYPES = (ENDPOINT_SUSPENDED, ENDPOINT_RECOVERED, ENDPOINT_DISABLED, DELIVERY_FAILED)
EVENT_TYPES = (
    *(*TASK_TYPES, MOVED, ASSIGNED, CLOSED, REOPENED),
    *COMMENT_TYPES,
    *OPERATOR_TYPES,
)
APPLICATION = "application"
"""The author of a change without a user, by a caller with a token."""
CONSOLE = "console"
"""The author of a change in the store itself."""

SEED_TYPES = (CREATED, MODIFIED)
"""The types that an endpoint gets by default: the two events of the seed feature."""

CREATED_FIELDS: dict[str, object] = {
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
FIELDS: dict[str, object] = CREATED_FIELDS | {
    "date_modification": 0,
    "is_active": 1,
    "date_completed": 0,
}
"""The fields of a task, in order, with the value of each where the row has none."""


class TaskComment(NamedTuple):
    """A comment on a task, as in an event."""

    id: int
    text: str
    user_id: int  # its author, 0 for nobody


class Event(NamedTuple):
    """Something that happened to a task or to a comment on it; `event_objects` adds the names."""

    id: str  # the same for every repeat of the change
    type: str
    task_id: int
    task_version: int
    happened_at: int  # epoch seconds
    data: dict[str, Any]  # all FIELDS of the task
    changes: dict[str, list[Any]]  # for each changed field: its value before and after
    author: int | str = APPLICATION  # the id of the user who did it, the source, or CONSOLE
    hops: int = 0  # the number of Taskhooks that the change has passed
    tags: Sequence[int] = ()  # the ids of the task's tags
    beside: Mapping[str, Any] = {}  # fields that only `kanboard-events` shows, if set
    comment: TaskComment | None = None  # of the events of comments
    about: str = ""  # the subject of an event without a task

    @property
    def subject(self) -> str:
        """The subject; its events reach an endpoint in order."""
        if self.about:
            return self.about
        return f"{self.task_id}.comments" if self.comment else str(self.task_id)


def event_of(
    change_id: str, before: Row | None, after: Row | None, happened_at: int
) -> Event | None:
    """Return the event of a row's change, or None where no body would show a difference.

    Args:
        change_id: The same for every repeat of this change.
        before: The row before it, None for a new one.
        after: The row after it, None for a removed one.
        happened_at: Epoch seconds.

    Raises:
        KeyError: A row has no `task_id`.
        ValueError: A field holds a value that a body cannot show.
    """
    row = after or before
    event_type, changes = _type_and_changes(before, after)
    if row is None or (event_type == MODIFIED and not changes):
        return None
    about = int(row["task_id"]), _version(before, after), happened_at, data_of(row), changes
    by = _author(before, after), _hops(before, after)
    return Event(f"evt_{change_id}", event_type, *about, *by, tags_of(row), beside_of(before, row))


def parts_of(event: Event) -> list[Event]:
    """Return the further events of a modification, in order.

    They share its id with a suffix: `evt_X.moved`.
    """
    return [
        event._replace(id=f"{event.id}.{event_type.removeprefix('task.')}", type=event_type)
        for event_type in _parts(event.changes)
    ]


def _parts(changes: Mapping[str, Any]) -> Iterator[str]:
    if changes.keys() & {"project_id", "column_id"}:
        yield MOVED
    if "owner_id" in changes:
        yield ASSIGNED
    before, after = map(bool, changes.get("is_active", (True, True)))
    if before != after:
        yield REOPENED if after else CLOSED


def beside_of(before: Row | None, row: Row) -> dict[str, Any]:
    """Return the fields of a task that only `kanboard-events` shows, if set."""
    beside = {name: row[name] for name in _BESIDE if row.get(name)}
    if before and before.get("date_moved"):
        beside["moved_before"] = before["date_moved"]
    return beside


_BESIDE = ("reference", "priority", "date_started", "date_moved")


def _type_and_changes(before: Row | None, after: Row | None) -> tuple[str, dict[str, list[object]]]:
    if before is None:
        return CREATED, {}
    return (REMOVED, {}) if after is None else (MODIFIED, _changes(before, after))


def task_shown(
    event_type: str, data: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the task as a body shows it, without the fields that a new task cannot have."""
    if event_type in {CREATED, REMOVED}:
        return {name: data[name] for name in CREATED_FIELDS}
    return {**data, "changes": changes}


def iso(seconds: float) -> str:
    """Return a time as ISO 8601 has it, in UTC and whole seconds."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat().replace("+00:00", "Z")


def data_of(row: Row) -> dict[str, Any]:
    """Return all fields of a task. Raises KeyError and ValueError, as `event_of`."""
    return _show(row, FIELDS)


def tags_of(row: Row) -> tuple[int, ...]:
    """Return the ids of a task's tags."""
    return tuple(map(int, row.get("tags") or ()))


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
        return CONSOLE
    if source := after.get("source"):
        return f"source: {source}"
    # Taskhook writes the rank of each task that it adds.
    is_made_by_hand = before is None and after.get("rank") is None
    return int(after.get("changed_by") or 0) or (CONSOLE if is_made_by_hand else APPLICATION)


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
