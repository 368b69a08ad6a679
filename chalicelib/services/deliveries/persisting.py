"""Write a batch's results: endpoints' health, delivery rows, and the retry messages."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NamedTuple

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint
from chalicelib.adapters.dynamodb.tables.deliveries import BATCH
from chalicelib.domain.circuit_breaker import Tally, sum_of
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import RowRefused
from chalicelib.services.deliveries import attempts
from chalicelib.services.endpoints import circuit_breaker

TOO_LARGE = "given up: the body is too large to be kept for a retry"

# As many batches as a busy SQLite writes within 2 s.
WRITERS = ThreadPoolExecutor(8, thread_name_prefix="write")


class Lane(NamedTuple):
    """What came of a task's events at one endpoint."""

    deliveries: list[Delivery]
    tally: Tally = Tally()
    call_at: float | None = None  # when somebody must look at the lane again, in epoch seconds


def record(heard: Sequence[tuple[Endpoint, list[Lane]]]) -> None:
    """Write lanes' results: first endpoint health, then rows, then the retry messages.

    In this order, whatever is lost on the way is found again: by the next batch, by the repeat, by
    the sweep.

    Raises:
        StoreUnavailable: Not all could be written; as much as could be is.
    """
    for endpoint, lanes in heard:
        _note_health(endpoint, lanes)
    rows = [delivery for _, lanes in heard for lane in lanes for delivery in lane.deliveries]
    for row in rows:
        _let_fit(row)
    delivered = [row for row in rows if row.status == Status.DELIVERED.value]
    batches = [delivered[start : start + BATCH] for start in range(0, len(delivered), BATCH)]
    writes = [
        WRITERS.submit(_save_new, row) for row in rows if row.status != Status.DELIVERED.value
    ]
    writes += [WRITERS.submit(_save_delivered, batch) for batch in batches]
    wait(writes)
    for write in writes:
        write.result()
    calls: dict[queue.RetryMessage, float] = {}
    for endpoint, lanes in heard:
        calls |= _calls(endpoint, lanes)
    queue.send(calls)


def _save_new(row: Delivery) -> None:
    try:
        row.save_new()
    except RowRefused as error:
        queue.set_aside("delivery", error, {"id": row.id, "event_id": row.event_id}, None)


def _save_delivered(rows: Sequence[Delivery]) -> None:
    try:
        Delivery.save_all(rows)
    except RowRefused:
        for row in rows:
            _save_new(row)


def _note_health(endpoint: Endpoint, lanes: Sequence[Lane]) -> None:
    circuit_breaker.note_attempts(endpoint, sum_of(lane.tally for lane in lanes))
    if any(delivery.is_pending for lane in lanes for delivery in lane.deliveries):
        endpoint.note_waiting(time.time())


def _calls(endpoint: Endpoint, lanes: Sequence[Lane]) -> dict[queue.RetryMessage, float]:
    """Return the messages that bring deliveries back; a suspended endpoint's come by its ramp."""
    due = {
        queue.RetryMessage(endpoint.id, lane.deliveries[0].ordering_key): lane.call_at
        for lane in lanes
        if lane.call_at is not None
    }
    until = endpoint.breaker.suspended_until
    if until is None:
        return due
    if due and until <= time.time():  # its index may lag behind by a moment
        return {queue.RetryMessage(endpoint.id): time.time() + 1}
    return {}


def _let_fit(delivery: Delivery) -> None:
    """Drop a body that is too large for the store, and give up deliveries that need it.

    `changes` holds a long text before and after, so that an event may be larger than an item though
    its task is not.
    """
    if delivery.fits:
        return
    delivery.body = BODY_NOT_KEPT
    if delivery.is_pending:
        attempts.give_up(delivery, TOO_LARGE)
