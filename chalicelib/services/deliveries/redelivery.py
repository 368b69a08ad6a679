"""Sending again what was delivered, given up or waits: one delivery, or all of a time."""

import time
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint, delivery_lists
from chalicelib.config import CONFIG
from chalicelib.domain import retries
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.events import PING
from chalicelib.domain.retries import Status
from chalicelib.services.deliveries.delivery_log import SENT_AGAIN, SENT_IN_REPLAY, find_delivery
from chalicelib.services.endpoints import endpoints

REPLAYED = (Status.DELIVERED.value, Status.FAILED.value)
"""What a replay sends again: neither what is on its way, nor what a later change covers."""

AT_ONCE = 100
"""Deliveries that one step of a replay sends again at most."""

LONGEST = 20.0
"""Seconds after which a step reads and sends no more: API Gateway waits for 29."""

COUNTED = 20_000
"""Deliveries that are looked at to count them, at most."""

PAGE = 500
"""Deliveries that are read at once."""


class Sent(NamedTuple):
    """A delivery that may be sent again; they are ordered by when they were made."""

    created_at: float  # epoch seconds
    id: str
    status: str

    @property
    def place(self) -> str:
        """Where a replay that ends with it goes on, even where it cannot be read any more."""
        return f"{self.created_at}:{self.id}"


def send_again(delivery_id: str, *, skips_suspension: bool = True) -> Delivery:
    """Let a delivery be due now, with all its retries before it, and return it; one that waits is due at once.

    Later events of its task wait for it, and it waits for earlier ones that are not delivered yet.

    Args:
        delivery_id: Which one.
        skips_suspension: Send it though its endpoint is suspended: one attempt, beside the probes.

    Raises:
        NotFound: There is no such delivery, or its endpoint is gone.
        Refused: It cannot be sent.
    """
    delivery = find_delivery(delivery_id)
    _send(delivery, _usable(delivery.endpoint_id), skips_suspension=skips_suspension)
    return delivery


def _send(delivery: Delivery, endpoint: Endpoint, *, skips_suspension: bool) -> None:
    if delivery.event_type == PING:
        raise Refused({"delivery": "is a ping: test the endpoint again"})
    if delivery.body == BODY_NOT_KEPT:
        raise Refused({"delivery": "its body was too large to be kept"})
    now = time.time()
    endpoint.note_waiting(now)
    give_up_at = retries.give_up_at(now, CONFIG.retry_delays, CONFIG.retry_jitter)
    outcome = SENT_AGAIN if skips_suspension else SENT_IN_REPLAY
    if delivery.send_again(now, give_up_at, int(now) + CONFIG.delivery_retention, outcome):
        queue.send({queue.Call(endpoint.id, delivery.lane, skips_suspension): now})


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
    after: str | None = None  # behind this place, with which an earlier replay ended

    def takes(self, sent: Sent) -> bool:
        """Tell whether a delivery is one of them."""
        return sent.status in self.statuses

    @property
    def begin(self) -> tuple[float, str]:
        """The time and the id behind which it begins. Raises Refused."""
        if self.until < self.since:
            raise Refused({"until": "lies before since"})
        at, _, delivery_id = (self.after or "0:").partition(":")
        if not at.replace(".", "", 1).isdecimal():
            raise Refused({"after": "takes what an earlier replay has ended with"})
        return float(at), delivery_id


def replayable(wanted: Wanted) -> list[Sent]:
    """Return what a replay would send again, the oldest first.

    Raises:
        NotFound: There is no such endpoint.
        Refused: The time ends before it begins, or its beginning cannot be read.
    """
    endpoints.find_endpoint(wanted.endpoint_id)
    return sorted(filter(wanted.takes, _sent(wanted)))


class Count(NamedTuple):
    """How much a replay would send again."""

    found: int
    is_more: bool  # whether there may be more than was looked at


def count_replayable(wanted: Wanted) -> Count:
    """Return how much a replay would send again. Raises as `replayable` does."""
    endpoints.find_endpoint(wanted.endpoint_id)
    sent = _sent(wanted)
    found = sum(map(wanted.takes, islice(sent, COUNTED)))
    return Count(found, next(sent, None) is not None)


def _sent(wanted: Wanted) -> Iterator[Sent]:
    """Yield what was sent, however it stands, the oldest first; what was made in one moment comes in any order."""
    begin = wanted.begin
    for row in delivery_lists.made_between(wanted.endpoint_id, max(wanted.since, begin[0]), wanted.until, PAGE):
        sent = Sent(row["created_at"], row["id"], "" if row.get("event_type") == PING else str(row.get("status")))
        if sent[:2] > begin:
            yield sent


class Step(NamedTuple):
    """What a step of a replay has done."""

    sent: int
    skipped: list[str]  # which cannot be sent any more, and why
    after: str | None  # where the next one goes on; None: it was the last one


def replay(wanted: Wanted, limit: int | None = None) -> Step:
    """Send again what `replayable` returns, the oldest first: `limit` of it, or AT_ONCE, as far as LONGEST allows.

    Raises:
        NotFound: There is no such endpoint.
        Refused: The endpoint cannot be called; or as `replayable` does.
    """
    endpoint, ends_at = _usable(wanted.endpoint_id), time.monotonic() + LONGEST
    found, after = _first(wanted, limit or AT_ONCE, ends_at)
    done, skipped = 0, []
    for one in found:
        try:
            _send(find_delivery(one.id), endpoint, skips_suspension=False)
        except (NotFound, Refused) as error:
            skipped.append(f"{one.id}: {error}")
        done += 1
        if time.monotonic() > ends_at:
            break
    return Step(done - len(skipped), skipped, found[done - 1].place if done < len(found) else after)


def _first(wanted: Wanted, most: int, ends_at: float) -> tuple[list[Sent], str | None]:
    """Return the first of these, in order, and where what is behind them begins; None: nothing is."""
    found: list[Sent] = []
    last = None
    for sent in _sent(wanted):
        is_enough = len(found) > most or time.monotonic() > ends_at
        if is_enough and last and sent.created_at > last.created_at:  # all of one moment, since they come in any order
            return _cut(found, most, last.place)
        last = max(last or sent, sent)
        found += [sent] if wanted.takes(sent) else []
    return _cut(found, most, None)


def _cut(found: list[Sent], most: int, after: str | None) -> tuple[list[Sent], str | None]:
    first = sorted(found)[:most]
    return first, first[-1].place if len(found) > most else after
