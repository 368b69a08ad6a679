"""One attempt: sign, POST, note what came of it."""

import json
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib import __version__
from chalicelib.adapters import log, metrics
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import (
    delivery_states,
    events,
    formats,
    redaction,
    retries,
    signature,
    targets,
)
from chalicelib.domain.circuit_breaker import SLOW_MS, Tally
from chalicelib.domain.delivery_states import DeliveryState, Status
from chalicelib.domain.errors import DeliveryError, NotBegun, StoreUnavailable
from chalicelib.domain.retries import Verdict
from chalicelib.services.endpoints import endpoints, signing

if TYPE_CHECKING:
    from chalicelib.adapters.http import transport

MAX_PER_ENDPOINT = 32
"""How many posts to one endpoint may be under way in one process; a slow one holds up only its
own."""

MAX_PER_PROCESS = 384
"""How many posts may be under way in one process: Lambda has 1,024 threads and files, and a post
takes two threads."""

ROUNDS_PER_BATCH = 4
"""How often in one step of a ramp each of an endpoint's threads posts, at most."""

DISABLED = "given up: the endpoint is disabled"

KEPT_BYTES = 1024
"""Of what a receiver says, so much is kept with each attempt."""

KEPT_ATTEMPTS = 20
"""How many attempts a row keeps, the newest; more are made only where somebody sends it again by
hand."""

_METRICS: dict[str, metrics.Name] = {
    Status.DELIVERED.value: "Delivered",
    Status.PENDING.value: "AttemptsFailed",
    Status.FAILED.value: "GivenUp",
}

_T = TypeVar("_T")
_posters: dict[str, ThreadPoolExecutor] = {}
_at_once = MAX_PER_ENDPOINT
_lock = threading.Lock()


def submit(endpoint_id: str, work: Callable[..., _T], *arguments: Any) -> "Future[_T]":
    """Have work done by the threads that post to an endpoint."""
    with _lock:
        if endpoint_id not in _posters:
            _posters[endpoint_id] = ThreadPoolExecutor(
                _at_once, thread_name_prefix=f"post-{endpoint_id}"
            )
        return _posters[endpoint_id].submit(work, *arguments)


def share_threads(endpoint_ids: Collection[str]) -> None:
    """Share the threads among these endpoints; what the threads of others are at is finished."""
    global _at_once  # noqa: PLW0603 -- one process, one share
    at_once = limit_per_endpoint(len(endpoint_ids))
    with _lock:
        for endpoint_id in list(_posters):
            if endpoint_id not in endpoint_ids or at_once != _at_once:
                _posters.pop(endpoint_id).shutdown(wait=False)
        _at_once = at_once


