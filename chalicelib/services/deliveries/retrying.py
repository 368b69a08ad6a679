"""Retries: what is due of an ordering key, in order; half-open batches of suspended endpoints.

A message only says where to look. What is due there is read from the table.
"""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, delivery_lists
from chalicelib.adapters.queue import RetryMessage
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states
from chalicelib.domain.circuit_breaker import sum_of
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts, endpoint_threads, persisting
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.coalescing import coalesce
from chalicelib.services.deliveries.sweeping import SWEEP_INTERVAL, due_messages
from chalicelib.services.deliveries.threads import Threads
from chalicelib.services.endpoints import circuit_breaker, endpoints
from chalicelib.services.endpoints.endpoints import Listed

TIME_TO_WORK = 20.0
"""Seconds for which one message goes on with what it finds; then another one takes over."""

REMOVED = "given up: the endpoint was removed"
SUSPENDED = "given up: the endpoint was suspended until there was no time left"

_coordinators = Threads("retry", most=64, spare=4)
"""They wait for the threads that post, and for no other coordinator."""


class _Work(NamedTuple):
    """What the messages of one batch share."""

    listed: Mapping[str, Listed]
    token: str
    ends_at: float  # monotonic
    hops: int  # of the messages that this work sends

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def suspended(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint that waits for its next half-open batch; None: it does not."""
        endpoint, broken = self.listed.get(endpoint_id, (None, None))
        if endpoint is None or broken or not endpoint.is_active:
            return None
        return endpoint if endpoint.suspended_until is not None else None


def retry(messages: Sequence[RetryMessage], hops: int = 0) -> Collection[RetryMessage]:
    """Attempt what these messages find due, side by side, and return the messages that failed.

    Args:
        messages: Where to look.
        hops: How many messages one of them followed from, at most.

    Raises:
        StoreUnavailable: Then all of them must come again.
    """
    listed = {listed.endpoint.id: listed for listed in endpoints.list_endpoints()}
    endpoint_threads.share_threads(
        [name for name, (endpoint, broken) in listed.items() if endpoint.is_active and not broken]
    )
    work = _Work(listed, settings.webhook_token(), time.monotonic() + TIME_TO_WORK, hops + 1)
    runs = {message: _coordinators.submit(_answer, message, work) for message in messages}
    results = {message: _results_of(run, message.endpoint_id) for message, run in runs.items()}
    persisting.count([one for its_own in results.values() for one in its_own or ()], work.hops)
    return [message for message, its_own in results.items() if its_own is None]


def _results_of(run: "Future[list[Result]]", endpoint_id: str) -> list[Result] | None:
    """Wait for some work; None: it failed, which is logged."""
    error = run.exception()
    if error is None:
        return run.result()
    log.event("retry_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))
    return None


def _answer(message: RetryMessage, work: _Work) -> list[Result]:
    """Do what a message asks for, and return what its endpoint's breaker has yet to count."""
    endpoint_id, key = message.endpoint_id, message.ordering_key
    if endpoint := work.suspended(endpoint_id):
        if key is not None:
            _give_up_late(key)
        if key is not None and message.skips_suspension:
            _send_asked(endpoint, key, work)
            return []
        _drain(endpoint, work)
        if endpoint.suspended_until is not None:
            return []
    if key is not None:
        return endpoint_threads.submit(endpoint_id, _work_through, endpoint_id, key, work).result()
    queue.send(due_messages(endpoint_id, time.time()), work.hops)
    return []


def _send_asked(endpoint: Endpoint, key: str, work: _Work) -> None:
    """Make one attempt at a suspended endpoint because a person asked; a success half-opens it."""
    run = endpoint_threads.submit(endpoint.id, _work_through, endpoint.id, key, work, 1)
    results = run.result()
    persisting.count(results, work.hops)
    if any(result.tally.successes for result in results):
        circuit_breaker.half_open(endpoint, work.hops)


def _give_up_late(key: str) -> None:
    """Give up deliveries whose time is over, tried or not: their endpoint is suspended."""
    now = time.time()
    for row in _pending(key):
        leased_until = round(now + circuit_breaker.LEASE_MARGIN, 3)
        if row.give_up_at > now or (row.due_at or 0) > now:
            return
        if not row.save_state(delivery_states.claim(row.state, leased_until)):
            return
        result = attempts.give_up(row, None, SUSPENDED)
        persisting.save([result._replace(leased_until=leased_until)])


def _drain(endpoint: Endpoint, work: _Work) -> None:
    """Send a suspended endpoint its half-open batches: a probe, then 2, 4, 8 ... deliveries."""
    while not work.is_over and _acquire_batch(endpoint):
        limit = endpoint_threads.half_open_batch(endpoint.breaker.half_open_limit)
        due = delivery_lists.due_at(endpoint.id, time.time(), limit)
        runs = [
            endpoint_threads.submit(endpoint.id, _work_through, endpoint.id, key, work, 1)
            for key in dict.fromkeys(row.ordering_key for row in due)
        ]
        found = [_results_of(run, endpoint.id) or [] for run in runs]
        tally = sum_of(result.tally for its_own in found for result in its_own)
        is_last = not delivery_lists.due_at(endpoint.id, time.time(), 1)
        circuit_breaker.note_half_open_batch(endpoint, tally, is_last=is_last, hops=work.hops)
        if not any(tally) and not is_last:  # the index has not caught up yet
            queue.send({RetryMessage(endpoint.id): time.time() + 1}, work.hops)
        if not tally.successes:
            return
    if endpoint.suspended_until is not None and work.is_over:
        queue.send({RetryMessage(endpoint.id): endpoint.suspended_until}, work.hops)


def _acquire_batch(endpoint: Endpoint) -> bool:
    longest = endpoint_threads.max_batch_time(endpoint.breaker.half_open_limit)
    return circuit_breaker.acquire_probe(endpoint, time.time(), longest)


def _work_through(
    endpoint_id: str, key: str, work: _Work, limit: int | None = None
) -> list[Result]:
    """Attempt what is due with an ordering key in order, up to the first that is not due.

    Args:
        endpoint_id: Where the deliveries go.
        key: Their ordering key.
        work: What the messages share.
        limit: How many deliveries may be attempted; None: all.
    """
    results: list[Result] = []
    while limit is None or len(results) < limit:
        pending = _pending(key)
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


def _pending(key: str) -> list[Delivery]:
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


def _attempt_first(pending: Sequence[Delivery], work: _Work) -> Result | None:
    """Attempt the first delivery, or the one that absorbs it; None: it could not be claimed."""
    first = pending[0]
    timeout = CONFIG.retry_timeout if first.tries else CONFIG.delivery_timeout
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


def _attempt(row: Delivery, work: _Work, timeout: float) -> Result:
    listed = work.listed.get(row.endpoint_id)
    if listed is None:
        return attempts.give_up(row, None, REMOVED)
    endpoint, broken = listed
    if broken is not None:
        return attempts.fail(row, endpoint, f"the endpoint cannot be used: {broken}")
    if not endpoint.is_active:
        return attempts.give_up(row, endpoint, attempts.DISABLED)
    return attempts.attempt(row, endpoint, work.token, timeout)
