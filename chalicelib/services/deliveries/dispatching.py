"""Fan-out: from changes of tasks and comments to deliveries, and the first attempt at each."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.adapters.dynamodb.tables.deliveries import Key
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.domain.delivery_states import Status
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import attempts
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.change_events import (
    PlacedEvents,
    events_of_comments,
    events_of_tasks,
    past_events,
)
from chalicelib.services.deliveries.new_deliveries import (
    SequencedEvent,
    new_delivery,
    ordering_key,
)
from chalicelib.services.deliveries.persisting import WRITERS
from chalicelib.services.deliveries.saving import Run, persist_in_turns, results_of
from chalicelib.services.deliveries.selecting import Selection
from chalicelib.services.deliveries.under_way import FIRST_ATTEMPTS_UNDER_WAY
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.deliveries.worker_pool import FIRST_ATTEMPTS
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.sources import links
from chalicelib.services.tasks import history, manual_edits, places
from chalicelib.services.tasks.history import NewHistory

REPEATED_AFTER = 5
"""Seconds after which a change may have come before: to another process, or in a stream that is
read again.

Long enough that changes that come in time cost no read of their deliveries.
"""

_STARTED_AT = time.time()  # earlier changes may have come to another process


def dispatch(changes: Sequence[Change]) -> None:
    """Attempt, once, the deliveries of these changes, and save the results.

    All endpoints and tasks go side by side; the events of one task go to one endpoint one after the
    other.

    Raises:
        StoreUnavailable: Then the changes must come again, and their deliveries repeat with the
            same ids.
    """
    of_tasks = [change for change in changes if not change.is_of_comment]
    _repair(of_tasks)  # first: if it fails, no endpoint was called yet
    placed = events_of_tasks(of_tasks)
    if not placed and len(of_tasks) == len(changes):
        return
    # Never cached: an endpoint that was added before the task must receive it.
    usable = endpoints.usable_endpoints()
    token = settings.webhook_token()
    placed += events_of_comments(changes, usable)
    selection = Selection(usable, placed)
    past = _history_of(of_tasks, placed)
    runs = _start(usable, selection, token)
    persist_in_turns(usable, runs, past)
    selection.note_failures(usable)
    begun = [run for its_runs in runs.values() for run in its_runs]
    _measure_arrivals(results_of(begun), placed)
    for run in begun:
        run.result()  # raises what kept it from its deliveries
    past.set_aside()  # what alone could not be written: the batch is not repeated for it
    UNRECORDED.drop(sequence for sequence, _ in placed)


def _repair(changes: Sequence[Change]) -> None:
    """Complete rows written by hand, recount parts of long columns, and let keys expire."""
    manual_edits.repair_manual_edits(changes)
    places.check(changes)
    links.keep_with_tasks(changes)


def _history_of(changes: Sequence[Change], placed: PlacedEvents) -> NewHistory:
    """Return the history of these changes of tasks: of each at most one record."""
    return NewHistory(
        [history.past_event(event, sequence) for sequence, event in past_events(changes, placed)]
    )


def _start(usable: Sequence[Endpoint], selection: Selection, token: str) -> dict[str, list[Run]]:
    """Start the first attempt for every endpoint and task, or postpone it."""
    jobs: dict[str, list[Callable[[], list[Result]]]] = {}
    runs: dict[str, list[Run]] = {}
    recorded = _recorded(usable, selection)
    for endpoint in usable:
        wanted = selection.by_endpoint[endpoint.id]
        if not wanted:
            runs[endpoint.id] = []
        elif effective.is_inline(endpoint):
            jobs[endpoint.id] = [
                partial(_attempt_in_order, endpoint, items, token, recorded) for items in wanted
            ]
        else:
            runs[endpoint.id] = [
                WRITERS.submit(_postpone_all, endpoint, items, recorded) for items in wanted
            ]
    return FIRST_ATTEMPTS.submit_all(jobs) | runs


def _recorded(usable: Sequence[Endpoint], selection: Selection) -> set[Key] | None:
    """Return which of these deliveries are recorded; None: the changes are new, so none can be."""
    since = max(_STARTED_AT, time.time() - REPEATED_AFTER)
    wanted = [
        (endpoint, item)
        for endpoint in usable
        for items in selection.by_endpoint[endpoint.id]
        for item in items
    ]
    if all(
        item.event.happened_at >= since and item.sequence not in UNRECORDED for _, item in wanted
    ):
        return None
    return Delivery.recorded_of(
        (ordering_key(endpoint, item.event), item.sequence) for endpoint, item in wanted
    )


def _postpone_all(
    endpoint: Endpoint, items: Sequence[SequencedEvent], recorded: Collection[Key] | None
) -> list[Result]:
    """Leave a task's events to the queue, or to the half-open batches of a suspended endpoint."""
    now = time.time()
    return [_postpone(row, endpoint, now, now) for row in _rows(endpoint, items, recorded or ())]