def limit_per_endpoint(endpoints: int) -> int:
    """Return how many posts to each of so many endpoints may be under way."""
    return max(2, min(MAX_PER_ENDPOINT, MAX_PER_PROCESS // max(1, endpoints)))


def at_once() -> int:
    """Return how many posts to one endpoint may be under way."""
    return _at_once


def half_open_batch(ramp: int) -> int:
    """Return how many deliveries a step of a ramp sends: so many that it is over in time."""
    return min(ramp, ROUNDS_PER_BATCH * _at_once)


def max_batch_time(ramp: int) -> float:
    """Return how many seconds the attempts of such a step take at most."""
    return math.ceil(half_open_batch(ramp) / _at_once) * CONFIG.retry_timeout


def give_up(delivery: Delivery, reason: str) -> None:
    """Note in the row, which is not saved here, that it is given up without an attempt, and why."""
    delivery.become(delivery_states.give_up(delivery.state, reason))
    metrics.count("GivenUp")
    log.event("delivery_given_up", delivery_id=delivery.id, reason=reason)


def attempt(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> Tally:
    """Post a delivery once and note in the row, which is not saved here, what came of it.

    Args:
        delivery: The row.
        endpoint: Where it goes.
        token: The webhook token, sent in the query string.
        timeout: Seconds that the attempt may take in all.
    """
    started_at = time.time()
    verdict, retry_after = Verdict.RETRY, 0.0
    is_begun = True
    try:
        answer = _post(delivery, endpoint, token, timeout)
    except StoreUnavailable:
        raise
    except DeliveryError as error:
        is_begun = not isinstance(error, NotBegun)
        record = {
            "error": _kept(str(error), token, endpoint),
            "address": error.address,
            "timings": error.timings,
        }
    except Exception as error:  # noqa: BLE001 -- whatever it is, it must not keep the others of the batch from theirs
        is_begun = False
        log.event(
            "attempt_not_made", logging.ERROR, delivery_id=delivery.id, error=type(error).__name__
        )
        record = {
            "error": f"the attempt could not be made: {type(error).__name__}",
            "address": "",
            "timings": {},
        }
    else:
        verdict = retries.judge(answer.status, answer.headers)
        retry_after = retries.wait_asked(answer.headers.get("retry-after", ""), time.time())
        record = _record_of(answer, verdict, token, endpoint)
    delivery.url = endpoint.url  # as it is now: it may be another one at the next attempt
    _note(delivery, started_at, record)
    _settle(delivery, endpoint, verdict, retry_after)
    return _tally(verdict, delivery.attempts[-1]["duration_ms"]) if is_begun else Tally()


def fail(delivery: Delivery, endpoint: Endpoint, error: str) -> None:
    """Note an attempt that could not even begin, as a failed one."""
    _note(delivery, time.time(), {"error": error, "address": "", "timings": {}})
    _settle(delivery, endpoint, Verdict.RETRY, 0)


def _post(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> "transport.Answer":
    from chalicelib.adapters.http import transport  # noqa: PLC0415 -- requests is no part of an add's cold start

    body = delivery.body.encode()
    return transport.post(
        targets.with_token(endpoint.url, token),
        body,
        _headers(delivery, endpoint, int(time.time()), body),
        timeout=timeout,
        allowed=CONFIG.allowed_private_networks,
    )


def _record_of(
    answer: "transport.Answer", verdict: Verdict, token: str, endpoint: Endpoint
) -> dict[str, Any]:
    is_cut = len(answer.body) >= KEPT_BYTES
    text = _kept(redaction.text_of(answer.body, is_cut=is_cut), token, endpoint, is_cut=is_cut)
    record = {"status": answer.status, "address": answer.address, "timings": answer.timings}
    if text:
        record["answer"] = text
    if 300 <= answer.status <= 399:
        target = _kept(answer.headers.get("location", "nowhere"), token, endpoint)
        record["error"] = f"a redirect to {target}: redirects are not followed"
    if verdict is Verdict.GIVE_UP:
        record["error"] = f"{answer.status} with webhook-delivery: abort-message"
    return record


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


def _headers(delivery: Delivery, endpoint: Endpoint, timestamp: int, body: bytes) -> dict[str, str]:
    signed = signature.headers(signing.secrets_of(endpoint), delivery.event_id, timestamp, body)
    return headers_of(delivery, int(delivery.tries) + 1) | signed


def headers_of(delivery: Delivery, number: int) -> dict[str, str]:
    """Return the headers of an attempt, beside those that sign it.

    Args:
        delivery: What is sent.
        number: Which attempt it is, 1 for the first.
    """
    return {
        "Content-Type": formats.content_type(delivery.format),
        "User-Agent": f"Taskhook/{__version__}",
        "X-Taskhook-Event": delivery.event_type,
        "X-Taskhook-Attempt": str(number),
        "X-Taskhook-Task-Version": str(delivery.task_version),
    }


def _settle(delivery: Delivery, endpoint: Endpoint, verdict: Verdict, retry_after: float) -> None:
    """Note in the row what an attempt means: delivered, given up, or due again."""
    is_test = delivery.event_type == events.PING  # which is not tried again
    state = delivery.state
    due_at = _next_due(state, retry_after) if verdict is Verdict.RETRY and not is_test else None
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
    # Last: where the store is away, the row says all the same what has come of it.
    if verdict is Verdict.DISABLE:
        endpoints.disable(endpoint, "the endpoint asked for it: " + delivery.outcome)


def _next_due(state: DeliveryState, retry_after: float) -> float | None:
    stretch = random.uniform(0, CONFIG.retry_jitter)  # noqa: S311 -- spreads load, hides nothing
    return retries.next_due(state.failures, time.time(), CONFIG.retry_delays, stretch, retry_after)


def _tally(verdict: Verdict, duration_ms: int) -> Tally:
    # Whoever asks for something is alive, even when it asks to be left alone.
    failed = verdict is Verdict.RETRY
    return Tally(successes=int(not failed), failures=int(failed), slow=int(duration_ms > SLOW_MS))


def _kept(text: str, token: str, endpoint: Endpoint, *, is_cut: bool = False) -> str:
    """Return a receiver's words as they are recorded: without secrets, cut to fit the row."""
    # First: a cut leaves a part.
    kept = redaction.redact(text, token, signing.known_secrets(endpoint), is_cut=is_cut)
    kept = kept.encode()[:KEPT_BYTES].decode(errors="ignore")
    # A control character takes six.
    while len(json.dumps(kept, ensure_ascii=False).encode()) > KEPT_BYTES + 2:
        kept = kept[: len(kept) * 3 // 4]
    return kept
