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
    """What a body is made of beside the event."""

    template: Any = None
    """The endpoint's, for `custom`."""
    known: Mapping[str, Any] = {}
    """What `kanboard_events.write` takes, for `kanboard-events`."""
    content_type: str = ""
    """The endpoint's, for `custom`; "" for the format's own."""


NOTHING = Given()


class Format(NamedTuple):
    """How the body of a delivery is written, and what holds for the endpoints that have it."""

    write: Callable[[EventObject, Given], Any]
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
    target_of: TargetOf = chat_urls.as_configured
    """Returns where the configured URL is called, and what of it belongs into the body."""
    shows_more: bool = False
    """Whether it shows what the event does not hold: then the row keeps `Event.beside`."""
    refuses: tuple[str, ...] = ()
    """How the types of the events begin that it cannot tell."""


def task_of(event: EventObject, _: Given = NOTHING) -> Body:
    """Return the task as bodies show it: the one of `kanboard`, flat; of a ping, what it says."""
    if event["type"] == PING:
        return {"ping": event["endpoint"]["id"]}
    return task_shown(event["type"], event["data"], event["changes"])


def _data(event: EventObject) -> Body:
    """Return what an envelope holds: the task, or what else the event tells of."""
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
    """Return what the endpoint's template makes of an event; without one, the event.

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
    """Return where an endpoint of a format is called; for a removed format, its URL.

    Raises:
        TargetRefused: The URL lacks what the body needs of it.
    """
    return FORMATS.get(name, FORMATS[DEFAULT_FORMAT]).target_of(url)


def body_of(event: EventObject, name: str, given: Given = NOTHING, url: str = "") -> str:
    """Return the body of an event in a format; the text is always the same.

    Args:
        event: The event.
        name: The format.
        given: What its body is made of beside the event.
        url: The endpoint's, of which the body may need parts; "": the body is without them.

    Raises:
        KeyError: There is no such format.
        ExpressionFailed: The template of `custom` fails over this event.
        TargetRefused: The URL lacks what the body needs of it.
    """
    body = FORMATS[name].write(event, given)
    return as_text(completed(body, name, url) if url else body, given.content_type)


def completed(body: Any, name: str, url: str) -> Any:
    """Return a body with what it needs of the endpoint's URL. Raises TargetRefused."""
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
    """Return which of these types of events a format cannot tell, sorted."""
    return sorted(one for one in event_types if one.startswith(FORMATS[name].refuses or ("\0",)))
