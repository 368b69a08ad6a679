"""The registry of body formats: one object for each, which all other code reads."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from chalicelib.domain import chat_urls, kanboard_events, own_headers
from chalicelib.domain.chat_urls import ChatTarget, TargetOf
from chalicelib.domain.event_objects import EventObject, author_text
from chalicelib.domain.events import PING, task_shown
from chalicelib.domain.values import whole_characters

Body = dict[str, Any]


class Given(NamedTuple):
    """The inputs of a body besides the event."""

    template: Any = None
    """The endpoint's, for `custom`."""
    known: Mapping[str, Any] = {}
    """The second argument of `kanboard_events.write`, for `kanboard-events`."""
    content_type: str = ""
    """The endpoint's, for `custom`; "" for the format's own."""


NOTHING = Given()


class Format(NamedTuple):
    """A format: how it writes bodies, and the defaults of its endpoints."""

    write: Callable[[EventObject, Given], Any]
    says: str
    """The contents of the body, as pages and the command line describe it."""
    content_type: str = "application/json"
    sends_token: bool = False
    """Whether the webhook token is added to the URL; an endpoint may override it."""
    has_secret_url: bool = False
    """Whether the URL is a secret, as with chats: only its beginning is shown."""
    timeout: float | None = None
    """Seconds of an attempt; an endpoint may override it. None: DELIVERY_TIMEOUT."""
    per_second: float | None = None
    """The most attempts a second; an endpoint may override it. None: no limit."""
    is_settled: bool = False
    """Whether releases never change its bodies: rows then keep the event without the body."""
    target_of: TargetOf = chat_urls.as_configured
    """Returns the URL to call, and the parts of the configured URL for the body."""
    shows_more: bool = False
    """Whether it shows fields that the event lacks: rows then keep `Event.beside`."""
    refuses: tuple[str, ...] = ()
    """Prefixes of the event types that it cannot write."""


def task_of(event: EventObject, _: Given = NOTHING) -> Body:
    """Return the flat task of `kanboard`, or the message of a ping."""
    if event["type"] == PING:
        return {"ping": event["endpoint"]["id"]}
    return task_shown(event["type"], event["data"], event["changes"])


def _data(event: EventObject) -> Body:
    """Return the content of an envelope: the task, or the other subject of the event."""
    if event["comment"]:
        return {"comment": event["comment"], "task": event["data"]}
    if event["type"] != PING and event["endpoint"]:
        return {name: event[name] for name in ("endpoint", "delivery") if event[name]}
    return task_of(event)


def _standard(event: EventObject, _: Given) -> Body:
    """Return the payload of Standard Webhooks (standardwebhooks.com, "Payload structure")."""
    return {
        "type": event["type"],
        "timestamp": event["timestamp"],
        "author": author_text(event),
        "data": _data(event),
    }


def _cloudevents(event: EventObject, _: Given) -> Body:
    """Return a CloudEvents 1.0 event in structured mode (cloudevents.io)."""
    is_of_task = event["type"] == PING or not event["endpoint"]
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": f"/taskhook/{'tasks' if is_of_task else 'endpoints'}",
        "type": event["type"],
        "subject": _subject(event) if is_of_task else event["endpoint"]["id"],
        "time": event["timestamp"],
        "author": author_text(event),
        "datacontenttype": "application/json",
        "data": _data(event),
    }


def _subject(event: EventObject) -> str:
    return str(event["data"]["task_id"] if event["data"] else 0)


def _kanboard_events(event: EventObject, given: Given) -> Body:
    if event["type"] == PING:
        return {"event_name": PING, "event_data": task_of(event), "event_author": None}
    return kanboard_events.write(event, given.known)


def _custom(event: EventObject, given: Given) -> Any:
    """Return the endpoint's template evaluated over an event; without one, the event.

    Raises:
        ExpressionFailed: The template fails over this event.
    """
    if given.template is None:
        return event
    from chalicelib.domain.templates import compile_template  # noqa: PLC0415 -- few endpoints have one

    return compile_template(given.template).render(event)


