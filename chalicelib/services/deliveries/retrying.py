"""Retries: what messages find due, and the half-open batches of suspended endpoints.

A message only says where to look. What is due there is read from the table.
"""

import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.tables import Endpoint, delivery_lists
from chalicelib.adapters.queue import RetryMessage
from chalicelib.domain import delivery_states, pace
from chalicelib.domain.circuit_breaker import half_open_batch, sum_of
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts, pacing, persisting, statistics
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.ordered_attempts import Work, pending_with, work_through
from chalicelib.services.deliveries.sweeping import due_messages
from chalicelib.services.deliveries.threads import Threads
from chalicelib.services.deliveries.worker_pool import RETRIES, limit_per_endpoint
from chalicelib.services.endpoints import circuit_breaker, effective, endpoints

TIME_TO_WORK = 20.0
"""Seconds for which one message goes on with what it finds; then another one takes over."""

SUSPENDED = "given up: the endpoint was suspended until there was no time left"

_coordinators = Threads("retry", most=64, spare=4)
"""They wait for the workers that post, and for no other coordinator."""


def retry(messages: Sequence[RetryMessage], hops: int = 0) -> Collection[RetryMessage]:
    """Attempt what these messages find due, side by side, and return the messages that failed.

    Args:
        messages: Where to look.
        hops: How many messages one of them followed from, at most.

    Raises:
        StoreUnavailable: Then all of them must come again.
    """
    work = _new_work(hops)
    runs = _start(messages, work)
    results = {message: _results_of(run, message.endpoint_id) for message, run in runs.items()}
    persisting.count([one for its_own in results.values() for one in its_own or ()], work.hops)
    return [message for message, its_own in results.items() if its_own is None]


def _new_work(hops: int) -> Work:
    listed = {listed.endpoint.id: listed for listed in endpoints.list_endpoints()}
    limit = limit_per_endpoint(len(endpoints.usable_among(listed.values())))
    ends_at = time.monotonic() + TIME_TO_WORK
    return Work(listed, settings.webhook_token(), limit, ends_at, hops + 1)


def _start(
    messages: Sequence[RetryMessage], work: Work
) -> "dict[RetryMessage, Future[list[Result]]]":
    """Give ordering keys to the workers; what waits for several attempts has a coordinator."""
    runs: dict[RetryMessage, Future[list[Result]]] = {}
    jobs: dict[str, dict[RetryMessage, Callable[[], list[Result]]]] = {}
    senders: dict[str, Future[list[Result]]] = {}
    for message in sorted(messages, key=lambda one: not one.takes_over):
        endpoint_id, key = message.endpoint_id, message.ordering_key
        if work.paced(endpoint_id) and not work.suspended(endpoint_id):
            if endpoint_id not in senders:
                senders[endpoint_id] = _coordinators.submit(_coordinate, message, work)
            runs[message] = senders[endpoint_id]
        elif key is None or work.suspended(endpoint_id):
            runs[message] = _coordinators.submit(_coordinate, message, work)
        else:
            job = partial(work_through, endpoint_id, key, work)
            jobs.setdefault(endpoint_id, {})[message] = job
    for endpoint_id, started in _submit_all(jobs, work).items():
        runs |= zip(jobs[endpoint_id], started, strict=True)
    return runs


def _submit_all(
    jobs: Mapping[str, Mapping[RetryMessage, Callable[[], list[Result]]]], work: Work
) -> "dict[str, list[Future[list[Result]]]]":
    """Give all jobs to the workers, with the limit that each endpoint has."""
    limits: dict[int, dict[str, list[Callable[[], list[Result]]]]] = {}
    for endpoint_id, its_own in jobs.items():
        limits.setdefault(work.limit_of(endpoint_id), {})[endpoint_id] = list(its_own.values())
    started: dict[str, list[Future[list[Result]]]] = {}
    for limit, with_limit in limits.items():
        started |= RETRIES.submit_all(with_limit, limit)
    return started


def _submit(
    endpoint_id: str, keys: Iterable[str], work: Work, limit: int | None = None
) -> "list[Future[list[Result]]]":
    """Have workers attempt what is due with these ordering keys; arguments as `work_through`."""
    jobs = [partial(work_through, endpoint_id, key, work, limit) for key in keys]
    return RETRIES.submit_all({endpoint_id: jobs}, work.limit_of(endpoint_id))[endpoint_id]


