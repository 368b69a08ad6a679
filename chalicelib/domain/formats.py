"""The registry of body formats: one object for each, which all other code reads."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.events import FIELDS, Event, iso

Body = dict[str, Any]


class Format(NamedTuple):
    """How the body of a delivery is written, and where it holds the task."""

    write: Callable[[Event], Body]
    task_in: Callable[[Body], dict[str, Any]]
    """Returns the task's fields in a body that `write` returned: the object itself, so that it can
    be changed."""
    says: str
    """The contents of the body, as pages and the command line describe it."""
    content_type: str = "application/json"
    sends_token: bool = False
    """Whether the webhook token is added to the URL, unless an endpoint says otherwise."""


def _whole(body: Body) -> dict[str, Any]:
    return body


def _data(body: Body) -> dict[str, Any]:
    data: dict[str, Any] = body["data"]
    return data


def _kanboard(event: Event) -> Body:
    return event.task


def _standard(event: Event) -> Body:
    """Return the payload of Standard Webhooks (standardwebhooks.com, "Payload structure")."""
    return {
        "type": event.type,
        "timestamp": iso(event.happened_at),
        "author": event.author,
        "data": event.task,
    }


def _cloudevents(event: Event) -> Body:
    """Return a CloudEvents 1.0 event in structured mode (cloudevents.io)."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": "/taskhook/tasks",
        "type": event.type,
        "subject": str(event.task_id),
        "time": iso(event.happened_at),
        "author": event.author,
        "datacontenttype": "application/json",
        "data": event.task,
    }


FORMATS = {
    "kanboard": Format(_kanboard, _whole, "the task, flat", sends_token=True),
    "standard": Format(_standard, _data, "type, timestamp, data"),
    "cloudevents": Format(_cloudevents, _data, "CloudEvents 1.0", "application/cloudevents+json"),
}
"""All formats, by name."""

DEFAULT_FORMAT = "kanboard"


def content_type(name: str) -> str:
    """Return the media type of a format's bodies; for a removed format, the default's."""
    return FORMATS.get(name, FORMATS[DEFAULT_FORMAT]).content_type


def body_of(event: Event, name: str) -> str:
    """Return the body of an event in a format; the text is always the same.

    Raises:
        KeyError: There is no such format.
    """
    return _dump(FORMATS[name].write(event))


def coalesce(bodies: Sequence[tuple[str, str]]) -> str:
    """Return the newest of a task's `task.modified` bodies, with the changes of all of them.

    A field that was changed back stays in `changes`: the receiver may have seen the change in
    between.

    Args:
        bodies: Each body's format name and text, the oldest first; at least one.

    Raises:
        KeyError: A body has an unknown format, or holds no task.
    """
    changes: dict[str, list[object]] = {}
    newest: Body = {}
    for name, text in bodies:
        newest = json.loads(text)
        task = FORMATS[name].task_in(newest)
        for field, (before, after) in task["changes"].items():
            changes[field] = [changes.get(field, [before])[0], after]
    task["changes"] = {field: changes[field] for field in FIELDS if field in changes}
    return _dump(newest)


def _dump(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
