"""What is due again: lanes, one delivery after the other; suspended endpoints, a step at a time."""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, wait
from itertools import groupby
from typing import NamedTuple

from chalicelib.adapters import log, metrics, queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, delivery_lists
from chalicelib.adapters.dynamodb.tables.deliveries import Broken
from chalicelib.adapters.queue import RetryMessage
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states, events, formats
from chalicelib.domain.circuit_breaker import Tally, sum_of
from chalicelib.domain.errors import RowRefused
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts
from chalicelib.services.deliveries.sweeping import SWEEP_INTERVAL, due_messages
from chalicelib.services.deliveries.threads import Threads
from chalicelib.services.endpoints import circuit_breaker, endpoints
from chalicelib.services.endpoints.endpoints import Listed

TIME_TO_WORK = 20.0
"""Seconds for which one message goes on with what it finds; then another one takes over."""

REMOVED = "given up: the endpoint was removed"
SUSPENDED = "given up: the endpoint was suspended until there was no time left"

_callers = Threads("retry", most=64, spare=4)  # they wait for those who post, and none for another
_folders = Threads("fold", most=16, spare=0)


class _Work(NamedTuple):
    """What the calls of one message batch share."""

    listed: Mapping[str, Listed]
    token: str
    ends_at: float  # monotonic
    hops: int  # of the messages that this work sends

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


def retry(calls: Sequence[RetryMessage], hops: int = 0) -> Collection[RetryMessage]:
    """Attempt what these calls find due, side by side, and return the calls that failed.

    Args:
        calls: What to look at.
        hops: How many messages the call followed from, at most.

    Raises:
        StoreUnavailable: Then all of them must come again.
    """
    listed = {listed.endpoint.id: listed for listed in endpoints.list_endpoints()}
    attempts.share_threads(
        [name for name, (endpoint, broken) in listed.items() if endpoint.is_active and not broken]
    )
    work = _Work(listed, settings.webhook_token(), time.monotonic() + TIME_TO_WORK, hops + 1)
    runs = {call: _callers.submit(_answer, call, work) for call in calls}
    tallies = {call: _result_of(run, call.endpoint_id) for call, run in runs.items()}
    for endpoint_id in listed.keys() & {call.endpoint_id for call in calls}:
        its_own = [
            tally for call, tally in tallies.items() if tally and call.endpoint_id == endpoint_id
        ]
        circuit_breaker.note_attempts(listed[endpoint_id].endpoint, sum_of(its_own), work.hops)
    return [call for call, tally in tallies.items() if tally is None]


