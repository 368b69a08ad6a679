"""The record of deliveries: what was sent where, and what came of it."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from chalicelib.adapters.dynamodb.store import translating_store_errors
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, Task
from chalicelib.adapters.dynamodb.tables.deliveries import Broken
from chalicelib.adapters.dynamodb.tables.delivery_lists import Listed
from chalicelib.domain.delivery_states import Status, read_status
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.endpoints import endpoints

LOOKED_AT = 2000
"""Rows of an index that one search looks through at most before it asks whether to go on."""

SENT_AGAIN = "is to be sent again"
"""The outcome of a delivery that somebody has sent again, until it is attempted."""

SENT_IN_REPLAY = "is to be sent again in a replay"
"""The same of one that was sent again with many others."""

UNDER_WAY = 30
"""Seconds for which what somebody has sent again is taken to be on its way; then its message must
have been lost."""

_LISTED = [
    "lane",
    "sequence",
    "endpoint_id",
    "event_type",
    "task_id",
    "status",
    "outcome",
    "tries",
    "took_ms",
]
_LISTED += ["created_at", "due_at"]

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


def search(wanted: Wanted, place: float | None = None, limit: int = 50) -> Found:
    """Return deliveries: the newest first, or of pending ones those due first.

    Args:
        wanted: Which ones.
        place: Where an earlier search ended.
        limit: How many; a few more where they were made at the same moment.
    """
    ids = (
        [wanted.endpoint_id]
        if wanted.endpoint_id
        else [str(one.endpoint.id) for one in endpoints.list_endpoints()]
    )
    rows: Iterator[_Row]
    if wanted.task_id is not None:
        rows = _of_lanes([f"{endpoint_id}.{wanted.task_id}" for endpoint_id in ids], place)
    elif wanted.status == Status.PENDING.value:
        rows = _waiting(ids, place or 0)
    else:
        rows = _of_endpoints(ids, wanted, place, limit)
    with translating_store_errors():
        return _take(rows, wanted.takes, limit)


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
            Listed.query(lane, scan_index_forward=False, attributes_to_get=_LISTED, page_size=100)
        )
        for lane in lanes
    ]
    rows = merge(*queries, key=lambda row: -row.created_at)
    return ((row.created_at, row) for row in rows if before is None or row.created_at < before)


def _dated(rows: Iterable[Listed]) -> Iterator[Listed]:
    """Let a row that says no more when it was made stand behind its neighbour."""
    made_at = time.time()
    for row in rows:
        made_at = row.created_at = row.created_at or made_at
        yield row


def _of_endpoints(
    ids: Iterable[str], wanted: Wanted, before: float | None, limit: int
) -> Iterator[_Row]:
    # Times are kept in whole ms.
    bounds = [wanted.until, None if before is None else round(before - 0.001, 3)]
    until = min((bound for bound in bounds if bound is not None), default=_NEVER)
    if until < wanted.since:
        return iter(())
    made = Delivery.created_at.between(wanted.since, until)
    page_size = 500 if wanted.status or wanted.event_type else limit + 1
    queries = [
        Listed.by_endpoint.query(one, made, scan_index_forward=False, page_size=page_size)
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
            for row in Listed.batch_get(wanted, attributes_to_get=_LISTED)
        }
        yield from (
            (row.due_at, whole[key]) for row, key in zip(keys, wanted, strict=True) if key in whole
        )


def titles_of(task_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of these tasks; those that are gone are left out."""
    with translating_store_errors():
        rows = Task.batch_get(sorted(set(task_ids)), attributes_to_get=["task_id", "title"])
        return {int(row.task_id): str(row.title) for row in rows}


class Waiting(NamedTuple):
    """What is not settled."""

    total: int
    is_more: bool  # whether there is more than was counted
    since: float | None  # when the oldest was made, in epoch seconds


