"""What an endpoint receives in each format: the bodies of sample events, and their headers."""

import json
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain import formats, signature
from chalicelib.domain.event_objects import EventObject
from chalicelib.domain.events import EVENT_TYPES, PING
from chalicelib.domain.formats import Given
from chalicelib.services.deliveries.outgoing import headers_of
from chalicelib.web.schemas.sample_events import samples
from chalicelib.web.schemas.types import Schema, of_values

CUSTOM = "custom"
"""The format whose bodies only its endpoint's template knows."""

_URLS = (
    "https://example.com/sendMessage?chat_id=-1001&message_thread_id=7",
    "https://example.com/sendMessage?chat_id=@channel",
)
"""URLs of which every format can take what belongs into the body."""

_KNOWN = {
    "author_username": "ada",
    "creator_username": "ada",
    "creator_name": "Ada",
    "column_position": 2,
    "reference": "T-1",
    "date_started": 1796017911,
    "moved_before": 1796017911,
    "comment_username": "ada",
    "comment_date_creation": 1796017911,
}
"""What `kanboard-events` may know beside the event."""

_SECRET = signature.new_secret(bytes(24))

_MEANINGS = {
    "Content-Type": "The media type of the format.",
    "User-Agent": "This version of Taskhook.",
    "X-Taskhook-Event": "The type of the event; `ping` is a test of the endpoint.",
    "X-Taskhook-Attempt": "1 for the first attempt.",
    "X-Taskhook-Task-Version": "Grows with each change of a task: drop what is older than yours.",
    "X-Taskhook-Hops": "How many Taskhooks the change has passed, if any.",
    "webhook-id": "The same at every attempt and for every repeat.",
    "webhook-timestamp": "The time of this attempt, in epoch seconds.",
    "webhook-signature": "Standard Webhooks' signatures, a space between.",
}
"""What each header says."""


def types_of(name: str) -> list[str]:
    """Return the types of events that a format can tell, pings included."""
    refused = formats.refused_types(name, EVENT_TYPES)
    return [one for one in (*EVENT_TYPES, PING) if one not in refused]


def bodies(name: str, event_type: str) -> list[Any]:
    """Return sample bodies of a type of event in a format; the first has all that there may be."""
    events = samples(event_type)
    all_known, by_id, by_name = Given(known=_KNOWN), *_URLS
    full = [_written(event, name, all_known, by_id) for event in events]
    return [*full, _written(events[-1], name, Given(), by_name)]


def _written(event: EventObject, name: str, given: Given, url: str) -> Any:
    return json.loads(formats.body_of(event, name, given, url))


def headers() -> Schema:
    """Return the schema of the headers of every request."""
    sent = [_headers(hops) for hops in (0, 1)]
    schema = of_values(sent)
    for name, shown in schema["properties"].items():
        shown["description"] = _MEANINGS.get(name, "")
    schema["properties"]["X-Taskhook-Event"]["enum"] = [*EVENT_TYPES, PING]
    return schema


def _headers(hops: int) -> dict[str, str]:
    delivery = Delivery(event_type=PING, task_version=1, format=formats.DEFAULT_FORMAT, hops=hops)
    return headers_of(delivery, 1) | signature.headers([_SECRET], "evt_01J", 1796017911, b"{}")