def _result_of(run: "Future[Tally]", endpoint_id: str) -> Tally | None:
    """Wait for some work; None: it failed, which is logged."""
    error = run.exception()
    if error is None:
        return run.result()
    log.event("retry_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))
    return None


def _answer(call: RetryMessage, work: _Work) -> Tally:
    """Do what a call asks for; the tally is what its endpoint's health has not been told yet."""
    endpoint, broken = work.listed.get(call.endpoint_id, (None, None))
    if (
        endpoint is not None
        and endpoint.is_active
        and not broken
        and endpoint.suspended_until is not None
    ):
        if call.ordering_key is not None:
            _give_up_late(call.ordering_key)
        if call.ordering_key is not None and call.skips_suspension:
            return _send_asked(endpoint, call.ordering_key, work)
        _drain(endpoint, work)
        if endpoint.suspended_until is not None:
            return Tally()
    if call.ordering_key is not None:
        return attempts.submit(
            call.endpoint_id, _work_lane, call.endpoint_id, call.ordering_key, work
        ).result()
    queue.send(due_messages(call.endpoint_id, time.time()), work.hops)
    return Tally()


def _send_asked(endpoint: Endpoint, lane: str, work: _Work) -> Tally:
    """Make one attempt at a suspended endpoint because somebody asked; a success unlocks it."""
    tally = attempts.submit(endpoint.id, _work_lane, endpoint.id, lane, work, 1).result()
    if tally.successes:
        circuit_breaker.half_open(endpoint, work.hops)
    return tally


def _give_up_late(lane: str) -> None:
    """Give up deliveries whose time is over, tried or not: their endpoint is suspended."""
    now = time.time()
    for delivery in _waiting_in(lane):
        held_until = now + circuit_breaker.LEASE_MARGIN
        if delivery.give_up_at > now or (delivery.due_at or 0) > now:
            return
        if not delivery.save_state(delivery_states.claim(delivery.state, held_until)):
            return
        attempts.give_up(delivery, SUSPENDED)
        delivery.save_outcome(held_until)


def _drain(endpoint: Endpoint, work: _Work) -> None:
    """Take a suspended endpoint's next steps: a probe, then 2, 4, 8 ... deliveries."""
    while not work.is_over and circuit_breaker.acquire_probe(
        endpoint, time.time(), attempts.max_batch_time(endpoint.breaker.half_open_limit)
    ):
        due = delivery_lists.due_at(
            endpoint.id, time.time(), attempts.half_open_batch(endpoint.breaker.half_open_limit)
        )
        lanes = dict.fromkeys(row.ordering_key for row in due)
        runs = [
            attempts.submit(endpoint.id, _work_lane, endpoint.id, lane, work, 1) for lane in lanes
        ]
        tally = sum_of(
            [tally for run in runs if (tally := _result_of(run, endpoint.id)) is not None]
        )
        is_last = not delivery_lists.due_at(endpoint.id, time.time(), 1)
        circuit_breaker.note_half_open_batch(endpoint, tally, is_last=is_last, hops=work.hops)
        if not any(tally) and not is_last:  # the index has not caught up yet
            queue.send({RetryMessage(endpoint.id): time.time() + 1}, work.hops)
        if not tally.successes:
            return
    if endpoint.suspended_until is not None and work.is_over:
        queue.send({RetryMessage(endpoint.id): endpoint.suspended_until}, work.hops)


def _work_lane(endpoint_id: str, lane: str, work: _Work, most: int | None = None) -> Tally:
    """Attempt what is due in a lane in order, up to the first that is not due.

    Args:
        endpoint_id: Whose lane it is.
        lane: Its name.
        work: What the calls share.
        most: How many deliveries may be attempted; None: all.
    """
    tally, done = Tally(), 0
    while most is None or done < most:
        waiting = _waiting_in(lane)
        if not waiting:
            break
        if (first_at := waiting[0].due_at or 0) > time.time():
            # Called too early for the first.
            if _defer_followers(waiting) and not done and first_at < time.time() + SWEEP_INTERVAL:
                queue.send({RetryMessage(endpoint_id, lane): first_at}, work.hops)
            break
        if work.is_over:
            queue.send({RetryMessage(endpoint_id, lane): time.time()}, work.hops)
            break
        came = _attempt_first(waiting, work)
        if came is None:  # somebody else is at it
            break
        tally, done = sum_of((tally, came)), done + 1
    return tally


def _waiting_in(lane: str) -> list[Delivery]:
    waiting, broken = Delivery.waiting_in(lane)
    for row in broken:
        _set_aside(row)
    return waiting


def _set_aside(row: Broken) -> None:
    queue.set_aside(
        "delivery", row.reason, {"lane": row.ordering_key, "sequence": row.sequence}, None
    )
    Delivery.set_aside(row)


def _defer_followers(waiting: Sequence[Delivery]) -> bool:
    """Let those that wait behind the first be due no earlier than it is; True: some of them were.

    Nobody need look at them before.
    """
    first_at = waiting[0].due_at or 0
    early = [delivery for delivery in waiting[1:] if (delivery.due_at or 0) < first_at]
    for delivery in early:
        delivery.save_state(delivery_states.defer(delivery.state, first_at))
    return bool(early)


def _attempt_first(waiting: Sequence[Delivery], work: _Work) -> Tally | None:
    """Attempt a lane's first delivery, or the one that absorbs it; None: it was claimed."""
    first = waiting[0]
    timeout = CONFIG.retry_timeout if first.tries else CONFIG.delivery_timeout
    held_until = round(time.time() + timeout + circuit_breaker.LEASE_MARGIN, 3)
    if not first.save_state(delivery_states.claim(first.state, held_until)):
        return None
    delivery, *behind = _fold(waiting, held_until)
    tally = _attempt(delivery, work, timeout)
    if not _settle(delivery, held_until):
        log.event("claim_ran_out", delivery_id=delivery.id)
    elif delivery.due_at is not None:
        queue.send(
            {RetryMessage(delivery.endpoint_id, delivery.ordering_key): delivery.due_at}, work.hops
        )
    elif behind and (behind[0].due_at or 0) > time.time():
        # It was deferred to a time that means nothing any more.
        behind[0].save_state(delivery_states.defer(behind[0].state, time.time()))
    return tally


def _settle(delivery: Delivery, held_until: float) -> bool:
    try:
        return delivery.save_outcome(held_until)
    except RowRefused as error:
        _set_aside(
            Broken(
                delivery.ordering_key, delivery.sequence, f"the store refuses its record: {error}"
            )
        )
        return False


def _attempt(delivery: Delivery, work: _Work, timeout: float) -> Tally:
    listed = work.listed.get(delivery.endpoint_id)
    if listed is None:
        attempts.give_up(delivery, REMOVED)
    elif listed.broken is not None:
        attempts.fail(delivery, listed.endpoint, f"the endpoint cannot be used: {listed.broken}")
    elif not listed.endpoint.is_active:
        attempts.give_up(delivery, attempts.DISABLED)
    else:
        return attempts.attempt(delivery, listed.endpoint, work.token, timeout)
    return Tally()


def _fold(waiting: Sequence[Delivery], held_until: float) -> list[Delivery]:
    """Fold changes that wait one behind the other into the newest, and return what waits then.

    The first is claimed, so that nobody else folds; a crash in between leaves what the next one
    folds again.
    """
    survivors: list[Delivery] = []
    for is_change, group in groupby(
        waiting, lambda delivery: delivery.event_type == events.MODIFIED
    ):
        run = list(group)
        until = held_until if run[0] is waiting[0] else run[-1].due_at or held_until
        survivors += [run[-1]] if is_change and _fold_run(run, until) else run
    return survivors


def _fold_run(run: Sequence[Delivery], until: float) -> bool:
    *older, newest = run
    if not older:
        return False
    try:
        body = formats.coalesce([(delivery.format, delivery.body) for delivery in run])
    except (ValueError, KeyError, TypeError, AttributeError):  # a body that was edited by hand
        return False
    state = delivery_states.absorb(newest.state, older[0].state.failures, until)
    if not Delivery(body=body).fits or not newest.save_state(state, body):
        return False
    # The first goes last: while it is claimed nobody else begins, and what a crash leaves folds to
    # the same again.
    first, *others = older
    writes = [_folders.submit(_supersede, delivery, newest) for delivery in others]
    wait(writes)
    for write in writes:
        write.result()
    _supersede(first, newest)
    metrics.count("Superseded", len(older))
    return True


def _supersede(delivery: Delivery, newest: Delivery) -> None:
    delivery.save_superseded(delivery_states.supersede(delivery.state, newest.id))
