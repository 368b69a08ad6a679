"""The sweep: queues what falls due or was lost, and counts the new deliveries."""

import logging
import random
import time
from collections.abc import Iterable, Mapping

from chalicelib.adapters import log, metrics, queue
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, delivery_lists
from chalicelib.adapters.queue import RetryMessage
from chalicelib.config import CONFIG
from chalicelib.domain import pace, retries
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.deliveries import statistics
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.endpoints.endpoints import CheckedEndpoint

SWEEP_INTERVAL = 60.0
"""Seconds from one sweep to the next: what falls due until then is queued now."""

MAX_PER_SWEEP = 2000
"""Deliveries of an endpoint that one sweep queues at most."""


def sweep() -> None:
    """Queue what falls due before the next sweep or was lost, and count the new deliveries.

    Raises:
        StoreUnavailable: The next sweep will do it.
    """
    now = time.time()
    listed = {listed.endpoint.id: listed for listed in endpoints.list_endpoints()}
    oldest_due_at = _queue_due(listed, now)
    if oldest_due_at is not None:
        metrics.measure("OldestDueSeconds", round(max(0, now - oldest_due_at), 3))
    _count_endpoints(listed.values())
    statistics.count_all(listed, now)


def _count_endpoints(listed: Iterable[CheckedEndpoint]) -> None:
    rows = [endpoint for endpoint, _ in listed]
    metrics.measure(
        "EndpointsSuspended", sum(bool(row.is_active and row.suspended_until) for row in rows)
    )
    metrics.measure(
        "EndpointsDisabled", sum(bool(not row.is_active and row.disabled_reason) for row in rows)
    )


def _queue_due(listed: Mapping[str, CheckedEndpoint], now: float) -> float | None:
    """Queue a message for whatever is due soon.

    Return since when the first of it is due; None where somewhere it could not be looked: an alarm
    hears of silence.
    """
    waiting = Delivery.count_waiting()
    metrics.measure("RetriesWaiting", sum(waiting.values()))
    due_ats, has_seen_all, is_queue_open = [now], True, True
    endpoint_ids = list(listed.keys() | waiting.keys())
    # Where the time does not last for all, it shall not be the same ones each time.
    random.shuffle(endpoint_ids)
    for endpoint_id in endpoint_ids:
        try:
            calls = _calls_of(endpoint_id, listed.get(endpoint_id), now)
        except StoreUnavailable as error:
            log.event("sweep_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))
            has_seen_all = False
            continue
        due_ats += calls.values()
        is_queue_open = is_queue_open and queue.send(calls)
    return min(due_ats) if has_seen_all else None


def _calls_of(
    endpoint_id: str, listed: CheckedEndpoint | None, now: float
) -> dict[RetryMessage, float]:
    if listed is None or listed.broken or not listed.endpoint.is_active:
        return due_messages(endpoint_id, now + SWEEP_INTERVAL)
    endpoint = listed.endpoint
    if endpoint.suspended_until is not None:
        # What has waited this long was never tried, and must be given up.
        life = retries.give_up_at(0, effective.retry_delays(endpoint), CONFIG.retry_jitter)
        late = {
            call: due_at + life for call, due_at in due_messages(endpoint_id, now - life).items()
        }
        due = delivery_lists.due_at(endpoint_id, now + SWEEP_INTERVAL, 1)
        return late | {
            RetryMessage(endpoint_id): max(endpoint.suspended_until, row.due_at) for row in due
        }
    calls = _due_calls(endpoint, now)
    # It is not the row that they came to: that one was removed.
    if calls and endpoint.waiting_since is None:
        endpoint.note_waiting(now)
    if not calls and (endpoint.waiting_since or now) < now - 2 * SWEEP_INTERVAL:
        _note_if_none_waits(endpoint)
    return calls


def _due_calls(endpoint: Endpoint, now: float) -> dict[RetryMessage, float]:
    """Return a message for each ordering key with something due, or one for all with a pace.

    The time of that one is when the pace reaches the due deliveries: until then none is late.
    """
    if not effective.per_second(endpoint):
        return due_messages(endpoint.id, now + SWEEP_INTERVAL)
    due = delivery_lists.due_at(endpoint.id, now + SWEEP_INTERVAL, 1)
    return {
        RetryMessage(endpoint.id): pace.due_since(row.due_at, effective.paced_until(endpoint))
        for row in due
    }


def _note_if_none_waits(endpoint: Endpoint) -> None:
    if not delivery_lists.any_due_at(endpoint.id):
        endpoint.note_none_waiting()


def due_messages(endpoint_id: str, until: float) -> dict[RetryMessage, float]:
    """Return a call for each lane with something due up to a time, for the earliest time of it."""
    due = delivery_lists.due_at(endpoint_id, until, MAX_PER_SWEEP)
    return {RetryMessage(endpoint_id, row.ordering_key): row.due_at for row in reversed(due)}
