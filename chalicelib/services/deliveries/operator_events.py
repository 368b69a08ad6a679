"""Events about endpoints and deliveries, for endpoints that ask for them.

No table has a stream of these: their deliveries are written at once, are due like any other, and
are attempted by `retry`. Only deliveries of tasks and comments cause them: otherwise two
failing endpoints could report each other forever.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.adapters.dynamodb.tables.deliveries import SEQUENCE_DIGITS, Broken
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states, event_objects, subscriptions
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.domain.event_objects import EventObject, about_endpoint
from chalicelib.domain.events import (
    DELIVERY_FAILED,
    ENDPOINT_RECOVERED,
    OPERATOR_TYPES,
    PING,
    Event,
)
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.filtering import Filtering
from chalicelib.services.deliveries.new_deliveries import SequencedEvent, new_delivery
from chalicelib.services.endpoints import endpoints

PERIOD = 60
"""Seconds; an endpoint's failed deliveries in each are one event."""

_TRIES = 5  # to add to an event that other processes add to


def tell_of_endpoint(
    event_type: str | None, about: Endpoint, reason: str | None = None, hops: int = 0
) -> None:
    """Report that an endpoint is suspended, recovered or disabled; None: nothing has changed.

    Endpoints that receive no events of tasks or comments are not reported.
    """
    if event_type is None or not _tells_of_tasks(about):
        return
    now = time.time()
    until = about.suspended_until and float(about.suspended_until)
    described = about_endpoint(f"evt_{uuid4().hex}", event_type, now, _shown(about, reason, until))
    item = _item(described, f"endpoint-{about.id}", str(time.time_ns()), now)
    with _never_failing(event_type, about.id):
        for endpoint in _wanting(described, endpoints.usable_endpoints()):
            # An endpoint that cannot be called does not receive its own event.
            if event_type == ENDPOINT_RECOVERED or endpoint.id != about.id:
                _save(_row(endpoint, item, now), endpoint, now, hops)


def tell_of_failed(results: Sequence[Result], hops: int = 0) -> None:
    """Report deliveries that were given up, once for each endpoint and PERIOD."""
    failed: dict[str, list[Delivery]] = {}
    for row in (result.delivery for result in results):
        if row.status == Status.FAILED.value and row.event_type not in {PING, *OPERATOR_TYPES}:
            failed.setdefault(str(row.endpoint_id), []).append(row)
    if not failed:
        return
    with _never_failing(DELIVERY_FAILED, ", ".join(failed)):
        listed = endpoints.list_endpoints()
        usable = endpoints.usable_among(listed)
        for about in (one.endpoint for one in listed if one.endpoint.id in failed):
            _tell_of_failed(about, failed[about.id], usable, hops)


def _tell_of_failed(
    about: Endpoint, rows: Sequence[Delivery], usable: Iterable[Endpoint], hops: int
) -> None:
    now, newest = time.time(), rows[-1]
    delivery = {
        "id": newest.id,
        "event": newest.event_type,
        "task_id": int(newest.task_id),
        "outcome": newest.outcome,
        "count": len(rows),
    }
    period = int(now // PERIOD) + 1
    described = about_endpoint(
        f"evt_{uuid4().hex}", DELIVERY_FAILED, now, _shown(about, None, None), delivery
    )
    item = _item(described, f"failed-{about.id}", str(period), now)
    for endpoint in _wanting(described, usable):
        row = _row(endpoint, item, period * PERIOD)
        if not _save(row, endpoint, period * PERIOD, hops):
            _add_to(row.id, delivery)


def _add_to(delivery_id: str, newest: Mapping[str, Any]) -> None:
    """Add failures to the event that waits for the end of this period."""
    for _ in range(_TRIES):
        row = Delivery.find(delivery_id)
        if row is None or isinstance(row, Broken) or not row.is_pending or row.event is None:
            return
        count = row.event["delivery"]["count"] + newest["count"]
        event = {**row.event, "delivery": {**newest, "count": count}}
        if row.replace_event(event_objects.pack(event)):
            return


def _tells_of_tasks(endpoint: Endpoint) -> bool:
    return not set(OPERATOR_TYPES).issuperset(subscriptions.subscribed_types(endpoint))


def _shown(about: Endpoint, reason: str | None, until: float | None) -> dict[str, Any]:
    return {"id": about.id, "name": about.name, "reason": reason, "suspended_until": until}


def _wanting(event: EventObject, usable: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints that want an event, and note which filters fail."""
    filtering, wanting = Filtering(), []
    for endpoint in usable:
        is_subscribed = event["type"] in subscriptions.subscribed_types(endpoint)
        if is_subscribed and filtering.passes(endpoint, event):
            wanting.append(endpoint)
    filtering.note_failures(wanting)
    return wanting


def _item(described: EventObject, subject: str, place: str, now: float) -> SequencedEvent:
    event = Event(described["id"], described["type"], 0, 0, int(now), {}, {}, about=subject)
    return SequencedEvent(place.zfill(SEQUENCE_DIGITS), event, described)


def _row(endpoint: Endpoint, item: SequencedEvent, due_at: float) -> Delivery:
    row = new_delivery(endpoint, item)
    row.become(delivery_states.postpone(row.state, due_at, CONFIG.delivery_retention))
    return row


def _save(row: Delivery, endpoint: Endpoint, due_at: float, hops: int) -> bool:
    """Write a new row and its message; False: the row exists."""
    if not row.save_new():
        return False
    endpoint.note_waiting(time.time())
    if endpoint.suspended_until is None:
        queue.send({queue.RetryMessage(endpoint.id, row.ordering_key): due_at}, hops)
    return True


@contextmanager
def _never_failing(event_type: str, about: str) -> Iterator[None]:
    """Log a failed write; no delivery must be repeated because of it."""
    try:
        yield
    except StoreUnavailable as error:
        log.event("operator_not_told", event_type=event_type, about=about, error=str(error))