def _attempt_in_order(
    endpoint: Endpoint,
    items: Sequence[SequencedEvent],
    token: str,
    recorded: Collection[Key] | None,
) -> list[Result]:
    """Post a task's events to one endpoint, or postpone them behind an earlier pending one."""
    key, now = ordering_key(endpoint, items[0].event), time.time()
    if recorded is None and endpoint.waiting_since:  # of a batch that is repeated
        recorded = Delivery.recorded_of((key, item.sequence) for item in items)
    rows = _rows(endpoint, items, recorded or ())
    if rows and endpoint.waiting_since and Delivery.has_pending(key):
        return [_postpone(row, endpoint, now) for row in rows]
    results: list[Result] = []
    for row in rows:
        results.append(_take_turn(row, endpoint, token, now, results))
    return results


def _take_turn(
    row: Delivery, endpoint: Endpoint, token: str, now: float, before: Sequence[Result]
) -> Result:
    """Attempt a delivery if those before it, of the same task, are settled."""
    if any(result.next_at is not None for result in before):
        return _postpone(row, endpoint, now)
    if row.tries:  # it was attempted before this repeat, and only its record is missing
        return Result(row, endpoint, next_at=row.due_at)
    if not endpoint.is_active:  # it has just asked to be called no more
        return attempts.give_up(row, endpoint, attempts.DISABLED)
    if sum(result.tally.slow for result in before) >= FAILURE_THRESHOLD:
        return _postpone(row, endpoint, now, now)  # the rest of so slow a task is left to the queue
    return _attempt(row, endpoint, token)


def _attempt(row: Delivery, endpoint: Endpoint, token: str) -> Result:
    """Attempt a delivery, or leave it to the queue while others wait for an endpoint that hangs."""
    timeout = effective.first_timeout(endpoint)
    if FIRST_ATTEMPTS_UNDER_WAY.is_hanging(endpoint.id):
        over_at = time.time() + timeout  # by then the breaker has counted those under way
        return _postpone(row, endpoint, over_at, over_at)
    with FIRST_ATTEMPTS_UNDER_WAY.noting(endpoint.id):
        result = attempts.attempt(row, endpoint, token, timeout)
    UNRECORDED.keep(row)
    return result


def _postpone(
    row: Delivery, endpoint: Endpoint, due_at: float, next_at: float | None = None
) -> Result:
    """Leave a delivery to `retry`; one that was attempted before a repeat stays as it is."""
    if not row.tries:
        row.become(delivery_states.postpone(row.state, due_at, CONFIG.delivery_retention))
    return Result(row, endpoint, next_at=next_at)


def _rows(
    endpoint: Endpoint, items: Sequence[SequencedEvent], recorded: Collection[Key]
) -> list[Delivery]:
    """Return the rows to write: new ones, and at a repeat those attempted but not recorded."""
    key = ordering_key(endpoint, items[0].event)
    missing = [item for item in items if (key, item.sequence) not in recorded]
    return [UNRECORDED.of(key, item.sequence) or new_delivery(endpoint, item) for item in missing]


def _measure_arrivals(results: Iterable[Result], placed: PlacedEvents) -> None:
    """Measure from each change, in AWS's whole seconds, to the end of its attempt."""
    happened_at = {sequence: event.happened_at for sequence, event in placed}
    for delivery in (result.delivery for result in results):
        if delivery.status == Status.DELIVERED.value:
            attempt = delivery.attempts[-1]
            began_ms = (attempt["at"] - happened_at[delivery.sequence]) * 1000
            metrics.measure("ArrivalMs", max(0, round(began_ms + attempt["duration_ms"])))
