"""The history of tasks: written by `dispatch`, read by people."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowRefused, StoreUnavailable
from chalicelib.domain.events import APPLICATION, CONSOLE, Event, task_shown

LONGEST_TEXT = 1000
"""Characters to keep of a text: the record of a change must not be larger than the change."""

LATEST = 10
"""Seconds by which an event may be recorded late, after later events, and still be noticed."""

COUNTED = 100
"""The most recent events to count: each open board asks for the count every few seconds."""

_as_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def past_event(event: Event, sequence: str) -> PastEvent:
    """Return the record of an event.

    Args:
        event: The event.
        sequence: Its place in the stream of tasks, as a text that sorts like the places.
    """
    task = task_shown(event.type, event.data, event.changes)
    return PastEvent(
        event.task_id,
        sequence,
        event_id=event.id,
        event_type=event.type,
        project_id=event.data["project_id"],
        happened_at=event.happened_at,
        author=event.author if isinstance(event.author, int) else None,
        source=_source_of(event),
        task=_as_kept(task),
        expires_at=event.happened_at + CONFIG.delivery_retention,
    )


def _as_kept(task: Mapping[str, Any]) -> str:
    text = _as_text(task)
    # A shorter record has no text that is too long.
    return _as_text(_short(task)) if len(text) > LONGEST_TEXT else text


def _source_of(event: Event) -> str | None:
    """Return the author if it is neither a user nor the application, else None."""
    is_named = isinstance(event.author, str) and event.author not in {APPLICATION, CONSOLE}
    return str(event.author) if is_named else None


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return (
            value
            if len(value) <= LONGEST_TEXT
            else value[: LONGEST_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"
        )
    if isinstance(value, Mapping):
        return {name: _short(part) for name, part in value.items()}
    return [_short(part) for part in value] if isinstance(value, list) else value


class NewHistory:
    """The records of a batch's events, which are written beside their deliveries."""

    def __init__(self, records: Sequence[PastEvent]) -> None:
        """Write nothing yet."""
        self.records = records
        self._unwritten: list[tuple[PastEvent, Exception]] = []

    def save(self, records: Sequence[PastEvent]) -> None:
        """Write records without deliveries beside them; a repeat writes the same rows again."""
        try:
            put_all(records)
        except RowRefused:
            for record in records:
                self._save_alone(record)
        except StoreUnavailable as error:
            self._unwritten += [(record, error) for record in records]

    def _save_alone(self, record: PastEvent) -> None:
        try:
            with translating_store_errors():
                record.save()
        except (RowRefused, StoreUnavailable) as error:
            self._unwritten.append((record, error))

    def set_aside(self) -> None:
        """Log what could not be written, and make it dead letters."""
        for record, error in self._unwritten:
            key = {"event_id": record.event_id, "task_id": record.task_id}
            queue.set_aside("event", error, key, dict(record.attribute_values))


def of_task(task_id: int, limit: int = 100) -> list[PastEvent]:
    """Return the newest events of a task, the newest first."""
    with translating_store_errors():
        return list(PastEvent.query(task_id, scan_index_forward=False, limit=limit))


def newest_of(project_id: int) -> str:
    """Return a text that changes with every event of a project, even within one second.

    It takes two small reads: events are stored by the second, and a slow one may be recorded after
    later ones. If there are more events than are counted, the clock changes the text too, until
    the last of them must have been recorded.
    """
    newest = of_projects([project_id], 1)
    if not newest:
        return "0"
    happened_at = int(newest[0].happened_at)
    count = PastEvent.count_since(project_id, happened_at - LATEST, COUNTED)
    if count < COUNTED:
        return f"{happened_at}.{count}"
    return f"{happened_at}.{count}.{min(int(time.time()), happened_at + LATEST)}"


def of_projects(project_ids: Iterable[int], limit: int) -> list[PastEvent]:
    """Return the newest events of some projects, the newest first."""
    found: list[PastEvent] = []
    with translating_store_errors():
        for project_id in dict.fromkeys(project_ids):
            found += PastEvent.by_project.query(project_id, scan_index_forward=False, limit=limit)
    return sorted(found, key=lambda event: (event.happened_at, event.sequence), reverse=True)[
        :limit
    ]
