"""One attempt: sign, POST, note what came of it."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from chalicelib import __version__
from chalicelib.adapters import log, transport
from chalicelib.adapters.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import events, retries, signature, targets
from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.health import SLOW_MS, Tally
from chalicelib.domain.retries import Status, Verdict
from chalicelib.services import endpoints

AT_ONCE = 32
"""How many posts to one endpoint may be under way; a slow one holds up only its own."""

KEPT_ATTEMPTS = 20
"""How many attempts a row keeps, the newest; more are made only where somebody sends it again by hand."""

_posters: dict[str, ThreadPoolExecutor] = {}
_posters_lock = threading.Lock()


def poster(endpoint_id: str) -> ThreadPoolExecutor:
    """Return the threads that post to an endpoint."""
    with _posters_lock:
        if endpoint_id not in _posters:
            _posters[endpoint_id] = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"post-{endpoint_id}")
        return _posters[endpoint_id]


def forget_posters(known: set[str]) -> None:
    """Let go of the threads of endpoints that are no more; what they are at is finished."""
    with _posters_lock:
        for gone in _posters.keys() - known:
            _posters.pop(gone).shutdown(wait=False)


def attempt(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> Tally:
    """Post a delivery once and note in the row, which is not saved here, what came of it.

    Args:
        delivery: The row.
        endpoint: Where it goes.
        token: The webhook token, sent in the query string.
        timeout: Seconds that the attempt may take in all.
    """
    started_at = time.time()
    number = _next_number(delivery)
    body = delivery.body.encode()
    verdict, retry_after = Verdict.RETRY, 0.0
    try:
        answer = transport.post(
            targets.with_token(endpoint.url, token),
            body,
            _headers(delivery, endpoint, int(started_at), body, number),
            timeout=timeout,
            allowed=CONFIG.allowed_private_networks,
        )
    except DeliveryError as error:
        record = {"error": _redact(str(error), token), "address": error.address, "timings": error.timings}
    else:
        verdict = retries.judge(answer.status, answer.headers)
        retry_after = retries.wait_asked(answer.headers.get("retry-after", ""), time.time())
        record = _record_of(answer, token)
    _note(delivery, started_at, record)
    _settle(delivery, endpoint, verdict, retry_after)
    return _tally(verdict, delivery.attempts[-1]["duration_ms"])


def fail(delivery: Delivery, endpoint: Endpoint, error: str) -> None:
    """Note an attempt that could not even begin, as a failed one."""
    _note(delivery, time.time(), {"error": error, "address": "", "timings": {}})
    _settle(delivery, endpoint, Verdict.RETRY, 0)


def _next_number(delivery: Delivery) -> int:
    return int(delivery.attempts[-1]["number"]) + 1 if delivery.attempts else 1


def _record_of(answer: transport.Answer, token: str) -> dict[str, Any]:
    text = _redact(answer.body.decode(errors="replace"), token)
    record = {"status": answer.status, "address": answer.address, "timings": answer.timings, "answer": text}
    if 300 <= answer.status <= 399:
        target = _redact(answer.headers.get("location", "nowhere"), token)
        record["error"] = f"a redirect to {target}: redirects are not followed"
    return record


def _note(delivery: Delivery, started_at: float, record: dict[str, Any]) -> None:
    duration_ms = round((time.time() - started_at) * 1000)
    whole = {"number": _next_number(delivery), "at": round(started_at, 3), **record, "duration_ms": duration_ms}
    delivery.attempts = [*delivery.attempts, whole][-KEPT_ATTEMPTS:]


def _headers(delivery: Delivery, endpoint: Endpoint, timestamp: int, body: bytes, number: int) -> dict[str, str]:
    return {
        "Content-Type": events.content_type(endpoints.format_of(endpoint)),
        "User-Agent": f"Taskhook/{__version__}",
        "X-Taskhook-Event": delivery.event_type,
        "X-Taskhook-Attempt": str(number),
        "X-Taskhook-Task-Version": str(delivery.task_version),
        **signature.headers(endpoints.secrets_of(endpoint), delivery.event_id, timestamp, body),
    }


def _settle(delivery: Delivery, endpoint: Endpoint, verdict: Verdict, retry_after: float) -> None:
    """Note in the row what an attempt means: delivered, given up, or due again."""
    if verdict is Verdict.DISABLE:
        endpoints.disable(endpoint, "the endpoint asked for it: " + delivery.outcome)
    due_at = _next_due(delivery, retry_after) if verdict is Verdict.RETRY else None
    if due_at is None:
        delivery.close(Status.DELIVERED if verdict is Verdict.SUCCESS else Status.FAILED)
    else:
        delivery.postpone(due_at)
    log.event(
        "attempt",
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        endpoint_id=endpoint.id,
        number=delivery.attempts[-1]["number"],
        status=delivery.status,
        outcome=delivery.outcome,
    )


def _next_due(delivery: Delivery, retry_after: float) -> float | None:
    stretch = random.uniform(0, CONFIG.retry_jitter)  # noqa: S311 -- spreads load, hides nothing
    return retries.next_due(delivery.failures, time.time(), CONFIG.retry_delays, stretch, retry_after)


def _tally(verdict: Verdict, duration_ms: int) -> Tally:
    if verdict is Verdict.RETRY:
        return Tally(failures=1)
    # Whoever asks for something is alive, even when it asks to be left alone.
    return Tally(successes=1, slow_answers=int(duration_ms > SLOW_MS))


def _redact(text: str, token: str) -> str:
    return text.replace(token, "[token]").replace(quote(token, safe=""), "[token]")
