"""From changes of tasks to deliveries: sign, post, record."""

import logging
import random
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from chalicelib import __version__
from chalicelib.adapters import log, transport
from chalicelib.adapters.stream import Change
from chalicelib.adapters.tables import BODY_NOT_KEPT, Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import events, retries, signature, targets
from chalicelib.domain.errors import DeliveryError, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.retries import Status, Verdict
from chalicelib.services import endpoints, settings

DUE_SHARDS = 16
"""Over how many keys the due deliveries are spread, so that none is hot."""

AT_ONCE = 32
"""How many posts to one endpoint may be under way; a slow one holds up only its own."""

_posters: dict[str, ThreadPoolExecutor] = {}
_posters_lock = threading.Lock()


def dispatch(changes: Sequence[Change]) -> None:
    """Attempt, once, the deliveries that these changes of tasks mean, and record each.

    All endpoints and tasks go side by side; the events of one task go to one endpoint one after the other.

    Raises:
        StoreUnavailable: Then the changes must come again, and their deliveries repeat with the same ids.
    """
    lanes: dict[int, list[Event]] = defaultdict(list)
    for change in changes:
        if (event := _event_of(change)) is not None:
            lanes[event.task_id].append(event)
    if not lanes:
        return
    # Endpoints are read for each batch and never cached: one that was added before the task must hear of it.
    token = settings.CACHE.get().webhook_token
    runs = [
        _poster(endpoint).submit(_deliver_in_order, endpoint, wanted, token)
        for endpoint in endpoints.usable_endpoints()
        for lane in lanes.values()
        if (wanted := [event for event in lane if event.type in endpoints.events_of(endpoint)])
    ]
    wait(runs)  # all of them: a repeat must not begin beside posts of this batch
    Delivery.save_all([delivery for run in runs if run.exception() is None for delivery in run.result()])
    for run in runs:
        run.result()  # raises what kept it from its deliveries


def ping(endpoint_id: str) -> Delivery:
    """Send a signed ping to an endpoint, once, by the way that events go, and return its record.

    Raises:
        NotFound: There is no such endpoint.
        Refused: It cannot be used.
    """
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    if broken is not None:
        raise Refused({"endpoint": broken})
    now = time.time()
    event = Event(f"evt_{uuid4().hex}", events.PING, 0, 0, int(now), {"ping": endpoint.id})
    delivery = _new_delivery(endpoint, event)
    attempt(delivery, endpoint, settings.CACHE.get().webhook_token, CONFIG.delivery_timeout)
    if delivery.status == Status.PENDING.value:  # a test is not tried again
        delivery.status, delivery.due_at, delivery.due_shard = Status.FAILED.value, None, None
    Delivery.save_all([delivery])
    return delivery


def _event_of(change: Change) -> Event | None:
    try:
        return events.event_of(change.id, change.before, change.after, change.happened_at)
    except (KeyError, ValueError, TypeError) as error:
        log.event("change_set_aside", change_id=change.id, error=repr(error))
        return None


def _poster(endpoint: Endpoint) -> ThreadPoolExecutor:
    with _posters_lock:
        if endpoint.id not in _posters:
            _posters[endpoint.id] = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"post-{endpoint.id}")
        return _posters[endpoint.id]


def _deliver_in_order(endpoint: Endpoint, lane: Sequence[Event], token: str) -> list[Delivery]:
    """Post a task's events to one endpoint; once one is not delivered, the later ones wait behind it."""
    deliveries: list[Delivery] = []
    for event in lane:
        delivery = _new_delivery(endpoint, event)
        waiting = deliveries and deliveries[-1].status == Status.PENDING.value
        if not endpoint.is_active:  # it has just asked to be called no more
            delivery.status = Status.FAILED.value
        elif waiting:
            _postpone(delivery, deliveries[-1].due_at or time.time())
        else:
            attempt(delivery, endpoint, token, CONFIG.delivery_timeout)
        _let_fit(delivery)
        deliveries.append(delivery)
    return deliveries


def _new_delivery(endpoint: Endpoint, event: Event) -> Delivery:
    now = time.time()
    return Delivery(
        f"{event.id}.{endpoint.id}",
        endpoint_id=endpoint.id,
        event_id=event.id,
        event_type=event.type,
        task_id=event.task_id,
        task_version=event.task_version,
        body=events.body_of(event, endpoints.format_of(endpoint)).decode(),
        status=Status.PENDING.value,
        created_at=now,
        expires_at=int(now) + CONFIG.delivery_retention,
    )


def attempt(delivery: Delivery, endpoint: Endpoint, token: str, timeout: float) -> None:
    """Post a delivery once and note in the row, which is not saved here, what came of it.

    Args:
        delivery: The row.
        endpoint: Where it goes.
        token: The webhook token, sent in the query string.
        timeout: Seconds that the attempt may take in all.
    """
    started_at = time.time()
    number = len(delivery.attempts) + 1
    body = delivery.body.encode()
    record: dict[str, Any] = {"number": number, "at": round(started_at, 3)}
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
        record |= {"error": _redact(str(error), token), "address": error.address, "timings": error.timings}
    else:
        verdict = retries.judge(answer.status, answer.headers)
        retry_after = retries.wait_asked(answer.headers.get("retry-after", ""), time.time())
        text = _redact(answer.body.decode(errors="replace"), token)
        record |= {"status": answer.status, "address": answer.address, "timings": answer.timings, "answer": text}
        if 300 <= answer.status <= 399:
            target = _redact(answer.headers.get("location", "nowhere"), token)
            record["error"] = f"a redirect to {target}: redirects are not followed"
    record["duration_ms"] = round((time.time() - started_at) * 1000)
    delivery.attempts = [*delivery.attempts, record]
    _settle(delivery, endpoint, verdict, retry_after)


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
    number = len(delivery.attempts)
    if verdict is Verdict.DISABLE:
        endpoints.disable(endpoint, "the endpoint asked for it: " + delivery.outcome)
    due_at = None
    if verdict is Verdict.RETRY:
        stretch = random.uniform(0, CONFIG.retry_jitter)  # noqa: S311 -- spreads load, hides nothing
        due_at = retries.next_due(number, time.time(), CONFIG.retry_delays, stretch, retry_after)
    if due_at is None:
        delivery.status = (Status.DELIVERED if verdict is Verdict.SUCCESS else Status.FAILED).value
        delivery.due_at = delivery.due_shard = None
    else:
        _postpone(delivery, due_at)
    log.event(
        "attempt",
        delivery_id=delivery.id,
        endpoint_id=endpoint.id,
        number=number,
        status=delivery.status,
        outcome=delivery.outcome,
    )


def _let_fit(delivery: Delivery) -> None:
    """Drop a body that the store cannot keep, and give up what would need it: its row must not block the others.

    `changes` holds a long text before and after, so that an event may be larger than an item though its task is not.
    """
    if delivery.fits:
        return
    delivery.body = BODY_NOT_KEPT
    if delivery.status == Status.PENDING.value:
        delivery.status, delivery.due_at, delivery.due_shard = Status.FAILED.value, None, None
        log.event("delivery_given_up", logging.ERROR, delivery_id=delivery.id, reason=delivery.outcome)


def _postpone(delivery: Delivery, due_at: float) -> None:
    delivery.status = Status.PENDING.value
    delivery.due_at = due_at
    delivery.due_shard = zlib.crc32(delivery.id.encode()) % DUE_SHARDS


def _redact(text: str, token: str) -> str:
    return text.replace(token, "[token]").replace(quote(token, safe=""), "[token]")
