"""Sending again what was delivered, given up or waits: one delivery, or all of a time."""

import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
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

LONGEST = 20.0
"""Seconds after which a step sends no more: API Gateway waits for 29."""

COUNTED = 20_000
"""Deliveries that are counted at most; beyond that there are more."""


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
    _send(delivery, _usable(delivery.endpoint_id))
    return delivery


def _send(delivery: Delivery, endpoint: Endpoint) -> None:
    if delivery.event_type == PING:
        raise Refused({"delivery": "is a ping: test the endpoint again"})
    if delivery.body == BODY_NOT_KEPT:
        raise Refused({"delivery": "its body was too large to be kept"})
    now = time.time()
    endpoint.note_waiting(now)
    give_up_at = retries.give_up_at(now, CONFIG.retry_delays, CONFIG.retry_jitter)
    if delivery.send_again(now, give_up_at, int(now) + CONFIG.delivery_retention):
        queue.send({queue.Call(endpoint.id, delivery.lane): now})


def _usable(endpoint_id: str) -> Endpoint:
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    if broken is not None or not endpoint.is_active:
        raise Refused({"endpoint": broken or "is disabled: enable it first"})
    return endpoint


class Wanted(NamedTuple):
    """What a replay sends again."""

    endpoint_id: str  # to whom
    since: float  # what was made at or after this time, in epoch seconds
    until: float  # and at or before this one
    statuses: Collection[str] = REPLAYED  # and stands so
    after: str | None = None  # behind this delivery, with which an earlier replay ended


def replayable(wanted: Wanted) -> list[Sent]:
    """Return what a replay would send again, the oldest first.

    Raises:
        NotFound: There is no such endpoint, or no such delivery.
        Refused: The time ends before it begins.
    """
    endpoints.find_endpoint(wanted.endpoint_id)
    return sorted(_sent(wanted))


def count_replayable(wanted: Wanted) -> int:
    """Return how much a replay would send again; COUNTED where there is more. Raises as `replayable` does."""
    endpoints.find_endpoint(wanted.endpoint_id)
    return sum(1 for _ in islice(_sent(wanted), COUNTED))


def _sent(wanted: Wanted, page_size: int | None = None) -> Iterator[Sent]:
    """Yield what was sent, the oldest first; what was made in the same moment comes in any order."""
    if wanted.until < wanted.since:
        raise Refused({"until": "lies before since"})
    last = find_delivery(wanted.after) if wanted.after else None
    begin = (float(last.created_at), last.id) if last else (0.0, "")
    since = max(wanted.since, begin[0])
    for row in delivery_lists.made_between(wanted.endpoint_id, since, wanted.until, page_size):
        is_behind = (row["created_at"], row["id"]) > begin
        if is_behind and row["event_type"] != PING and row["status"] in wanted.statuses:
            yield Sent(row["created_at"], row["id"], row["status"])


class Step(NamedTuple):
    """What a step of a replay has done."""

    sent: int
    skipped: list[str]  # which cannot be sent any more, and why
    after: str | None  # with which the step ended; None: it was the last one


def replay(wanted: Wanted, limit: int | None = None) -> Step:
    """Send again what `replayable` returns, the oldest first: `limit` of it, or AT_ONCE, as far as LONGEST allows.

    Raises:
        NotFound: There is no such endpoint, or no such delivery.
        Refused: The endpoint cannot be called, or the time ends before it begins.
    """
    endpoint, most, ends_at = _usable(wanted.endpoint_id), limit or AT_ONCE, time.monotonic() + LONGEST
    found = _first(_sent(wanted, 2 * most), most)
    done, skipped = 0, []
    for one in found[:most]:
        try:
            _send(find_delivery(one.id), endpoint)
        except (NotFound, Refused) as error:
            skipped.append(f"{one.id}: {error}")
        done += 1
        if time.monotonic() > ends_at:
            break
    return Step(done - len(skipped), skipped, found[done - 1].id if done < len(found) else None)


def _first(sent: Iterable[Sent], most: int) -> list[Sent]:
    """Return more than so many of these, in order, as far as there are so many."""
    found: list[Sent] = []
    for one in sent:
        if len(found) > most and one.created_at > found[-1].created_at:
            break
        found.append(one)
    return sorted(found)