def _results_of(run: "Future[list[Result]]", endpoint_id: str) -> list[Result] | None:
    """Wait for some work; None: it failed, which is logged."""
    error = run.exception()
    if error is None:
        return run.result()
    log.event("retry_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))
    return None


def _coordinate(message: RetryMessage, work: Work) -> list[Result]:
    """Do what a message asks for, and return what its endpoint's breaker has yet to count."""
    endpoint_id, key = message.endpoint_id, message.ordering_key
    if endpoint := work.suspended(endpoint_id):
        if key is not None:
            _give_up_late(endpoint_id, key)
        if key is not None and message.skips_suspension:
            _send_asked(endpoint, key, work)
            return []
        _drain(endpoint, work)
        if endpoint.suspended_until is not None:
            return []
    if endpoint := work.paced(endpoint_id):
        pacing.send_paced(endpoint, work, takes_over=message.takes_over)
        return []
    if key is not None:
        [run] = _submit(endpoint_id, [key], work)
        return run.result()
    queue.send(due_messages(endpoint_id, time.time()), work.hops)
    return []


def _send_asked(endpoint: Endpoint, key: str, work: Work) -> None:
    """Make one attempt at a suspended endpoint because a person asked; a success half-opens it."""
    if _must_wait(endpoint, RetryMessage(endpoint.id, key, skips_suspension=True), work):
        return
    results = [result for run in _submit_paced(endpoint, [key], work) for result in run.result()]
    persisting.count(results, work.hops)
    if any(result.tally.successes for result in results):
        circuit_breaker.half_open(endpoint, work.hops)


def _must_wait(endpoint: Endpoint, message: RetryMessage, work: Work) -> bool:
    """Return whether an endpoint's next slot is far away; the message is then queued again."""
    slot = effective.paced_until(endpoint)
    is_far = slot > time.time() + pace.MAX_WAIT
    if is_far:
        queue.send({message: slot}, work.hops)
    return is_far


def _submit_paced(
    endpoint: Endpoint, keys: Iterable[str], work: Work
) -> "list[Future[list[Result]]]":
    """Have workers make one attempt for each of these ordering keys, at the endpoint's pace."""
    if not effective.per_second(endpoint):
        return _submit(endpoint.id, keys, work, 1)
    waiting = list(keys)
    runs: list[Future[list[Result]]] = []
    turns = pacing.Turns(endpoint)
    for slot, key in zip(turns.take(len(waiting)), waiting, strict=False):
        turns.wait_to_claim(slot)
        turn = partial(turns.wait, slot)
        runs += _submit(endpoint.id, [key], work._replace(wait_turn=turn), 1)
    return runs


def _give_up_late(endpoint_id: str, key: str) -> None:
    """Give up deliveries whose time is over, tried or not: their endpoint is suspended."""
    given_up = []
    now = time.time()
    for row in pending_with(key):
        leased_until = round(now + circuit_breaker.LEASE_MARGIN, 3)
        if row.give_up_at > now or (row.due_at or 0) > now:
            break
        if not row.save_state(delivery_states.claim(row.state, leased_until)):
            break
        result = attempts.give_up(row, None, SUSPENDED)
        persisting.save([result._replace(leased_until=leased_until)])
        given_up.append(result)
    statistics.count_later(endpoint_id, given_up)


def _drain(endpoint: Endpoint, work: Work) -> None:
    """Send a suspended endpoint its half-open batches: a probe, then 2, 4, 8 ... deliveries."""
    threads = work.limit_of(endpoint.id)
    if _must_wait(endpoint, RetryMessage(endpoint.id), work):
        return
    while not work.is_over and _acquire_batch(endpoint, threads):
        size = _batch_size(endpoint, threads)
        due = delivery_lists.due_at(endpoint.id, time.time(), size)
        runs = _submit_paced(endpoint, dict.fromkeys(row.ordering_key for row in due), work)
        found = [_results_of(run, endpoint.id) or [] for run in runs]
        results = [result for its_own in found for result in its_own]
        tally = sum_of(result.tally for result in results)
        statistics.count_later(endpoint.id, results)
        is_last = not delivery_lists.due_at(endpoint.id, time.time(), 1)
        turn = circuit_breaker.note_half_open_batch(
            endpoint, tally, is_last=is_last, hops=work.hops
        )
        persisting.tell_of_turn(turn, endpoint, results, work.hops)
        if not any(tally) and not is_last:  # the index has not caught up yet
            queue.send({RetryMessage(endpoint.id): time.time() + 1}, work.hops)
        if not tally.successes:
            return
    if endpoint.suspended_until is not None and work.is_over:
        queue.send({RetryMessage(endpoint.id): endpoint.suspended_until}, work.hops)


def _acquire_batch(endpoint: Endpoint, threads: int) -> bool:
    """Reserve the next half-open batch for as long as it takes at most."""
    rounds = math.ceil(_batch_size(endpoint, threads) / threads)
    max_time = rounds * effective.retry_timeout(endpoint)
    if effective.per_second(endpoint):
        max_time += pace.MAX_WAIT + pace.BLOCK_TIME
    return circuit_breaker.acquire_probe(endpoint, time.time(), max_time)


def _batch_size(endpoint: Endpoint, threads: int) -> int:
    timeout, per_second = effective.retry_timeout(endpoint), effective.per_second(endpoint)
    size = half_open_batch(endpoint.breaker.half_open_limit, threads, timeout)
    return min(size, pace.block_size(per_second)) if per_second else size
