"""Updates the state of each endpoint's circuit breaker after attempts."""

import logging
import time
from collections.abc import Callable

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import (
    BreakerState,
    Tally,
    after_attempts,
    after_half_open_batch,
)
from chalicelib.domain.events import (
    ENDPOINT_DISABLED,
    ENDPOINT_RECOVERED,
    ENDPOINT_SUSPENDED,
    iso,
)
from chalicelib.services.endpoints import effective, endpoints

LEASE_MARGIN = 5.0
"""Seconds that a claim outlives the longest time that its attempt may take."""

_TRIES = 5  # to change a row that other processes change too


def note_attempts(endpoint: Endpoint, tally: Tally, hops: int = 0) -> str | None:
    """Count attempts outside half-open batches; `hops` as in `queue.send`.

    Return the type of the resulting event: suspended, recovered or disabled. Raises
    StoreUnavailable.
    """
    if tally.slow:
        endpoint.read_again()  # while this attempt waited, others have counted theirs
    return _change(
        endpoint,
        tally,
        lambda state, now: after_attempts(state, tally, now, effective.pauses(endpoint)),
        hops,
    )


def note_half_open_batch(
    endpoint: Endpoint, tally: Tally, *, is_last: bool, hops: int = 0
) -> str | None:
    """Count attempts of a half-open batch; returns and raises as `note_attempts` does."""

    def after(state: BreakerState, now: float) -> BreakerState:
        return after_half_open_batch(state, tally, now, effective.pauses(endpoint), is_last=is_last)

    return _change(endpoint, tally, after, hops)


def half_open(endpoint: Endpoint, hops: int = 0) -> None:
    """Half-open the breaker now: the endpoint has answered a manual attempt.

    `hops` as in `queue.send`. Raises StoreUnavailable.
    """

    def probe_now(state: BreakerState, now: float) -> BreakerState:
        state = state._replace(failures=0, failing_since=None)
        if state.suspended_until is None:
            return state
        # The attempt was the first probe, so that a batch of two follows.
        limit = max(state.half_open_limit, 2)
        return state._replace(suspended_until=now, half_open_limit=limit)

    _change(endpoint, Tally(successes=1), probe_now)
    if endpoint.suspended_until is not None:
        queue.send({queue.RetryMessage(endpoint.id): endpoint.suspended_until}, hops)


def acquire_probe(endpoint: Endpoint, now: float, max_batch_time: float) -> bool:
    """Claim the next half-open batch of a suspended endpoint; False: not due, or already claimed.

    If another process was quicker, the row is read again.

    Args:
        endpoint: The endpoint.
        now: Epoch seconds.
        max_batch_time: The most seconds that the batch may take, in which no other process probes
            the endpoint.
    """
    state = endpoint.breaker
    if state.suspended_until is None or state.suspended_until > now:
        return False
    until = round(now + max_batch_time + LEASE_MARGIN, 3)
    try:
        endpoint.save_breaker(state, state._replace(suspended_until=until, probing_until=until))
    except ConditionFailed:
        if endpoint.breaker == state:
            endpoint.read_again()
        return False
    return True


def _change(
    endpoint: Endpoint,
    tally: Tally,
    after: Callable[[BreakerState, float], BreakerState],
    hops: int = 0,
) -> str | None:
    for _ in range(_TRIES):
        before, now = endpoint.breaker, round(time.time(), 3)
        state = after(before, now)
        if _has_failed_too_long(state, tally, now):
            reason = f"nothing but failures since {iso(state.failing_since or now)}"
            return ENDPOINT_DISABLED if endpoints.disable(endpoint, reason) else None
        if state == before:
            return None
        try:
            endpoint.save_breaker(before, state)
        except ConditionFailed:
            if not endpoint.read_again():
                return None
        else:
            _announce(endpoint, before, state, hops)
            return _turn(before, state)
    log.event("health_not_noted", logging.WARNING, endpoint_id=endpoint.id)
    return None


def _turn(before: BreakerState, state: BreakerState) -> str | None:
    """Return the event type of a change of state; a longer suspension is not another event."""
    if (before.suspended_until is None) == (state.suspended_until is None):
        return None
    return ENDPOINT_RECOVERED if state.suspended_until is None else ENDPOINT_SUSPENDED


def _has_failed_too_long(state: BreakerState, tally: Tally, now: float) -> bool:
    if not tally.failures or state.failing_since is None:
        return False
    return now - state.failing_since >= CONFIG.endpoint_disable_after


def _announce(endpoint: Endpoint, before: BreakerState, state: BreakerState, hops: int) -> None:
    """Log a suspension or recovery for the operator, and queue the next probe for its time."""
    if state.suspended_until is None:
        if before.suspended_until is not None:
            log.event("endpoint_recovered", endpoint_id=endpoint.id)
    elif state.suspended_until != before.suspended_until and state.failures > before.failures:
        until = iso(state.suspended_until)
        log.event(
            "endpoint_suspended",
            logging.WARNING,
            endpoint_id=endpoint.id,
            until=until,
            failures=state.failures,
        )
        queue.send({queue.RetryMessage(endpoint.id): state.suspended_until}, hops)
