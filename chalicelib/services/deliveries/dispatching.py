"""From changes of tasks to deliveries, the first attempt at each, and the event log."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from chalicelib.adapters import metrics, queue
from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, PastEvent
from chalicelib.adapters.dynamodb.tables.deliveries import SEQUENCE_DIGITS, Key
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states, events, formats, retries, subscriptions
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD, SLOW_MS, Tally, sum_of
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import Refused, StoreUnavailable
from chalicelib.domain.events import Event
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts, worker_pool
from chalicelib.services.deliveries.persisting import WRITERS, Lane, record
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.endpoints import circuit_breaker, endpoints
from chalicelib.services.tasks import history, manual_edits

REPEATED_AFTER = 5
"""Seconds after which a change may have been told before, by another process or for a stream that
is read again.

Long enough that what comes in time is not asked about, which takes a read of each delivery.
"""

_STARTED_AT = time.time()  # of what happened before, another process may have told


class SequencedEvent(NamedTuple):
    """An event, and its place in the stream of tasks."""

    sequence: str
    event: Event


def dispatch(changes: Sequence[Change]) -> None:
    """Attempt, once, the deliveries that these changes of tasks mean, and record each.

    All endpoints and tasks go side by side; the events of one task go to one endpoint one after the
    other.

    Raises:
        StoreUnavailable: Then the changes must come again, and their deliveries repeat with the
            same ids.
    """
    manual_edits.repair_manual_edits(changes)  # first: where it fails, nobody has been called yet
    tasks: dict[int, list[SequencedEvent]] = defaultdict(list)
    for change in changes:
        if (event := _event_of(change)) is not None:
            tasks[event.task_id].append(
                SequencedEvent(change.sequence_number.zfill(SEQUENCE_DIGITS), event)
            )
    if not tasks:
        return
    # Endpoints are read for each batch and never cached: one that was added before the task must
    # hear of it.
    usable = endpoints.usable_endpoints()
    token = settings.webhook_token()
    all_told = [told for its_events in tasks.values() for told in its_events]
    past = [history.past_event(told.event, told.sequence) for told in all_told]
    kept = WRITERS.submit(history.save, past)
    runs = _begin(usable, tasks, token)
    _record_in_turns(usable, runs)
    begun = [run for its_runs in runs.values() for run in its_runs]
    _measure_arrivals([run.result() for run in begun if not run.exception()], tasks.values())
    for run in begun:
        run.result()  # raises what kept it from its deliveries
    _keep_history(kept, past)
    UNRECORDED.drop(told.sequence for told in all_told)


def _keep_history(kept: "Future[None]", past: Sequence[PastEvent]) -> None:
    """Set aside what alone of a batch could not be written; the batch is not repeated for it."""
    try:
        kept.result()
    except StoreUnavailable as error:
        history.set_aside(past, error)


def ping(endpoint_id: str) -> Delivery:
    """Send a signed ping to an endpoint, once, by the way that events go, and return its record.

    Where a suspended endpoint answers it well, what waits for it begins to go at once.

    Raises:
        NotFound: There is no such endpoint.
        Refused: It cannot be used.
    """
    endpoint, broken = endpoints.find_endpoint(endpoint_id)
    if broken is not None:
        raise Refused({"endpoint": broken})
    now = time.time()
    event = Event(f"evt_{uuid4().hex}", events.PING, 0, 0, int(now), {"ping": endpoint.id})
    delivery = _new_delivery(
        endpoint, SequencedEvent(str(time.time_ns()).zfill(SEQUENCE_DIGITS), event)
    )
    tally = attempts.attempt(delivery, endpoint, settings.webhook_token(), CONFIG.delivery_timeout)
    delivery.save_new()
    if tally.successes:
        circuit_breaker.half_open(endpoint)
    return delivery


def _event_of(change: Change) -> Event | None:
    try:
        return events.event_of(change.id, change.before, change.after, change.happened_at)
    except (KeyError, ValueError, TypeError) as error:
        task = change.after or change.before or {}
        queue.set_aside(
            "change",
            error,
            {"event_id": change.id, "task_id": task.get("task_id")},
            change._asdict(),
        )
        return None


def _begin(
    usable: Sequence[Endpoint], tasks: dict[int, list[SequencedEvent]], token: str
) -> "dict[str, list[Future[Lane]]]":
    """Begin what the lanes need, all of it."""
    jobs: dict[str, list[Callable[[], Lane]]] = {}
    runs: dict[str, list[Future[Lane]]] = {}
    recorded = _recorded(usable, tasks)
    for endpoint in usable:
        wants = partial(subscriptions.wants, endpoint)
        lanes = (
            [told for told in its_events if wants(told.event)] for its_events in tasks.values()
        )
        if endpoint.breaker.is_inline:
            jobs[endpoint.id] = [
                partial(_take_lane, endpoint, lane, token, recorded) for lane in lanes if lane
            ]
        else:
            runs[endpoint.id] = [
                WRITERS.submit(_put_off, endpoint, lane, recorded) for lane in lanes if lane
            ]
    return worker_pool.begin(jobs) | runs


def _recorded(
    usable: Sequence[Endpoint], tasks: dict[int, list[SequencedEvent]]
) -> set[Key] | None:
    """Return which of these deliveries are recorded; None: the changes are new, so none can be."""
    since = max(_STARTED_AT, time.time() - REPEATED_AFTER)
    all_told = [told for its_events in tasks.values() for told in its_events]
    if all(
        told.event.happened_at >= since and told.sequence not in UNRECORDED for told in all_told
    ):
        return None
    return Delivery.recorded_of(
        (_lane_of(endpoint, told), told.sequence) for endpoint in usable for told in all_told
    )


def _lane_of(endpoint: Endpoint, told: SequencedEvent) -> str:
    return f"{endpoint.id}.{told.event.task_id}"


def _record_in_turns(
    usable: Sequence[Endpoint], runs: "Mapping[str, Sequence[Future[Lane]]]"
) -> None:
    """Record what comes of the lanes; who does not answer soon keeps nobody's record back.

    When this returns, or raises, all posts of the batch are over: a repeat must not begin beside
    them.
    """
    wait([run for its_runs in runs.values() for run in its_runs], SLOW_MS / 1000)
    slow = [endpoint for endpoint in usable if not all(run.done() for run in runs[endpoint.id])]
    try:
        record([_heard(endpoint, runs) for endpoint in usable if endpoint not in slow])
    finally:
        record([_heard(endpoint, runs) for endpoint in slow])


def _heard(
    endpoint: Endpoint, runs: "Mapping[str, Sequence[Future[Lane]]]"
) -> tuple[Endpoint, list[Lane]]:
    return endpoint, [run.result() for run in runs[endpoint.id] if not run.exception()]


def _put_off(
    endpoint: Endpoint, lane: Sequence[SequencedEvent], recorded: Collection[Key] | None
) -> Lane:
    """Let the deliveries of a task's events go through the queue, or by the ramp."""
    now = time.time()
    rows = _rows(endpoint, lane, recorded or ())
    _postpone(rows, now)
    return Lane(rows, call_at=now if rows else None)


