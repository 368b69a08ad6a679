"""Coalescing: pending changes of one task become one delivery, the newest, that covers them all."""

from collections.abc import Sequence
from concurrent.futures import wait
from itertools import groupby

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain import delivery_states, event_objects, events
from chalicelib.services.deliveries.threads import Threads

_writers = Threads("coalesce", most=16, spare=0)


def coalesce(pending: Sequence[Delivery], leased_until: float) -> list[Delivery]:
    """Coalesce consecutive changes into the newest of them, and return what is pending then.

    The first is claimed, so that no other worker coalesces; what a crash in between leaves is
    coalesced by the next one.

    Args:
        pending: The pending deliveries of an ordering key, the first of them claimed.
        leased_until: The end of that lease, in epoch seconds.
    """
    survivors: list[Delivery] = []
    for is_change, group in groupby(pending, _is_change):
        run = list(group)
        until = leased_until if run[0] is pending[0] else run[-1].due_at or leased_until
        survivors += [run[-1]] if is_change and _absorb(run, until) else run
    return survivors


def _is_change(row: Delivery) -> bool:
    """Return whether a delivery may be coalesced; an old row without an event may not."""
    return row.event_type == events.MODIFIED and row.packed_event is not None


def _absorb(run: Sequence[Delivery], until: float) -> bool:
    """Let the newest of some changes absorb the others; False: it cannot."""
    *older, newest = run
    if not older:
        return False
    try:
        event = event_objects.coalesce([row.event for row in run if row.event])
        packed = event_objects.pack(event)
    except (ValueError, KeyError, TypeError):  # an event that was edited by hand
        return False
    state = delivery_states.absorb(newest.state, older[0].state.failures, until)
    is_kept = Delivery(packed_event=packed, body=newest.body).fits
    if not is_kept or not newest.save_state(state, packed):
        return False
    newest.take_event(event, packed)
    # The first goes last: while it is claimed no other worker begins, and what a crash leaves
    # coalesces to the same again.
    first, *others = older
    writes = [_writers.submit(_supersede, row, newest) for row in others]
    wait(writes)
    for write in writes:
        write.result()
    _supersede(first, newest)
    metrics.count("Superseded", len(older))
    return True


def _supersede(row: Delivery, newest: Delivery) -> None:
    row.save_superseded(delivery_states.supersede(row.state, newest.id))
