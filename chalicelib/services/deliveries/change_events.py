"""The events of a batch of changes, each with its place in the stream."""

from collections.abc import Sequence

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Endpoint, Task
from chalicelib.adapters.dynamodb.tables.deliveries import SEQUENCE_DIGITS
from chalicelib.adapters.dynamodb.tables.tasks import row_of
from chalicelib.domain import events, subscriptions
from chalicelib.domain.comment_events import comment_event_of
from chalicelib.domain.events import COMMENT_TYPES, TASK_TYPES, Event
from chalicelib.domain.past_changes import changed_tags, changes_beside
from chalicelib.services.deliveries.naming import tag_names

PlacedEvents = list[tuple[str, Event]]
"""Events in their order, each with its place in the stream."""


def events_of_tasks(changes: Sequence[Change]) -> PlacedEvents:
    """Return the events of changes of tasks, with those that are parts of others."""
    placed = []
    for change in changes:
        if (event := _event_of(change)) is not None:
            sequence = _sequence_of(change)
            placed.append((sequence, event))
            parts = events.parts_of(event)
            placed += [(f"{sequence}-{place}", part) for place, part in enumerate(parts, 1)]
    return placed


def past_events(changes: Sequence[Change], placed: PlacedEvents) -> PlacedEvents:
    """Return the events that the history keeps, of each change one.

    They also tell what no body shows, such as a change of the priority.

    Raises:
        StoreUnavailable: The names of tags could not be read.
    """
    tags = {tag for one in changes for tag in changed_tags(one.before, one.after)}
    names = tag_names(tags)
    beside = {_sequence_of(one): changes_beside(one.before, one.after, names) for one in changes}
    found = []
    for sequence, event in placed:
        if event.type in TASK_TYPES:
            told = event.changes | beside.get(sequence, {})
            found.append((sequence, event._replace(changes=told)))
    return found


def events_of_comments(changes: Sequence[Change], usable: Sequence[Endpoint]) -> PlacedEvents:
    """Return the events of those changes that are of comments, if an endpoint asks for any.

    The comments of a removed task have no events: `task.removed` stands for them.

    Raises:
        StoreUnavailable: The tasks could not be read.
    """
    changes = [change for change in changes if change.is_of_comment]
    if not changes or subscriptions.types_of_any(usable).isdisjoint(COMMENT_TYPES):
        return []
    rows = map(row_of, Task.items_by_id(sorted({_task_id(change) for change in changes})))
    tasks = {row["task_id"]: row for row in rows}
    placed = []
    for change in changes:
        task = tasks.get(_task_id(change))
        event = None if task is None else _comment_event_of(change, task)
        if event is not None:
            # Places in one stream say nothing of those in another.
            placed.append((f"{_sequence_of(change)}-c", event))
    return placed


def _sequence_of(change: Change) -> str:
    return change.sequence_number.zfill(SEQUENCE_DIGITS)


def _task_id(change: Change) -> int:
    return int((change.after or change.before or {}).get("task_id") or 0)


def _event_of(change: Change) -> Event | None:
    try:
        return events.event_of(change.id, change.before, change.after, change.happened_at)
    except (KeyError, ValueError, TypeError) as error:
        _set_aside(change, error)
        return None


def _comment_event_of(change: Change, task: events.Row) -> Event | None:
    try:
        return comment_event_of(change.id, change.before, change.after, change.happened_at, task)
    except (KeyError, ValueError, TypeError) as error:
        _set_aside(change, error)
        return None


def _set_aside(change: Change, error: Exception) -> None:
    ids = {"event_id": change.id, "task_id": (change.after or change.before or {}).get("task_id")}
    queue.set_aside("change", error, ids, change._asdict())
