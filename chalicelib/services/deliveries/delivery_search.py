"""Searches of the record of deliveries: by endpoint, status, event, task and time."""

import time
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import chain, islice
from typing import NamedTuple

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.adapters.dynamodb.tables.delivery_lists import ListedDelivery
from chalicelib.domain.delivery_states import Status
from chalicelib.services.deliveries.new_deliveries import ordering_keys
from chalicelib.services.endpoints import endpoints

LOOKED_AT = 2000
"""Rows of an index that one search looks through at most before it asks whether to go on."""
_LISTED = [
    *("lane", "sequence", "endpoint_id", "event_type", "task_id", "status", "outcome"),
    *("tries", "took_ms", "created_at", "due_at"),
]
_NEVER = 1e11
"""Epoch seconds at which nothing was made."""
_Row = tuple[float, Delivery]  # its place in the order, and a delivery without its body


class Wanted(NamedTuple):
    """Which deliveries are looked for; what is empty lets all through."""

    endpoint_id: str = ""
    status: str = ""
    event_type: str = ""
    task_id: int | None = None
    since: float = 0  # made at or after this time, in epoch seconds
    until: float | None = None  # and at or before this one

    def takes(self, row: Delivery) -> bool:
        """Tell whether a delivery is one of them; of its task it is, or it is not looked at."""
        return (
            self.status in ("", row.status)
            and self.event_type in ("", row.event_type)
            and self.since <= row.created_at
            and (self.until is None or row.created_at <= self.until)
        )


class Found(NamedTuple):
    """Deliveries, without their bodies."""

    rows: list[Delivery]
    place: float | None  # behind which there may be more; None: that was all
    is_cut: bool = False  # whether the search ended because it had looked at enough


def search(
    wanted: Wanted,
    place: float | None = None,
    limit: int = 50,
    skips: Callable[[Delivery], bool] | None = None,
) -> Found:
    """Return deliveries: the newest first, or of pending ones those due first.

    Args:
        wanted: Which ones.
        place: Where an earlier search ended.
        limit: How many; a few more where they were made at the same moment.
        skips: Tells which of them are left out.
    """
    ids = [wanted.endpoint_id] if wanted.endpoint_id else endpoints.ids_of_all()
    rows: Iterator[_Row]
    if wanted.task_id is not None:
        keys = [ordering_keys(endpoint_id, wanted.task_id) for endpoint_id in ids]
        rows = _of_lanes(chain.from_iterable(keys), place)
    elif wanted.status == Status.PENDING.value:
        rows = _waiting(ids, place or 0)
    else:
        takes_all = not (wanted.status or wanted.event_type or skips)
        rows = _of_endpoints(ids, wanted, place, limit + 1 if takes_all else 500)
    with translating_store_errors():
        return _take(rows, lambda row: wanted.takes(row) and not (skips and skips(row)), limit)


def _take(rows: Iterator[_Row], takes: Callable[[Delivery], bool], limit: int) -> Found:
    found: list[Delivery] = []
    last, looked_at = None, 0
    for place, row in rows:
        is_enough = len(found) >= limit or looked_at >= LOOKED_AT
        if is_enough and place != last:
            return Found(found, last, is_cut=len(found) < limit)
        last, looked_at = place, looked_at + 1
        if takes(row):
            found.append(row)
    return Found(found, None)


def _of_lanes(lanes: Iterable[str], before: float | None) -> Iterator[_Row]:
    queries = [
        _dated(
            ListedDelivery.query(
                lane, scan_index_forward=False, attributes_to_get=_LISTED, page_size=100
            )
        )
        for lane in lanes
    ]
    rows = merge(*queries, key=lambda row: -row.created_at)
    return ((row.created_at, row) for row in rows if before is None or row.created_at < before)


def _dated(rows: Iterable[ListedDelivery]) -> Iterator[ListedDelivery]:
    """Let a row that says no more when it was made stand behind its neighbour."""
    made_at = time.time()
    for row in rows:
        made_at = row.created_at = row.created_at or made_at
        yield row


def _of_endpoints(
    ids: Iterable[str], wanted: Wanted, before: float | None, page_size: int
) -> Iterator[_Row]:
    # Times are kept in whole ms.
    bounds = [wanted.until, None if before is None else round(before - 0.001, 3)]
    until = min((bound for bound in bounds if bound is not None), default=_NEVER)
    if until < wanted.since:
        return iter(())
    made = Delivery.created_at.between(wanted.since, until)
    queries = [
        ListedDelivery.by_endpoint.query(one, made, scan_index_forward=False, page_size=page_size)
        for one in ids
    ]
    return ((row.created_at, row) for row in merge(*queries, key=lambda row: -row.created_at))


def _waiting(ids: Iterable[str], after: float) -> Iterator[_Row]:
    queries = [Delivery.due.query(one, Delivery.due_at > after, page_size=100) for one in ids]
    due = merge(*queries, key=lambda row: row.due_at)
    while keys := list(islice(due, 100)):
        wanted = [(row.ordering_key, row.sequence) for row in keys]
        whole = {
            (row.ordering_key, row.sequence): row
            for row in ListedDelivery.batch_get(wanted, attributes_to_get=_LISTED)
        }
        yield from (
            (row.due_at, whole[key]) for row, key in zip(keys, wanted, strict=True) if key in whole
        )
