"""Sending again what was delivered, given up or waits: one delivery, or all of a time."""

import time
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, delivery_lists
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states, retries
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.events import PING
from chalicelib.services.deliveries import bodies
from chalicelib.services.deliveries.delivery_log import SENT_AGAIN, SENT_IN_REPLAY, find_delivery
from chalicelib.services.endpoints import effective, endpoints

REPLAYED = (Status.DELIVERED.value, Status.FAILED.value)
"""What a replay sends again: neither what is on its way, nor what a later change covers."""

MAX_PER_STEP = 100
"""Deliveries that one step of a replay sends again at most."""

MAX_STEP_TIME = 20.0
"""Seconds after which a step reads and sends no more: API Gateway waits for 29."""

MAX_COUNTED = 20_000
"""Deliveries that are looked at to count them, at most."""

PAGE_SIZE = 500
"""Deliveries that are read at once."""


class ReplayCandidate(NamedTuple):
    """A delivery that may be sent again; they are ordered by when they were made."""

    created_at: float  # epoch seconds
    id: str
    status: str

    @property
    def cursor(self) -> str:
        """Where a replay that ends with it goes on, even where it cannot be read any more."""
        return f"{self.created_at}:{self.id}"


def send_again(delivery_id: str, *, skips_suspension: bool = True) -> Delivery:
    """Make a delivery due now with all its retries; return it. A pending one is due at once.

    Its body is made again of the stored event, in the endpoint's current format.
    Later events of its task wait for it, and it waits for earlier ones that are not delivered yet.

    With `skips_suspension` a suspended endpoint gets one attempt, beside the probes.

    Raises:
        NotFound: There is no such delivery, or its endpoint is gone.
        Refused: It cannot be sent.
    """
    delivery = find_delivery(delivery_id)
    _send(delivery, _usable(delivery.endpoint_id), skips_suspension=skips_suspension)
    return delivery


def make_due(delivery_id: str) -> Delivery:
    """Make a delivery due now as `send_again` does, for a caller that attempts it at once."""
    delivery = find_delivery(delivery_id)
    _make_due(delivery, _usable(delivery.endpoint_id), SENT_AGAIN)
    return delivery


def _send(delivery: Delivery, endpoint: Endpoint, *, skips_suspension: bool) -> None:
    now = time.time()
    if _make_due(delivery, endpoint, SENT_AGAIN if skips_suspension else SENT_IN_REPLAY):
        queue.send({queue.RetryMessage(endpoint.id, delivery.ordering_key, skips_suspension): now})


def _make_due(delivery: Delivery, endpoint: Endpoint, outcome: str) -> bool:
    """Make a delivery due now; False: another process has changed its time meanwhile."""
    if delivery.event_type == PING:
        raise Refused({"delivery": "is a ping: test the endpoint again"})
    if not bodies.can_be_sent(delivery):
        raise Refused({"delivery": "its event was too large to be kept"})
    now = time.time()
    endpoint.note_waiting(now)
    give_up_at = retries.give_up_at(now, effective.retry_delays(endpoint), CONFIG.retry_jitter)
    expires_at = int(now) + CONFIG.delivery_retention
    state = delivery_states.send_again(delivery.state, now, give_up_at, expires_at, outcome)
    return delivery.save_state(state)


def _usable(endpoint_id: str) -> Endpoint:
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    if broken is not None or not endpoint.is_active:
        raise Refused({"endpoint": broken or "is disabled: enable it first"})
    return endpoint


