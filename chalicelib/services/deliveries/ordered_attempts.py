"""What is due with an ordering key: one delivery after the other, each claimed and attempted."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.adapters.queue import RetryMessage
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states
from chalicelib.services.deliveries import attempts, persisting
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.coalescing import coalesce
from chalicelib.services.deliveries.sweeping import SWEEP_INTERVAL
from chalicelib.services.endpoints import circuit_breaker, effective
from chalicelib.services.endpoints.endpoints import CheckedEndpoint

REMOVED = "given up: the endpoint was removed"


class Work(NamedTuple):
    """What the messages of one batch share."""

    listed: Mapping[str, CheckedEndpoint]
    token: str
    limit: int  # attempts at an endpoint that may be under way
    ends_at: float  # monotonic
    hops: int  # of the messages that this work sends
    wait_turn: Callable[[], object] = lambda: None  # before an attempt: the endpoint has a pace

    @property
    def is_over(self) -> bool:
        """Whether another message should take over."""
        return time.monotonic() >= self.ends_at

    def limit_of(self, endpoint_id: str) -> int:
        """Return the most concurrent attempts at an endpoint."""
        listed = self.listed.get(endpoint_id)
        return self.limit if listed is None else effective.at_once(listed.endpoint, self.limit)

    def timeout(self, row: Delivery) -> float:
        """Return the seconds that the next attempt at a delivery may take in all."""
        endpoint = self.listed[row.endpoint_id].endpoint if row.endpoint_id in self.listed else None
        if endpoint is None:  # it was removed, and the delivery is given up
            return CONFIG.delivery_timeout
        patience = effective.retry_timeout if row.tries else effective.first_timeout
        return patience(endpoint)

    def suspended(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint that waits for its next half-open batch; None: it does not."""
        endpoint = self._usable(endpoint_id)
        return endpoint if endpoint and endpoint.suspended_until is not None else None

    def paced(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint that has a pace; None: it has none, or cannot be called."""
        endpoint = self._usable(endpoint_id)
        return endpoint if endpoint and effective.per_second(endpoint) else None

    def _usable(self, endpoint_id: str) -> Endpoint | None:
        endpoint, broken = self.listed.get(endpoint_id, (None, None))
        return None if endpoint is None or broken or not endpoint.is_active else endpoint


def work_through(endpoint_id: str, key: str, work: Work, limit: int | None = None) -> list[Result]:
    """Attempt what is due with an ordering key in order, up to the first that is not due.

    Args:
        endpoint_id: Where the deliveries go.
        key: Their ordering key.
        work: What the messages share.
        limit: How many deliveries may be attempted; None: all.
    """
    results: list[Result] = []
    while limit is None or len(results) < limit:
        pending = pending_with(key)
        if not pending:
            break
        if (first_at := pending[0].due_at or 0) > time.time():
            is_early = _defer_followers(pending) and not results
            if is_early and first_at < time.time() + SWEEP_INTERVAL:
                queue.send({RetryMessage(endpoint_id, key): first_at}, work.hops)
            break
        if work.is_over:
            queue.send({RetryMessage(endpoint_id, key): time.time()}, work.hops)
            break
        result = _attempt_first(pending, work)
        if result is None:  # another worker has it
            break
        results.append(result)
    return results


def pending_with(key: str) -> list[Delivery]:
    """Return the pending deliveries with an ordering key, in order; set aside the broken ones."""
    rows, broken = Delivery.waiting_in(key)
    for row in broken:
        persisting.set_aside(row)
    return rows


def _defer_followers(pending: Sequence[Delivery]) -> bool:
    """Let those behind the first be due no earlier than it is; True: some of them were.

    No worker need look at them before.
    """
    first_at = pending[0].due_at or 0
    early = [row for row in pending[1:] if (row.due_at or 0) < first_at]
    for row in early:
        row.save_state(delivery_states.defer(row.state, first_at))
    return bool(early)


def _attempt_first(pending: Sequence[Delivery], work: Work) -> Result | None:
    """Attempt the first delivery, or the one that absorbs it; None: it could not be claimed."""
    first = pending[0]
    timeout = work.timeout(first)
    leased_until = round(time.time() + timeout + circuit_breaker.LEASE_MARGIN, 3)
    if not first.save_state(delivery_states.claim(first.state, leased_until)):
        return None
    row, *behind = coalesce(pending, leased_until)
    result = _attempt(row, work, timeout)._replace(leased_until=leased_until)
    if not persisting.save([result], work.hops) or row.due_at is not None:
        return result
    if behind and (behind[0].due_at or 0) > time.time():
        # It was deferred to a time that means nothing any more.
        behind[0].save_state(delivery_states.defer(behind[0].state, time.time()))
    return result


def _attempt(row: Delivery, work: Work, timeout: float) -> Result:
    listed = work.listed.get(row.endpoint_id)
    if listed is None:
        return attempts.give_up(row, None, REMOVED)
    endpoint, broken = listed
    if broken is not None:
        return attempts.fail(row, endpoint, f"the endpoint cannot be used: {broken}")
    if not endpoint.is_active:
        return attempts.give_up(row, endpoint, attempts.DISABLED)
    work.wait_turn()
    return attempts.attempt(row, endpoint, work.token, timeout)
