"""Write results: the state of circuit breakers, then delivery rows, then retry messages.

In this order, whatever a crash cuts off is found again: by the next batch, by the repeat of the
stream's records, or by the sweep. Only rows of delivered events may be written before (`saving`).
First attempts create rows; retries update the row that they have claimed, if their lease has not
run out.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import chain

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.batches import MOST, put_all
from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint, PastEvent
from chalicelib.adapters.dynamodb.tables.deliveries import Broken, Key
from chalicelib.domain.circuit_breaker import sum_of
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import RowRefused, StoreUnavailable
from chalicelib.domain.events import ENDPOINT_DISABLED, ENDPOINT_SUSPENDED
from chalicelib.services.deliveries import attempts, operator_events, statistics
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.endpoints import circuit_breaker, effective, endpoints
from chalicelib.services.tasks.history import NewHistory

TOO_LARGE = "given up: the event is too large to be kept for a retry"

WRITERS = ThreadPoolExecutor(8, thread_name_prefix="write")
"""As many batches as a busy SQLite writes within 2 s."""


def persist(
    results: Sequence[Result], past: NewHistory | None = None, saved: Collection[Key] = ()
) -> None:
    """Count results in the circuit breakers and save them.

    Args:
        results: What came of deliveries.
        past: The history of their events, if it is to be written with them.
        saved: The keys of rows that `save_delivered` has written.

    Raises:
        StoreUnavailable: Not all could be written; as much as could be is.
    """
    count(results)
    save(results, past=past, saved=saved)


def count(results: Iterable[Result], hops: int = 0) -> None:
    """Count attempts in circuit breakers and statistics. Raises StoreUnavailable."""
    for endpoint, its_own in _by_endpoint(results):
        turn = circuit_breaker.note_attempts(endpoint, sum_of(one.tally for one in its_own), hops)
        tell_of_turn(turn, endpoint, its_own, hops)
        statistics.count_later(endpoint.id, its_own)


def save_delivered(results: Iterable[Result]) -> set[Key]:
    """Write the new rows that are delivered, and return their keys.

    All else about these results is left to `persist`.

    Raises:
        StoreUnavailable: Not all could be written.
    """
    delivered = [one for one in results if one.delivery.status == Status.DELIVERED.value]
    _create(delivered, NewHistory([]))
    return {_key_of(one) for one in delivered}


def save(
    results: Sequence[Result],
    hops: int = 0,
    past: NewHistory | None = None,
    saved: Collection[Key] = (),
) -> bool:
    """Write rows and the messages that bring them back; False: a lease had run out.

    Raises:
        StoreUnavailable: Not all could be written; as much as could be is.
    """
    for endpoint, its_own in _by_endpoint(results):
        _note_endpoint(endpoint, its_own, hops)
    new = [result for result in results if result.leased_until is None]
    _create([one for one in new if _key_of(one) not in saved], past or NewHistory([]))
    claimed = [result for result in results if result.leased_until is not None]
    updated = [result for result in claimed if _update(result)]
    messages = dict(chain(_first_messages(new), _retry_messages(updated)))
    if messages:
        queue.send(messages, hops)
    operator_events.tell_of_failed([*new, *updated], hops)
    return len(updated) == len(claimed)


def tell_of_turn(
    turn: str | None, endpoint: Endpoint, its_own: Sequence[Result], hops: int = 0
) -> None:
    """Tell operators that these results have suspended, recovered or disabled an endpoint."""
    reason: str | None = endpoint.disabled_reason
    if turn == ENDPOINT_SUSPENDED:
        failed = [one.delivery.outcome for one in its_own if one.tally.failures]
        reason = failed[-1] if failed else None
    operator_events.tell_of_endpoint(turn, endpoint, reason, hops)


def set_aside(row: Broken) -> None:
    """Put a row that cannot be used with the dead letters, and out of the way of the others."""
    key = {"lane": row.ordering_key, "sequence": row.sequence}
    queue.set_aside("delivery", row.reason, key, None)
    Delivery.set_aside(row)


def _by_endpoint(results: Iterable[Result]) -> Iterator[tuple[Endpoint, list[Result]]]:
    groups: dict[str, tuple[Endpoint, list[Result]]] = {}
    for result in results:
        if result.endpoint is not None:
            groups.setdefault(result.endpoint.id, (result.endpoint, []))[1].append(result)
    return iter(groups.values())


def _note_endpoint(endpoint: Endpoint, its_own: Sequence[Result], hops: int) -> None:
    """Disable an endpoint that asks for it, and note that new deliveries wait for it."""
    for result in its_own:
        if result.is_disabling:
            reason = f"the endpoint asked for it: {result.delivery.outcome}"
            if endpoints.disable(endpoint, reason):
                operator_events.tell_of_endpoint(ENDPOINT_DISABLED, endpoint, reason, hops)
    if any(one.leased_until is None and one.delivery.is_pending for one in its_own):
        endpoint.note_waiting(time.time())


def _key_of(result: Result) -> Key:
    return result.delivery.ordering_key, result.delivery.sequence


def _create(results: Sequence[Result], past: NewHistory) -> None:
    """Write new rows side by side: delivered ones in batches, the others each on a condition."""
    rows = [result.delivery for result in results]
    for row in rows:
        _let_fit(row)
    delivered = [row for row in rows if row.status == Status.DELIVERED.value]
    others = [row for row in rows if row.status != Status.DELIVERED.value]
    together: list[Delivery | PastEvent] = [*delivered, *past.records]
    batches = [together[start : start + MOST] for start in range(0, len(together), MOST)]
    writes = [partial(_create_row, row) for row in others]
    writes += [partial(_create_together, batch, past) for batch in batches]
    _do_all(writes)


def _do_all(writes: Sequence[Callable[[], None]]) -> None:
    """Do these writes side by side; a single one needs no other thread."""
    if len(writes) < 2:
        for write in writes:
            write()
        return
    begun = [WRITERS.submit(write) for write in writes]
    wait(begun)
    for one in begun:
        one.result()


def _create_row(row: Delivery) -> None:
    try:
        row.save_new()
    except RowRefused as error:
        queue.set_aside("delivery", error, {"id": row.id, "event_id": row.event_id}, None)


def _create_together(rows: Sequence[Delivery | PastEvent], past: NewHistory) -> None:
    """Write deliveries and history in one call; if that fails, in two."""
    delivered = [row for row in rows if isinstance(row, Delivery)]
    records = [row for row in rows if isinstance(row, PastEvent)]
    if delivered and records:
        try:
            put_all(rows)
        except (RowRefused, StoreUnavailable):
            _create_delivered(delivered)
            past.save(records)
    elif records:
        past.save(records)
    else:
        _create_delivered(delivered)


def _create_delivered(rows: Sequence[Delivery]) -> None:
    try:
        put_all(rows)
    except RowRefused:
        for row in rows:
            _create_row(row)


def _update(result: Result) -> bool:
    """Write a claimed row, unless its lease has run out."""
    row, until = result.delivery, result.leased_until or 0
    try:
        is_saved = row.save_outcome(until)
    except RowRefused as error:
        reason = f"the store refuses its record: {error}"
        set_aside(Broken(row.ordering_key, row.sequence, reason))
        is_saved = False
    if not is_saved:
        log.event("claim_ran_out", delivery_id=row.id)
    return is_saved


def _first_messages(results: Iterable[Result]) -> Iterator[tuple[queue.RetryMessage, float]]:
    """Yield what brings new rows back; those of a suspended endpoint come by half-open batches."""
    for result in results:
        if result.next_at is None or result.endpoint is None:
            continue
        until = result.endpoint.breaker.suspended_until
        if effective.per_second(result.endpoint) and until is None:
            yield queue.RetryMessage(result.endpoint.id), result.next_at
        elif until is None:
            yield _message_of(result.delivery), result.next_at
        elif until <= time.time():  # the index of what is due may lag behind by a moment
            yield queue.RetryMessage(result.endpoint.id), time.time() + 1


def _retry_messages(results: Iterable[Result]) -> Iterator[tuple[queue.RetryMessage, float]]:
    """Yield what brings claimed rows back, of suspended endpoints too: their time may be over."""
    for result in results:
        if result.next_at is not None:
            yield _message_of(result.delivery), result.next_at


def _message_of(row: Delivery) -> queue.RetryMessage:
    return queue.RetryMessage(row.endpoint_id, row.ordering_key)


def _let_fit(row: Delivery) -> None:
    """Drop what is too large for the store: the body first, which can be made of the event again.

    `changes` holds a long text before and after, so that an event may be larger than an item though
    its task is not. A delivery that needs it is given up.
    """
    if not row.fits:
        row.body = BODY_NOT_KEPT
    if not row.fits:
        row.drop_contents()
        if row.is_pending:
            attempts.give_up(row, None, TOO_LARGE)
