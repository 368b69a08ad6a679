"""Sending again what was delivered, given up or waits: one delivery, or all of a time."""

import time
from collections.abc import Collection
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.store import reaching_store
from chalicelib.adapters.tables import BODY_NOT_KEPT, Delivery
from chalicelib.config import CONFIG
from chalicelib.domain import retries
from chalicelib.domain.errors import Refused
from chalicelib.domain.events import PING
from chalicelib.domain.retries import Status
from chalicelib.services import endpoints
from chalicelib.services.deliveries import find_delivery

REPLAYED = (Status.DELIVERED.value, Status.FAILED.value)
"""What a replay sends again: neither what is on its way, nor what a later change covers."""


class Sent(NamedTuple):
    """A delivery that may be sent again."""

    created_at: float  # epoch seconds
    id: str
    status: str


def send_again(delivery_id: str) -> Delivery:
    """Let a delivery be due now, with all its retries before it, and return it; one that waits is due at once.

    Later events of its task wait for it. At a suspended endpoint it waits for the ramp like all others.

    Raises:
        NotFound: There is no such delivery, or its endpoint is gone.
        Refused: It cannot be sent.
    """
    delivery = find_delivery(delivery_id)
    endpoint, broken = endpoints.find_endpoint(delivery.endpoint_id)
    if broken is not None or not endpoint.is_active:
        raise Refused({"endpoint": broken or "is disabled: enable it first"})
    if delivery.event_type == PING:
        raise Refused({"delivery": "is a ping: test the endpoint again"})
    if delivery.body == BODY_NOT_KEPT:
        raise Refused({"delivery": "its body was too large to be kept"})
    now = time.time()
    endpoint.note_waiting(now)
    give_up_at = retries.give_up_at(now, CONFIG.retry_delays, CONFIG.retry_jitter)
    if delivery.send_again(now, give_up_at, int(now) + CONFIG.delivery_retention):
        queue.send({queue.Call(endpoint.id, delivery.lane): now})
    return delivery


def replayable(
    endpoint_id: str, since: float, until: float, statuses: Collection[str] = REPLAYED, after: str | None = None
) -> list[Sent]:
    """Return what a replay would send again, the oldest first.

    Args:
        endpoint_id: To whom; it must be there.
        since: Deliveries made at or after this time, in epoch seconds.
        until: And at or before this one.
        statuses: Those that stand so.
        after: A delivery with which an earlier replay ended: only those behind it.

    Raises:
        NotFound: There is no such endpoint, or no such delivery.
    """
    endpoints.find_endpoint(endpoint_id)
    wanted = Delivery.created_at.between(max(since, 0), until)
    parts = ["lane", "sequence", "created_at", "status", "event_type"]
    with reaching_store():
        rows = list(Delivery.by_endpoint.query(endpoint_id, wanted, attributes_to_get=parts))
    found = sorted(
        Sent(row.created_at, row.id, row.status) for row in rows if row.status in statuses and row.event_type != PING
    )
    if after is None:
        return found
    last = find_delivery(after)
    return [sent for sent in found if (sent.created_at, sent.id) > (last.created_at, last.id)]
