"""What is due again: lanes, one delivery after the other; suspended endpoints, a step at a time."""

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

from chalicelib.adapters import log, queue
from chalicelib.adapters.queue import Call
from chalicelib.adapters.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import events
from chalicelib.domain.health import Tally
from chalicelib.domain.retries import Status
from chalicelib.services import attempts, endpoints, health, settings
from chalicelib.services.endpoints import Listed
from chalicelib.services.sweeping import due_lanes
from chalicelib.services.webhooks import DISABLED

TIME_TO_WORK = 20.0
"""Seconds for which one message goes on with what it finds; then another one takes over."""

REMOVED = "given up: the endpoint was removed"
SUSPENDED = "given up: the endpoint was suspended until there was no time left"

_callers = ThreadPoolExecutor(64, thread_name_prefix="retry")  # they wait for posters, so that none blocks the others


class _Work(NamedTuple):
    """What the calls of one message batch share."""

    listed: Mapping[str, Listed]
    token: str
    ends_at: float  # monotonic

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


def retry(calls: Sequence[Call]) -> Collection[Call]:
    """Attempt what these calls find due, side by side, and return the calls that failed.

    Raises:
        StoreUnavailable: Then all of them must come again.
    """
    listed = {listed.endpoint.id: listed for listed in endpoints.list_endpoints()}
    attempts.forget_posters(set(listed) | {call.endpoint_id for call in calls})
    work = _Work(listed, settings.CACHE.get().webhook_token, time.monotonic() + TIME_TO_WORK)
    runs = {call: _callers.submit(_answer, call, work) for call in calls}
    failed = [call for call, run in runs.items() if not _came_through(call, run)]
    for endpoint_id in {call.endpoint_id for call in calls}:
        tallies = [run.result() for call, run in runs.items() if call.endpoint_id == endpoint_id and call not in failed]
        if endpoint_id in listed and any(map(any, tallies)):
            health.note_attempts(listed[endpoint_id].endpoint, Tally(*map(sum, zip(*tallies, strict=True))))
    return failed


def _came_through(call: Call, run: "Future[Tally]") -> bool:
    error = run.exception()
    if error is not None:
        log.event("retry_failed", endpoint_id=call.endpoint_id, lane=call.lane, error=repr(error))
    return error is None


def _answer(call: Call, work: _Work) -> Tally:
    """Do what a call asks for; the tally is what its endpoint's health has not been told yet."""
    endpoint, broken = work.listed.get(call.endpoint_id, (None, None))
    is_suspended = endpoint is not None and endpoint.is_active and not broken and endpoint.suspended_until is not None
    if call.lane is not None and not (is_suspended and not _is_too_late(call.lane)):
        return attempts.poster(call.endpoint_id).submit(_work_lane, call.endpoint_id, call.lane, work).result()
    if endpoint is not None and is_suspended:
        _drain(endpoint, work)
    else:
        queue.send(due_lanes(call.endpoint_id, time.time(), time.time()))
    return Tally()


def _is_too_late(lane: str) -> bool:
    waiting, _ = Delivery.waiting_in(lane)
    return bool(waiting) and waiting[0].give_up_at < time.time()


def _drain(endpoint: Endpoint, work: _Work) -> None:
    """Let a suspended endpoint have its next steps: a probe, then 2, 4, 8 ... deliveries side by side."""
    while not work.is_over and health.hold(endpoint, time.time()):
        due = Delivery.due_at_endpoint(endpoint.id, time.time(), endpoint.health.ramp)
        lanes = dict.fromkeys(row.lane for row in due)
        poster = attempts.poster(endpoint.id)
        runs = [poster.submit(_work_lane, endpoint.id, lane, work, most=1) for lane in lanes]
        tally = Tally()
        for run in runs:
            tally = tally.plus(run.result())
        is_last = not Delivery.due_at_endpoint(endpoint.id, time.time(), 1)
        health.note_step(endpoint, tally, is_last=is_last)
        if not tally.successes:
            return
    if endpoint.suspended_until is not None and work.is_over:
        queue.send({Call(endpoint.id): endpoint.suspended_until})