def _chat(
    name: str,
    title: str,
    per_second: float | None = None,
    target_of: TargetOf = chat_urls.as_configured,
) -> Format:
    def write(event: EventObject, _: Given) -> Body:
        from chalicelib.domain import chats  # noqa: PLC0415 -- few endpoints are chats

        return chats.write(name, event)

    return Format(
        write,
        f"a message in {title}",
        has_secret_url=True,
        timeout=5,
        per_second=per_second,
        target_of=target_of,
    )


_NOT_OF_BOARDS = ("endpoint.", "delivery.")
_NOT_OF_TASKS = ("comment.", *_NOT_OF_BOARDS)

FORMATS = {
    "kanboard": Format(
        task_of, "the task, flat", sends_token=True, is_settled=True, refuses=_NOT_OF_TASKS
    ),
    "kanboard-events": Format(
        _kanboard_events,
        "as Kanboard of today",
        sends_token=True,
        shows_more=True,
        refuses=_NOT_OF_BOARDS,
    ),
    "standard": Format(_standard, "type, timestamp, data", is_settled=True),
    "cloudevents": Format(
        _cloudevents, "CloudEvents 1.0", "application/cloudevents+json", is_settled=True
    ),
    "slack": _chat("slack", "Slack", 1),
    "mattermost": _chat("mattermost", "Mattermost"),
    "discord": _chat("discord", "Discord", 2),
    "teams": _chat("teams", "Microsoft Teams", 4),
    "ntfy": _chat("ntfy", "ntfy", target_of=chat_urls.ntfy),
    "telegram": _chat("telegram", "Telegram", 1, target_of=chat_urls.telegram),
    "custom": Format(_custom, "a template of your own", has_secret_url=True),
}
"""All formats, by name."""

DEFAULT_FORMAT = "kanboard"


def content_type(name: str) -> str:
    """Return the media type of a format's bodies; for a removed format, the default's."""
    return FORMATS.get(name, FORMATS[DEFAULT_FORMAT]).content_type


def target_of(name: str, url: str) -> ChatTarget:
    """Return the URL to call for an endpoint of a format; for a removed format, its URL.

    Raises:
        TargetRefused: The URL lacks what the body needs of it.
    """
    return FORMATS.get(name, FORMATS[DEFAULT_FORMAT]).target_of(url)


def body_of(event: EventObject, name: str, given: Given = NOTHING, url: str = "") -> str:
    """Return the body of an event in a format; the text is always the same.

    Args:
        event: The event.
        name: The format.
        given: The inputs of the body besides the event.
        url: The endpoint's, which may have parts of the body; "": the body is without them.

    Raises:
        KeyError: There is no such format.
        ExpressionFailed: The template of `custom` fails over this event.
        TargetRefused: The URL lacks what the body needs of it.
    """
    body = FORMATS[name].write(event, given)
    return as_text(completed(body, name, url) if url else body, given.content_type)


def completed(body: Any, name: str, url: str) -> Any:
    """Return a body with its parts of the endpoint's URL. Raises TargetRefused."""
    fields = FORMATS[name].target_of(url).fields
    return fields | body if fields else body


def as_text(body: Any, content_type: str = "") -> str:
    """Return a body as it is sent: JSON, or a text as it is where its media type is another.

    Half a surrogate pair, which an expression can make, becomes U+FFFD: UTF-8 has none.
    """
    if isinstance(body, str) and not own_headers.is_json(content_type):
        return whole_characters(body)
    return whole_characters(json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def refused_types(name: str, event_types: Iterable[str]) -> list[str]:
    """Return those of these event types that a format cannot write, sorted."""
    return sorted(one for one in event_types if one.startswith(FORMATS[name].refuses or ("\0",)))
