"""Derives an event from a comment's row before and after a change."""

from chalicelib.domain import events
from chalicelib.domain.events import APPLICATION, CONSOLE, Event, Row, TaskComment


def comment_event_of(
    change_id: str, before: Row | None, after: Row | None, happened_at: int, task: Row
) -> Event | None:
    """Return the event of a comment's change, or None if its text is the same.

    Args:
        change_id: The same for every repeat of this change.
        before: The row before it, None for a new one.
        after: The row after it, None for a removed one.
        happened_at: Epoch seconds.
        task: The row of its task, as it is now.

    Raises:
        KeyError, ValueError, TypeError: A row has a value that no body can show.
    """
    row, event_type = after or before, _type_of(before, after)
    if row is None or event_type is None:
        return None
    task_id, version = int(row["task_id"]), int(task.get("version") or 1)
    event = Event(
        f"evt_{change_id}", event_type, task_id, version, happened_at, events.data_of(task), {}
    )
    return event._replace(
        author=_author(before, after),
        tags=events.tags_of(task),
        beside=events.beside_of(None, task) | _beside(row),
        comment=TaskComment(int(row["id"]), str(row["text"]), int(row.get("user_id") or 0)),
    )


_BESIDE = ("date_creation", "date_modification", "reference", "visibility")
"""The fields of a comment that only `kanboard-events` shows."""


def _beside(row: Row) -> dict[str, object]:
    return {f"comment_{name}": row[name] for name in _BESIDE if row.get(name)}


def _type_of(before: Row | None, after: Row | None) -> str | None:
    if before is None:
        return events.COMMENT_CREATED
    if after is None:
        return events.COMMENT_REMOVED
    return events.COMMENT_MODIFIED if before.get("text") != after.get("text") else None


def _author(before: Row | None, after: Row | None) -> int | str:
    if before is None:
        return int((after or {}).get("user_id") or 0) or APPLICATION
    if after is None:
        return int(before.get("removed_by") or 0) or APPLICATION
    if before.get("edits") == after.get("edits"):  # a manual edit does not count
        return CONSOLE
    return int(after.get("changed_by") or 0) or APPLICATION