class ReplayRequest(NamedTuple):
    """What a replay sends again."""

    endpoint_id: str  # to whom
    since: float  # what was made at or after this time, in epoch seconds
    until: float  # and at or before this one
    statuses: Collection[str] = REPLAYED  # and stands so
    cursor: str | None = None  # where an earlier replay ended

    def takes(self, candidate: ReplayCandidate) -> bool:
        """Tell whether a delivery is one of them."""
        return candidate.status in self.statuses

    @property
    def begin(self) -> tuple[float, str]:
        """The time and the id behind which it begins. Raises Refused."""
        if self.until < self.since:
            raise Refused({"until": "lies before since"})
        at, _, delivery_id = (self.cursor or "0:").partition(":")
        if not at.replace(".", "", 1).isdecimal():
            raise Refused({"after": "takes what an earlier replay has ended with"})
        return float(at), delivery_id


def replayable(request: ReplayRequest) -> list[ReplayCandidate]:
    """Return what a replay would send again, the oldest first.

    Raises:
        NotFound: There is no such endpoint.
        Refused: The time ends before it begins, or its beginning cannot be read.
    """
    endpoints.find_endpoint(request.endpoint_id)
    return sorted(filter(request.takes, _candidates(request)))


class Count(NamedTuple):
    """How much a replay would send again."""

    found: int
    is_more: bool  # whether there may be more than was looked at


def count_replayable(request: ReplayRequest) -> Count:
    """Return how much a replay would send again. Raises as `replayable` does."""
    endpoints.find_endpoint(request.endpoint_id)
    candidates = _candidates(request)
    found = sum(map(request.takes, islice(candidates, MAX_COUNTED)))
    return Count(found, next(candidates, None) is not None)


def _candidates(request: ReplayRequest) -> Iterator[ReplayCandidate]:
    """Yield what was sent, in any state, the oldest first; ties come in any order."""
    begin = request.begin
    for row in delivery_lists.made_between(
        request.endpoint_id, max(request.since, begin[0]), request.until, PAGE_SIZE
    ):
        status = "" if row.get("event_type") == PING else str(row.get("status"))
        candidate = ReplayCandidate(row["created_at"], row["id"], status)
        if candidate[:2] > begin:
            yield candidate


class Step(NamedTuple):
    """What a step of a replay has done."""

    sent: int
    skipped: list[str]  # which cannot be sent any more, and why
    cursor: str | None  # where the next one goes on; None: it was the last one


def replay(request: ReplayRequest, limit: int | None = None) -> Step:
    """Send again what `replayable` returns, the oldest first, within MAX_STEP_TIME.

    Args:
        request: What to send again.
        limit: How many deliveries at most; None: MAX_PER_STEP.

    Raises:
        NotFound: There is no such endpoint.
        Refused: The endpoint cannot be called; or as `replayable` does.
    """
    endpoint, ends_at = _usable(request.endpoint_id), time.monotonic() + MAX_STEP_TIME
    found, cursor = _first(request, limit or MAX_PER_STEP, ends_at)
    done, skipped = 0, []
    for one in found:
        try:
            _send(find_delivery(one.id), endpoint, skips_suspension=False)
        except (NotFound, Refused) as error:
            skipped.append(f"{one.id}: {error}")
        done += 1
        if time.monotonic() > ends_at:
            break
    return Step(
        done - len(skipped), skipped, found[done - 1].cursor if done < len(found) else cursor
    )


def _first(
    request: ReplayRequest, limit: int, ends_at: float
) -> tuple[list[ReplayCandidate], str | None]:
    """Return the first of these in order, and the cursor of the rest; None: there is none."""
    found: list[ReplayCandidate] = []
    last = None
    for candidate in _candidates(request):
        is_enough = len(found) > limit or time.monotonic() > ends_at
        # All of one moment, since they come in any order.
        if is_enough and last and candidate.created_at > last.created_at:
            return _cut(found, limit, last.cursor)
        last = max(last or candidate, candidate)
        found += [candidate] if request.takes(candidate) else []
    return _cut(found, limit, None)


def _cut(
    found: list[ReplayCandidate], limit: int, cursor: str | None
) -> tuple[list[ReplayCandidate], str | None]:
    first = sorted(found)[:limit]
    return first, first[-1].cursor if len(found) > limit else cursor
