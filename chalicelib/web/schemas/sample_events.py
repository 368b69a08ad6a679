"""Made-up events that show between them what an event of each type may hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain.event_objects import KEYS, EventObject
from chalicelib.domain.events import CREATED, FIELDS, PING, REMOVED

_TASK = {
    **FIELDS,
    "task_id": 42,
    "title": "Renew the certificate",
    "description": "It expires on Friday.",
    "project_id": 1,
    "owner_id": 2,
    "category_id": 3,
    "column_id": 4,
    "color_id": "red",
    "score": 5,
    "date_due": 1799143200,
    "creator_id": 2,
    "date_creation": 1796017911,
    "position": 1048576,
    "date_modification": 1796017914,
}
_CLOSED = {**_TASK, "is_active": 0, "date_completed": 1796017914}
_PLAIN_TASK = {**FIELDS, "task_id": 43, "title": "Buy milk", "project_id": 1, "column_id": 1}
_SOMEBODY = {"id": 2, "name": "Ada"}
_POINTED_TO: Mapping[str, Any] = {
    "project": {"id": 1, "name": "Shop"},
    "column": {"id": 4, "name": "Ready"},
    "owner": {"id": 2, "name": "Ada", "username": "ada"},
    "category": {"id": 3, "name": "Ops"},
    "tags": ["tls"],
    "url": "https://tasks.example.com/tasks/42",
}
_NAMELESS: Mapping[str, Any] = {
    "author": {"id": 2, "name": None},
    "project": {"id": 1, "name": None},
    "column": {"id": 4, "name": None},
    "owner": {"id": 2, "name": None, "username": None},
    "category": {"id": 3, "name": None},
}
"""What is pointed to and was removed since."""
_COMMENT = {"id": 44040193, "text": "Done on Monday.", "author": _SOMEBODY}
_ENDPOINT = {"id": "ci", "name": None, "reason": None, "suspended_until": None}
_NAMED_ENDPOINT = {
    "id": "ci",
    "name": "CI",
    "reason": "500",
    "suspended_until": 1799143200.5,
}
_DELIVERY = {
    "id": "ci.42.1",
    "event": "task.created",
    "task_id": 42,
    "outcome": "given up: 500",
    "count": 3,
}


def samples(event_type: str) -> list[EventObject]:
    """Return events of a type; the first has everything that there may be."""
    if event_type == PING:
        return [_event(event_type, endpoint=_ENDPOINT)]
    if event_type.startswith("delivery."):
        return [_event(event_type, endpoint=_NAMED_ENDPOINT, delivery=_DELIVERY)]
    if event_type.startswith("endpoint."):
        return [_event(event_type, endpoint=one) for one in (_NAMED_ENDPOINT, _ENDPOINT)]
    comment = _COMMENT if event_type.startswith("comment.") else None
    changes: list[Mapping[str, Any]] = [{}]
    if comment is None and event_type not in {CREATED, REMOVED}:
        changes = [*_changes(), {}]
    full = [
        _event(event_type, data=_after(one), comment=comment, changes=one, **_POINTED_TO)
        for one in changes
    ]
    nameless = comment and {**comment, "author": _NAMELESS["author"]}
    return [
        *full,
        _event(event_type, data=_TASK, comment=nameless, **_NAMELESS),
        _event(event_type, data=_PLAIN_TASK, comment=comment),
    ]


def _changes() -> Iterator[dict[str, list[Any]]]:
    """Yield single changes, which some formats name differently, and then all at once."""
    both = {name: [default, _CLOSED[name]] for name, default in FIELDS.items() if name != "task_id"}
    for name in ("title", "column_id", "position", "owner_id", "is_active"):
        yield {name: both[name], "date_modification": both["date_modification"]}
    moved = {"project_id", "column_id", "is_active", "date_completed"}
    yield {name: change for name, change in both.items() if name not in moved}
    yield both


def _after(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    return _CLOSED if "is_active" in changes else _TASK


def _event(event_type: str, **known: Any) -> EventObject:
    always = {
        "id": "evt_01J",
        "type": event_type,
        "timestamp": "2026-11-30T05:51:54Z",
        "author": _SOMEBODY if "owner" in known else {"id": 0, "name": "application"},
        "changes": {},
        "tags": [],
        **known,
    }
    return {name: always.get(name) for name in KEYS}
