"""Events as JSON objects, which formats, filters and templates see and rows keep.

docs/events.md has the shape. A key that an event has no value for is null.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from chalicelib.domain.events import (
    APPLICATION,
    CONSOLE,
    FIELDS,
    PING,
    REMOVED,
    Event,
    TaskComment,
    iso,
)

EventObject = dict[str, Any]

KEYS = (
    *("id", "type", "timestamp", "author", "data", "changes", "project", "column", "owner"),
    *("category", "tags", "url", "comment", "endpoint", "delivery"),
)
"""The keys of an event, in order."""

_APPLICATION = {"id": 0, "name": APPLICATION}


class Person(NamedTuple):
    """A user; the username replaces a missing name."""

    name: str
    username: str


class Names(Protocol):
    """The names of the things that a task refers to; None: there is none, or it was removed."""

    def project(self, project_id: int) -> str | None:
        """Return the name of a project."""

    def part(self, kind: str, project_id: int, part_id: int) -> str | None:
        """Return the name of a project's part; `kind` is columns, categories or tags."""

    def user(self, user_id: int) -> Person | None:
        """Return the names of a user."""

    def task_url(self, task_id: int) -> str | None:
        """Return the address of a task's page."""


def object_of(event: Event, names: Names) -> EventObject:
    """Return the event of a task as an object, with the names that the task refers to."""
    task, project_id = event.data, event.data["project_id"]
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": iso(event.happened_at),
        "author": _author(event.author, names),
        "data": task,
        "changes": event.changes,
        "project": _named(project_id, names.project(project_id)) if project_id else None,
        "column": _part("columns", project_id, task["column_id"], names),
        "owner": _owner(task["owner_id"], names),
        "category": _part("categories", project_id, task["category_id"], names),
        "tags": _tags(event, names),
        "url": None if event.type == REMOVED else names.task_url(event.task_id),
        "comment": None if event.comment is None else _comment(event.comment, names),
        "endpoint": None,
        "delivery": None,
    }


def _comment(comment: TaskComment, names: Names) -> dict[str, Any]:
    author = _author(comment.user_id or APPLICATION, names)
    return {"id": comment.id, "text": comment.text, "author": author}


def _tags(event: Event, names: Names) -> list[str]:
    project_id = event.data["project_id"]
    named = [names.part("tags", project_id, tag_id) for tag_id in event.tags]
    return sorted(name for name in named if name is not None)


def ping_of(ping_id: str, happened_at: float, endpoint_id: str) -> EventObject:
    """Return the event of a ping, a test of an endpoint, which tells of no task."""
    endpoint = {"id": endpoint_id, "name": None, "reason": None, "suspended_until": None}
    return about_endpoint(ping_id, PING, happened_at, endpoint)


def about_endpoint(
    event_id: str,
    event_type: str,
    happened_at: float,
    endpoint: Mapping[str, Any],
    delivery: Mapping[str, Any] | None = None,
) -> EventObject:
    """Return an event about an endpoint, or about deliveries to it that were given up."""
    return _with_all_keys(
        id=event_id,
        type=event_type,
        timestamp=iso(happened_at),
        author=_APPLICATION,
        changes={},
        tags=[],
        endpoint=dict(endpoint),
        delivery=delivery and dict(delivery),
    )


def _with_all_keys(**known: Any) -> EventObject:
    return {name: known.get(name) for name in KEYS}


def _author(author: int | str, names: Names) -> dict[str, Any]:
    if isinstance(author, str):
        return {"id": 0, "name": author}
    person = names.user(author)
    return {"id": author, "name": person and person.name}


def _named(number: int, name: str | None) -> dict[str, Any]:
    return {"id": number, "name": name}


def _part(kind: str, project_id: int, number: int, names: Names) -> dict[str, Any] | None:
    return _named(number, names.part(kind, project_id, number)) if number else None


def _owner(user_id: int, names: Names) -> dict[str, Any] | None:
    if not user_id:
        return None
    person = names.user(user_id)
    if person is None:
        return {"id": user_id, "name": None, "username": None}
    return {"id": user_id, "name": person.name, "username": person.username}


def author_text(event: Mapping[str, Any]) -> int | str:
    """Return an author as `standard` and `cloudevents` name it: the id of a user, or a text.

    Both name the application for an edit in the console, as they did in earlier versions.
    """
    author = event["author"]
    if author["id"]:
        return int(author["id"])
    return "application" if author["name"] == CONSOLE else str(author["name"])


def coalesce(events: Sequence[EventObject]) -> EventObject:
    """Return the newest of a task's `task.modified` events, with the changes of all of them.

    A field that was changed back stays in `changes`: the receiver may have seen the change before.

    Args:
        events: The oldest first; at least one.
    """
    changes: dict[str, list[object]] = {}
    for event in events:
        for field, (before, after) in event["changes"].items():
            changes[field] = [changes.get(field, [before])[0], after]
    ordered = {field: changes[field] for field in FIELDS if field in changes}
    return {**events[-1], "changes": ordered}


def pack(event: EventObject) -> str:
    """Return an event as a row keeps it: short JSON, without the parts that `unpack` adds.

    Left out are the id and the type, which the row has anyway, nulls, fields of the task that have
    their defaults, and the value after a change where `data` has it.
    """
    kept = {name: value for name, value in event.items() if value and name not in {"id", "type"}}
    if data := kept.get("data"):
        kept["data"] = {name: data[name] for name in FIELDS if data[name] != FIELDS[name]}
        kept["changes"] = {
            name: change[:1] if change[1] == data[name] else change
            for name, change in event["changes"].items()
        }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str, event_id: str, event_type: str) -> EventObject:
    """Return an event as it was before `pack`.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: The text was edited by hand.
    """
    kept = json.loads(text)
    event = _with_all_keys(**kept | {"id": event_id, "type": event_type})
    if data := kept.get("data"):
        data = event["data"] = {**FIELDS, **data}
        event["changes"] = {
            name: [*change, data[name]][:2] for name, change in kept.get("changes", {}).items()
        }
    event["changes"] = dict(event["changes"] or {})
    event["tags"] = event["tags"] or []
    return event
