"""How endpoints do: counted after their attempts, suspended while they fail, let back by a ramp, disabled at last."""

import logging
import time
from collections.abc import Callable

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import Health, Tally, after_attempts, after_step
from chalicelib.domain.events import iso
from chalicelib.services.endpoints import endpoints

LEASE_MARGIN = 5.0
"""Seconds that a claim outlives the longest time that its attempt may take."""

_TRIES = 5  # to change a row that others change too


def note_attempts(endpoint: Endpoint, tally: Tally, hops: int = 0) -> None:
    """Count attempts that were made beside any ramp; `hops` as in `queue.send`. Raises StoreUnavailable."""
    if tally.slow:
        endpoint.read_again()  # while this one waited, others have noted theirs
    _change(endpoint, tally, lambda health, now: after_attempts(health, tally, now, CONFIG.retry_delays), hops)


def note_step(endpoint: Endpoint, tally: Tally, *, is_last: bool, hops: int = 0) -> None:
    """Count the attempts of a step of the ramp; `hops` as in `queue.send`. Raises StoreUnavailable."""

    def after(health: Health, now: float) -> Health:
        return after_step(health, tally, now, CONFIG.retry_delays, is_last=is_last)

    _change(endpoint, tally, after, hops)


def note_alive(endpoint: Endpoint, hops: int = 0) -> None:
    """Let the next step begin now: the endpoint answers what somebody has sent. Raises StoreUnavailable.

    Args:
        endpoint: Which one.
        hops: As in `queue.send`.
    """

    def open_door(health: Health, now: float) -> Health:
        until = None if health.suspended_until is None else now
        return health._replace(failures=0, failing_since=None, suspended_until=until)

    _change(endpoint, Tally(successes=1), open_door)
    if endpoint.suspended_until is not None:
        queue.send({queue.Call(endpoint.id): endpoint.suspended_until}, hops)


def hold(endpoint: Endpoint, now: float, longest: float) -> bool:
    """Take the next step of a suspended endpoint's ramp; False: it is not time, or somebody else has taken it.

    Where another process was quicker, the row is read again.

    Args:
        endpoint: The endpoint.
        now: Epoch seconds.
        longest: Seconds that the attempts of the step may take; nobody else takes it meanwhile.
    """
    health = endpoint.health
    if health.suspended_until is None or health.suspended_until > now:
        return False
    try:
        endpoint.change_health(health, health._replace(suspended_until=round(now + longest + LEASE_MARGIN, 3)))
    except ConditionFailed:
        if endpoint.health == health:
            endpoint.read_again()
        return False
    return True


def _change(endpoint: Endpoint, tally: Tally, after: Callable[[Health, float], Health], hops: int = 0) -> None:
    for _ in range(_TRIES):
        before, now = endpoint.health, round(time.time(), 3)
        health = after(before, now)
        if _has_failed_too_long(health, tally, now):
            endpoints.disable(endpoint, f"nothing but failures since {iso(health.failing_since or now)}")
            return
        if health == before:
            return
        try:
            endpoint.change_health(before, health)
        except ConditionFailed:
            if not endpoint.read_again():
                return
        else:
            _tell(endpoint, before, health, hops)
            return
    log.event("health_not_noted", logging.WARNING, endpoint_id=endpoint.id)


def _has_failed_too_long(health: Health, tally: Tally, now: float) -> bool:
    if not tally.failures or health.failing_since is None:
        return False
    return now - health.failing_since >= CONFIG.endpoint_disable_after


def _tell(endpoint: Endpoint, before: Health, health: Health, hops: int) -> None:
    """Log what an operator wants to know, and have the next probe made when it is due."""
    if health.suspended_until is None:
        if before.suspended_until is not None:
            log.event("endpoint_recovered", endpoint_id=endpoint.id)
    elif health.suspended_until != before.suspended_until and health.failures > before.failures:
        until = iso(health.suspended_until)
        log.event("endpoint_suspended", logging.WARNING, endpoint_id=endpoint.id, until=until, failures=health.failures)
        queue.send({queue.Call(endpoint.id): health.suspended_until}, hops)
