"""One attempt: body, headers, signature, POST, verdict. It has no threads and writes nothing."""

import logging
import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.adapters import log, metrics
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import (
    delivery_states,
    events,
    retries,
)
from chalicelib.domain.circuit_breaker import SLOW_MS, Tally
from chalicelib.domain.delivery_states import DeliveryState, Status
from chalicelib.domain.errors import DeliveryError, NotBegun, NotMade, StoreUnavailable
from chalicelib.domain.retries import Verdict
from chalicelib.services.deliveries import outgoing, records
from chalicelib.services.endpoints.effective import retry_delays, shown_url

if TYPE_CHECKING:
    from chalicelib.adapters.http import transport

DISABLED = "given up: the endpoint is disabled"

KEPT_ATTEMPTS = 20
"""How many attempts a row keeps, the newest; more are made only where somebody sends it again by
hand."""

_METRICS: dict[str, metrics.Name] = {
    Status.DELIVERED.value: "Delivered",
    Status.PENDING.value: "AttemptsFailed",
    Status.FAILED.value: "GivenUp",
}


class Result(NamedTuple):
    """What came of a delivery: its row is changed, and `persisting` is to write it."""

    delivery: Delivery
    endpoint: Endpoint | None  # None: it was removed
    tally: Tally = Tally()  # counts in the endpoint's circuit breaker
    next_at: float | None = None  # when its ordering key needs another look, in epoch seconds
    is_disabling: bool = False  # the endpoint asked to be called no more
    leased_until: float | None = None  # the lease of a row that was claimed; None: the row is new


def give_up(delivery: Delivery, endpoint: Endpoint | None, reason: str) -> Result:
    """Give a delivery up without an attempt; saves nothing."""
    delivery.become(delivery_states.give_up(delivery.state, reason))
    metrics.count("GivenUp")
    log.event("delivery_given_up", delivery_id=delivery.id, reason=reason)
    return Result(delivery, endpoint)


def attempt(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> Result:
    """Post a delivery once: body, headers, signature, POST, verdict; saves nothing.

    Args:
        delivery: The row, which says afterwards what came of the attempt.
        endpoint: Where it goes; it is inactive from now on if it asks for that.
        token: The webhook token, sent in the query string to endpoints that get it.
        timeout: Seconds that the attempt may take in all.

    Raises:
        StoreUnavailable: The endpoint has no secret yet and none could be stored; nothing was sent.
    """
    started_at = time.time()
    outcome = _outcome_of(delivery, endpoint, token, timeout)
    delivery.url = shown_url(endpoint)  # as it is now: it may be another one at the next attempt
    _note(delivery, started_at, outcome.record)
    result = _apply_verdict(delivery, endpoint, outcome.verdict, outcome.retry_after)
    if not outcome.is_begun:
        return result
    return result._replace(tally=_tally(outcome.verdict, delivery.attempts[-1]["duration_ms"]))


class _Outcome(NamedTuple):
    """What a POST came to."""

    record: dict[str, Any]
    verdict: Verdict = Verdict.RETRY
    retry_after: float = 0.0
    is_begun: bool = True  # else the endpoint has nothing to do with it


def _outcome_of(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> _Outcome:
    own: dict[str, str] = {}
    try:
        own = outgoing.own_headers_of(delivery, endpoint)
        answer = _post(outgoing.request_of(delivery, endpoint, token, own), timeout)
    except StoreUnavailable:
        raise
    except NotMade as error:
        return _Outcome(records.failure(str(error)), Verdict.GIVE_UP, is_begun=False)
    except DeliveryError as error:
        said = records.kept(str(error), records.hidden_of(endpoint, token, own))
        record = records.failure(said, error.address, error.timings)
        return _Outcome(record, is_begun=not isinstance(error, NotBegun))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the others of the batch go on
        kind = type(error).__name__
        log.event("attempt_not_made", logging.ERROR, delivery_id=delivery.id, error=kind)
        return _Outcome(records.failure(f"the attempt could not be made: {kind}"), is_begun=False)
    verdict = retries.judge(answer.status, answer.headers)
    retry_after = retries.wait_asked(answer.headers.get("retry-after", ""), time.time())
    hidden = records.hidden_of(endpoint, token, own)
    return _Outcome(records.record_of(answer, verdict, hidden), verdict, retry_after)


def fail(delivery: Delivery, endpoint: Endpoint, error: str) -> Result:
    """Count an attempt that could not even begin as a failed one; saves nothing."""
    _note(delivery, time.time(), records.failure(error))
    return _apply_verdict(delivery, endpoint, Verdict.RETRY, 0)


def _post(request: outgoing.Request, timeout: float) -> "transport.Answer":
    from chalicelib.adapters.http import transport  # noqa: PLC0415 -- requests is no part of an add's cold start

    return transport.post(
        request.url,
        request.body,
        request.headers,
        timeout=timeout,
        allowed=CONFIG.allowed_private_networks,
    )


def _note(delivery: Delivery, started_at: float, record: dict[str, Any]) -> None:
    duration_ms = round((time.time() - started_at) * 1000)
    outcome = str(record.get("error") or record["status"])
    delivery.become(delivery_states.attempted(delivery.state, outcome))
    if delivery.tries == 1:
        delivery.took_ms = max(duration_ms, 1)
    whole = {
        "number": delivery.tries,
        "at": round(started_at, 3),
        **record,
        "duration_ms": duration_ms,
    }
    delivery.attempts = [*delivery.attempts, whole][-KEPT_ATTEMPTS:]


def _apply_verdict(
    delivery: Delivery, endpoint: Endpoint, verdict: Verdict, retry_after: float
) -> Result:
    """Change the row to what the attempt means: delivered, given up, or due again."""
    is_test = delivery.event_type == events.PING
    is_over = is_test or verdict is not Verdict.RETRY  # a test is not tried again
    state = delivery.state
    due_at = None if is_over else _next_due(state, endpoint, retry_after)
    if due_at is not None:
        delivery.become(delivery_states.postpone(state, due_at, CONFIG.delivery_retention))
    elif 200 <= int(delivery.attempts[-1].get("status") or 0) <= 299:
        delivery.become(delivery_states.deliver(state))
    else:
        delivery.become(delivery_states.give_up(state))
    if not is_test:
        metrics.count(_METRICS[delivery.status])
    log.event(
        "attempt",
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        endpoint_id=endpoint.id,
        number=delivery.tries,
        status=delivery.status,
        outcome=delivery.outcome,
        due_at=due_at,
    )
    if is_disabling := verdict is Verdict.DISABLE:
        endpoint.is_active = False
    return Result(delivery, endpoint, next_at=delivery.due_at, is_disabling=is_disabling)


def _next_due(state: DeliveryState, endpoint: Endpoint, retry_after: float) -> float | None:
    stretch = random.uniform(0, CONFIG.retry_jitter)  # noqa: S311 -- spreads load, hides nothing
    delays = retry_delays(endpoint)
    return retries.next_due(state.failures, time.time(), delays, stretch, retry_after)


def _tally(verdict: Verdict, duration_ms: int) -> Tally:
    # An endpoint that asks for something is alive, even if it asks to be left alone.
    failed = verdict is Verdict.RETRY
    return Tally(successes=int(not failed), failures=int(failed), slow=int(duration_ms > SLOW_MS))