def _work_lane(endpoint_id: str, lane: str, work: _Work, most: int | None = None) -> Tally:
    """Attempt what is due in a lane, in order, until something is not: a later event waits for an earlier one.

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
        if (waiting[0].due_at or 0) > time.time():
            _line_up(waiting)
            break
        if work.is_over:
            queue.send({Call(endpoint_id, lane): time.time()})
            break
        came = _attempt_first(waiting, work)
        if came is None:  # somebody else is at it
            break
        tally, done = tally.plus(came), done + 1
    return tally


def _waiting_in(lane: str) -> list[Delivery]:
    waiting, broken = Delivery.waiting_in(lane)
    for row in broken:
        queue.set_aside("delivery", row.reason, row._asdict())
        Delivery.set_aside(row)
    return waiting


def _line_up(waiting: Sequence[Delivery]) -> None:
    """Let those that wait behind the first be due no earlier than it is: nobody need look at them before."""
    first_at = waiting[0].due_at or 0
    for delivery in waiting[1:]:
        if (delivery.due_at or 0) < first_at:
            delivery.wait_until(first_at)


def _attempt_first(waiting: Sequence[Delivery], work: _Work) -> Tally | None:
    """Attempt the first delivery of a lane, or what it is folded into; None: it could not be claimed."""
    first = waiting[0]
    timeout = CONFIG.retry_timeout if first.attempts else CONFIG.delivery_timeout
    held_until = round(time.time() + timeout + health.LEASE_MARGIN, 3)
    if not first.claim(held_until):
        return None
    delivery = _fold(waiting, held_until)
    tally = _attempt(delivery, work, timeout)
    if not delivery.settle(held_until):
        log.event("claim_ran_out", delivery_id=delivery.id)
    elif delivery.due_at is not None:
        queue.send({Call(delivery.endpoint_id, delivery.lane): delivery.due_at})
    return tally


def _attempt(delivery: Delivery, work: _Work, timeout: float) -> Tally:
    listed = work.listed.get(delivery.endpoint_id)
    if (why_not := _why_not(delivery, listed)) is not None or listed is None:
        delivery.close(Status.FAILED, why_not)
        log.event("delivery_given_up", delivery_id=delivery.id, reason=why_not)
        return Tally()
    if listed.broken is not None:
        attempts.fail(delivery, listed.endpoint, f"the endpoint cannot be used: {listed.broken}")
        return Tally()
    return attempts.attempt(delivery, listed.endpoint, work.token, timeout)


def _why_not(delivery: Delivery, listed: Listed | None) -> str | None:
    if listed is None:
        return REMOVED
    if listed.broken is None and not listed.endpoint.is_active:
        return DISABLED
    if listed.endpoint.suspended_until is not None and delivery.give_up_at < time.time():
        return SUSPENDED
    return None


def _fold(waiting: Sequence[Delivery], held_until: float) -> Delivery:
    """Fold changes that wait one behind the other into the newest, and return what is first then.

    The first is claimed, so that nobody else folds; a crash in between leaves what the next one folds again.
    """
    survivors = []
    for is_change, group in groupby(waiting, lambda delivery: delivery.event_type == events.MODIFIED):
        run = list(group)
        until = held_until if run[0] is waiting[0] else run[-1].due_at or held_until
        survivors += [run[-1]] if is_change and _fold_run(run, until) else run
    return survivors[0]


def _fold_run(run: Sequence[Delivery], until: float) -> bool:
    *older, newest = run
    if not older:
        return False
    try:
        body = events.fold([delivery.body for delivery in run])
    except (ValueError, KeyError, TypeError, AttributeError):  # a body that was edited by hand
        return False
    if not Delivery(body=body).fits or not newest.take_in(body, until):
        return False
    for delivery in older:
        delivery.supersede(newest)
    return True
