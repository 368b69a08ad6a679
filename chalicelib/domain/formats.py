"""The registry of body formats: one object for each, which all other code reads."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chalicelib.domain.event_objects import EventObject, author_text
from chalicelib.domain.events import PING, task_shown

Body = dict[str, Any]


class Format(NamedTuple):
    """How the body of a delivery is written."""

    write: Callable[[EventObject], Body]
    says: str
    """The contents of the body, as pages and the command line describe it."""
    content_type: str = "application/json"
    sends_token: bool = False
    """Whether the webhook token is added to the URL, unless an endpoint says otherwise."""
    has_secret_url: bool = False
    """Whether the URL itself is the right to send, as with chats: it is shown by its beginning."""
    timeout: float | None = None
    """Seconds of an attempt, unless an endpoint says otherwise; None: DELIVERY_TIMEOUT."""
    per_second: float | None = None
    """The most attempts a second, unless an endpoint says otherwise; None: any number."""
    is_settled: bool = False
    """Whether its bodies never change from one release to the next: then no row keeps the body
    beside the event."""


def task_of(event: EventObject) -> Body:
    """Return the task as bodies show it: the one of `kanboard`, flat; of a ping, what it says."""
    if event["type"] == PING:
        return {"ping": event["endpoint"]["id"]}
    return task_shown(event["type"], event["data"], event["changes"])


def _standard(event: EventObject) -> Body:
    """Return the payload of Standard Webhooks (standardwebhooks.com, "Payload structure")."""
    return {
        "type": event["type"],
        "timestamp": event["timestamp"],
        "author": author_text(event),
        "data": task_of(event),
    }


def _cloudevents(event: EventObject) -> Body:
    """Return a CloudEvents 1.0 event in structured mode (cloudevents.io)."""
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": "/taskhook/tasks",
        "type": event["type"],
        "subject": str(event["data"]["task_id"] if event["data"] else 0),
        "time": event["timestamp"],
        "author": author_text(event),
        "datacontenttype": "application/json",
        "data": task_of(event),
    }


FORMATS = {
    "kanboard": Format(task_of, "the task, flat", sends_token=True, is_settled=True),
    "standard": Format(_standard, "type, timestamp, data", is_settled=True),
    "cloudevents": Format(
        _cloudevents, "CloudEvents 1.0", "application/cloudevents+json", is_settled=True
    ),
}
"""All formats, by name."""

DEFAULT_FORMAT = "kanboard"


def content_type(name: str) -> str:
    """Return the media type of a format's bodies; for a removed format, the default's."""
    return FORMATS.get(name, FORMATS[DEFAULT_FORMAT]).content_type


def body_of(event: EventObject, name: str) -> str:
    """Return the body of an event in a format; the text is always the same.

    Raises:
        KeyError: There is no such format.
    """
    return _dump(FORMATS[name].write(event))


def _dump(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