def waiting(endpoint_ids: Iterable[str]) -> Waiting:
    """Return how much waits for these endpoints and since when, within LOOKED_AT rows each."""
    total, is_more, since = 0, False, []
    with translating_store_errors():
        for endpoint_id in endpoint_ids:
            keys = list(Delivery.due.query(endpoint_id, limit=LOOKED_AT))
            total, is_more = total + len(keys), is_more or len(keys) == LOOKED_AT
            if keys:
                oldest = min(keys, key=lambda row: row.sequence)
                parts = Listed.batch_get(
                    [(oldest.ordering_key, oldest.sequence)], attributes_to_get=["created_at"]
                )
                since += [float(row.created_at) for row in parts]
    return Waiting(total, is_more, min(since, default=None))


def is_sent_again(delivery: Delivery) -> bool:
    """Tell whether a delivery was sent again, alone or in a replay, and not attempted since."""
    return delivery.is_pending and delivery.outcome in {SENT_AGAIN, SENT_IN_REPLAY}


def held_until(delivery: Delivery, endpoint: Endpoint | None) -> float | None:
    """Return when the suspended endpoint that a delivery waits for is tried next, in epoch seconds.

    None where the delivery waits for nothing but its own time, or somebody has just sent it again.
    """
    if (
        endpoint is None
        or not delivery.is_pending
        or not endpoint.is_active
        or endpoint.suspended_until is None
    ):
        return None
    if delivery.outcome == SENT_AGAIN and (delivery.due_at or 0) > time.time() - UNDER_WAY:
        return None
    until = float(endpoint.suspended_until)
    return until if (delivery.due_at or 0) <= max(until, time.time()) else None


def waits_behind(delivery: Delivery) -> Delivery | None:
    """Return the earlier event of the same task that must go first; None: there is none."""
    if not delivery.is_pending:
        return None
    waiting, _ = Delivery.waiting_in(delivery.ordering_key)
    return next((row for row in waiting if row.sequence < delivery.sequence), None)


def last_failed(endpoint: Endpoint) -> Delivery | None:
    """Return a recent failed delivery of an endpoint, without its body, or None.

    It is one of those with which the failures began: probes go to these first, so that the most
    tried one has the newest answer.
    """
    if endpoint.failing_since is None:
        return None
    began = Delivery.created_at <= int(endpoint.failing_since) + 1
    with translating_store_errors():
        rows = list(
            Listed.by_endpoint.query(endpoint.id, began, scan_index_forward=False, limit=100)
        )
    is_failing = {Status.PENDING.value, Status.FAILED.value}
    return max(
        (row for row in rows if row.tries and row.status in is_failing),
        key=lambda row: row.tries,
        default=None,
    )


def list_deliveries(
    endpoint_id: str | None = None,
    status: str | None = None,
    since: float = 0,
    limit: int | None = None,
) -> list[Delivery]:
    """Return deliveries, the newest first.

    Args:
        endpoint_id: Those to one endpoint; None: those to all that there are.
        status: Those that stand so; None: all.
        since: Those made at or after this time, in epoch seconds.
        limit: At most so many, the newest; None: all.

    Raises:
        NotFound: There is no such endpoint, and nothing is left that was sent to one.
        Refused: There is no such status.
    """
    status = read_status(status)
    ids = (
        [endpoint_id]
        if endpoint_id
        else [str(listed.endpoint.id) for listed in endpoints.list_endpoints()]
    )
    found: list[Delivery] = []
    with translating_store_errors():
        for one in ids:
            newest = Listed.by_endpoint.query(
                one, Delivery.created_at >= since, scan_index_forward=False
            )
            found += islice(
                (delivery for delivery in newest if status in (None, delivery.status)), limit
            )
    if endpoint_id and not found:  # what was sent to one that is gone is still to be seen
        endpoints.find_endpoint(endpoint_id)
    return sorted(found, key=lambda delivery: -delivery.created_at)[:limit]


def count_waiting(endpoint_id: str) -> int:
    """Return how many deliveries wait for an endpoint."""
    with translating_store_errors():
        return Delivery.due.count(endpoint_id)


def find_delivery(delivery_id: str) -> Delivery:
    """Return a delivery.

    Raises:
        NotFound: There is none, or its record has expired.
        Refused: Its row has been edited so that it cannot be used.
    """
    found = Delivery.find(delivery_id)
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    if isinstance(found, Broken):
        raise Refused({"delivery": found.reason})
    return found
