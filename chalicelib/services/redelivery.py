"""Sending again what was delivered, given up or waits: one delivery, or all of a time."""

import time
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.tables import BODY_NOT_KEPT, Delivery, Endpoint, delivery_lists
from chalicelib.config import CONFIG
from chalicelib.domain import retries
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.events import PING
from chalicelib.domain.retries import Status
from chalicelib.services import endpoints
from chalicelib.services.deliveries import find_delivery

REPLAYED = (Status.DELIVERED.value, Status.FAILED.value)
"""What a replay sends again: neither what is on its way, nor what a later change covers."""

AT_ONCE = 100
"""Deliveries that one step of a replay sends again at most."""


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
    _refuse_unusable(endpoint, broken)
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


def _refuse_unusable(endpoint: Endpoint, broken: str | None) -> None:
    if broken is not None or not endpoint.is_active:
        raise Refused({"endpoint": broken or "is disabled: enable it first"})


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
        Refused: The time ends before it begins.
    """
    endpoints.find_endpoint(endpoint_id)
    return sorted(sent for sent in _sent(endpoint_id, since, until, after) if sent.status in statuses)


def _sent(
    endpoint_id: str, since: float, until: float, after: str | None, page_size: int | None = None
) -> Iterator[Sent]:
    """Yield what was sent, the oldest first; what was made in the same moment comes in any order."""
    if until < since:
        raise Refused({"until": "lies before since"})
    last = find_delivery(after) if after else None
    begin = (float(last.created_at), last.id) if last else (0.0, "")
    for row in delivery_lists.made_between(endpoint_id, max(since, begin[0]), until, page_size):
        if row["event_type"] != PING and (row["created_at"], row["id"]) > begin:
            yield Sent(row["created_at"], row["id"], row["status"])


class Step(NamedTuple):
    """What a step of a replay has done."""

    sent: int
    skipped: int  # so many cannot be sent any more
    after: str | None  # with which the step ended; None: it was the last one


def replay(
    endpoint_id: str, since: float, until: float, statuses: Collection[str] = REPLAYED, after: str | None = None
) -> Step:
    """Send again what `replayable` returns, up to AT_ONCE of it, the oldest first.

    Raises:
        NotFound: There is no such endpoint, or no such delivery.
        Refused: The endpoint cannot be called, or the time ends before it begins.
    """
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    _refuse_unusable(endpoint, broken)
    sent = _sent(endpoint_id, since, until, after, 2 * AT_ONCE)
    found = _first(one for one in sent if one.status in statuses)
    now, skipped = found[:AT_ONCE], 0
    for one in now:
        try:
            send_again(one.id)
        except (NotFound, Refused):
            skipped += 1
    return Step(len(now) - skipped, skipped, now[-1].id if len(found) > AT_ONCE else None)


def _first(sent: Iterable[Sent]) -> list[Sent]:
    """Return more than AT_ONCE of these, in order, as far as there are so many."""
    found: list[Sent] = []
    for one in sent:
        if len(found) > AT_ONCE and one.created_at > found[-1].created_at:
            break
        found.append(one)
    return sorted(found)
