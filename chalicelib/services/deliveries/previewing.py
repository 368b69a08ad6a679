"""What an endpoint would be sent of a recent event; nothing is sent or written."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint, PastEvent
from chalicelib.domain import filters, own_headers, subscriptions
from chalicelib.domain.errors import ExpressionFailed, NotFound, Refused
from chalicelib.domain.event_objects import EventObject, object_of
from chalicelib.domain.events import APPLICATION, FIELDS, PING, Event
from chalicelib.services.deliveries import bodies, delivery_log, delivery_search, outgoing
from chalicelib.services.deliveries.delivery_search import Wanted
from chalicelib.services.deliveries.naming import names_for
from chalicelib.services.endpoints import effective
from chalicelib.services.projects import projects
from chalicelib.services.tasks import history

RECENT = 10
"""Events that a preview offers."""

_PAST = "past:"
"""How the id of an event of the history begins; others are ids of deliveries."""

_SIGNATURE = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Recent(NamedTuple):
    """A recent event."""

    id: str  # by which `find_event` finds it
    type: str
    task_id: int
    happened_at: float  # epoch seconds


def recent_events() -> list[Recent]:
    """Return the newest events that went to any endpoint, else those of the tasks' history."""
    found: dict[tuple[int, str], Recent] = {}
    for row in delivery_search.search(Wanted(), limit=5 * RECENT).rows:
        if row.event_type != PING:
            one = Recent(row.id, str(row.event_type), int(row.task_id), float(row.created_at))
            found.setdefault((one.task_id, str(row.sequence)), one)
    return list(found.values())[:RECENT] or _past_events()


def _past_events() -> list[Recent]:
    ids = [int(project.id) for project in projects.list_projects()]
    return [
        Recent(
            f"{_PAST}{row.task_id}.{row.sequence}",
            str(row.event_type),
            int(row.task_id),
            float(row.happened_at),
        )
        for row in history.of_projects(ids, RECENT)
    ]


def find_event(recent_id: str) -> EventObject:
    """Return an event by its id in `recent_events`.

    An event of the history has no tags, and its long texts are cut.

    Raises:
        NotFound: It is not kept.
    """
    if recent_id.startswith(_PAST):
        return _past_event(recent_id.removeprefix(_PAST))
    try:
        event = delivery_log.find_delivery(recent_id).event
    except (Refused, ValueError, KeyError, TypeError, AttributeError):  # edited by hand
        event = None
    if event is None:
        raise NotFound(f"there is no event of the delivery {recent_id}")
    return event


def _past_event(key: str) -> EventObject:
    task_id, _, sequence = key.partition(".")
    rows = []
    if task_id.isdecimal() and len(task_id) < 16 and sequence:
        with translating_store_errors():
            rows = list(PastEvent.query(int(task_id), PastEvent.sequence == sequence))
    if not rows:
        raise NotFound("there is no such event")
    [row] = rows
    task = json.loads(row.task)
    changes = {name: of for name, of in task.pop("changes", {}).items() if name in FIELDS}
    about = int(row.task_id), 0, int(row.happened_at), {**FIELDS, **task}, changes
    author = row.source or (APPLICATION if row.author is None else int(row.author))
    event = Event(str(row.event_id), str(row.event_type), *about, author)
    return object_of(event, names_for([event]))


class Preview(NamedTuple):
    """What an endpoint would be sent, and whether."""

    body: str
    headers: list[str]  # their names alone: values are secrets
    is_subscribed: bool
    is_wanted: bool  # by the filter; one that fails lets the event through
    filter_failure: str


def preview(endpoint: Endpoint, event: EventObject) -> Preview:
    """Return what an endpoint, which need not be stored, would be sent of an event.

    The body lacks what the URL adds to it: that is as secret as the URL.

    Raises:
        NotMade: The template or the headers fail over this event.
        TargetRefused: The URL lacks what the body needs of it.
    """
    delivery = _delivery_of(endpoint, event)
    own = own_headers.evaluate(endpoint.headers, event) if endpoint.headers else {}
    content_type = next((own[name] for name in own if name.lower() == "content-type"), "")
    text = bodies.write_body(delivery, endpoint, content_type)
    kept = bodies.body_of(delivery)
    is_wanted, failure = _asked(endpoint, event)
    return Preview(
        text if kept == BODY_NOT_KEPT and not effective.has_secret_url(endpoint) else kept,
        sorted({*outgoing.headers_of(delivery, 1), *_SIGNATURE, *own}, key=str.lower),
        event["type"] in subscriptions.subscribed_types(endpoint),
        is_wanted,
        failure,
    )


def _delivery_of(endpoint: Endpoint, event: Mapping[str, Any]) -> Delivery:
    delivery = Delivery(
        "preview",
        "0",
        endpoint_id=endpoint.id,
        event_id=event["id"],
        event_type=event["type"],
        task_id=0,
        task_version=0,
        format=effective.format_of(endpoint),
    )
    delivery.take_event(dict(event))
    return delivery


def _asked(endpoint: Endpoint, event: EventObject) -> tuple[bool, str]:
    if not endpoint.filter:
        return True, ""
    try:
        return filters.passes(endpoint.filter, event), ""
    except ExpressionFailed as error:
        return True, str(error)