def _take_lane(
    endpoint: Endpoint, lane: Sequence[SequencedEvent], token: str, recorded: Collection[Key] | None
) -> Lane:
    """Post a task's events to one endpoint, unless an earlier one is pending; then defer them."""
    key, now = _lane_of(endpoint, lane[0]), time.time()
    if recorded is None and endpoint.waiting_since:
        # Of a batch that is repeated.
        recorded = Delivery.recorded_of((key, told.sequence) for told in lane)
    rows = _rows(endpoint, lane, recorded or ())
    if rows and endpoint.waiting_since and Delivery.has_pending(key):
        _postpone(rows, now)
        return Lane(rows)
    tally, call_at = Tally(), None
    for delivery in rows:
        if call_at is not None:
            _postpone([delivery], now)
        elif delivery.tries:
            call_at = delivery.due_at
        elif not endpoint.is_active:  # it has just asked to be called no more
            attempts.give_up(delivery, attempts.DISABLED)
        elif (
            tally.slow >= FAILURE_THRESHOLD
        ):  # what is left of a lane this slow goes through the queue
            _postpone([delivery], now)
            call_at = now
        else:
            tally = sum_of((tally, _attempt(delivery, endpoint, token)))
            call_at = delivery.due_at
    return Lane(rows, tally, call_at)


def _rows(
    endpoint: Endpoint, lane: Sequence[SequencedEvent], recorded: Collection[Key]
) -> list[Delivery]:
    """Return the rows to write: new ones, and at a repeat those attempted but not recorded."""
    key = _lane_of(endpoint, lane[0])
    missing = [told for told in lane if (key, told.sequence) not in recorded]
    return [UNRECORDED.of(key, told.sequence) or _new_delivery(endpoint, told) for told in missing]


def _postpone(rows: Iterable[Delivery], due_at: float) -> None:
    for delivery in rows:
        if not delivery.tries:
            state = delivery_states.postpone(delivery.state, due_at, CONFIG.delivery_retention)
            delivery.become(state)


def _attempt(delivery: Delivery, endpoint: Endpoint, token: str) -> Tally:
    try:
        return attempts.attempt(delivery, endpoint, token, CONFIG.delivery_timeout)
    finally:
        if delivery.tries:  # else nothing was posted
            UNRECORDED.keep(delivery)


def _new_delivery(endpoint: Endpoint, told: SequencedEvent) -> Delivery:
    now, event = round(time.time(), 3), told.event
    return Delivery(
        _lane_of(endpoint, told),
        told.sequence,
        endpoint_id=endpoint.id,
        event_id=event.id,
        event_type=event.type,
        task_id=event.task_id,
        task_version=event.task_version,
        format=endpoints.format_of(endpoint),
        body=formats.body_of(event, endpoints.format_of(endpoint)),
        status=Status.PENDING.value,
        created_at=now,
        give_up_at=retries.give_up_at(now, CONFIG.retry_delays, CONFIG.retry_jitter),
        expires_at=int(now) + CONFIG.delivery_retention,
    )


def _measure_arrivals(lanes: Iterable[Lane], tasks: Iterable[Sequence[SequencedEvent]]) -> None:
    """Measure from each change, in AWS's whole seconds, to the end of its attempt."""
    happened_at = {
        told.sequence: told.event.happened_at for its_events in tasks for told in its_events
    }
    for delivery in (delivery for lane in lanes for delivery in lane.deliveries):
        if delivery.status == Status.DELIVERED.value:
            attempt = delivery.attempts[-1]
            began_ms = (attempt["at"] - happened_at[delivery.sequence]) * 1000
            metrics.measure("ArrivalMs", max(0, round(began_ms + attempt["duration_ms"])))
