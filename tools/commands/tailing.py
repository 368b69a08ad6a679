"""Follows deliveries: tells what came of each attempt, soon after it was made."""

import time
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.deliveries import delivery_log, delivery_search
from chalicelib.services.deliveries.delivery_search import Wanted

_OVERLAP = 15
"""Seconds before the newest delivery that are read again: the index is late, and events may be."""

_MOST_PENDING = 100
"""The most pending deliveries that are looked at each time, those that are due first."""

_Seen = tuple[int, str]  # tries and status


class Follower:
    """Finds the deliveries of which something has come since the last look.

    A look reads what is new at each endpoint, and what is due first: a retry changes a row that may
    be days old. What is due no longer is read once more, for it was settled or put off.
    """

    def __init__(self, endpoint_id: str | None, status: str | None) -> None:
        """Follow one endpoint or all; `status` leaves out what stands otherwise."""
        self._endpoint_id, self._status = endpoint_id, status
        self._seen: dict[str, _Seen] = {}
        self._pending: set[str] = set()
        self._since = time.time()

    def begin(self, count: int) -> list[Delivery]:
        """Return the newest deliveries, the oldest of them first; all that there is is old news."""
        newest = delivery_log.list_deliveries(self._endpoint_id, self._status, limit=count or 1)
        list(self.look())
        return newest[:count][::-1]

    def look(self) -> Iterator[Delivery]:
        """Yield each delivery that was attempted or settled, in the order of creation."""
        since = self._since - _OVERLAP
        new = delivery_log.list_deliveries(self._endpoint_id, since=since)
        wanted = Wanted(endpoint_id=self._endpoint_id or "", status="pending")
        due = {row.id: row for row in delivery_search.search(wanted, limit=_MOST_PENDING).rows}
        fresh = {row.id: row for row in new}
        ended = self._pending - due.keys() - fresh.keys()
        rows = {**due, **fresh, **{row.id: row for row in _found(ended)}}
        before, self._seen, self._pending = self._seen, {}, set(due)
        for row in sorted(rows.values(), key=lambda row: float(row.created_at)):
            self._since = max(self._since, float(row.created_at))
            self._seen[row.id] = int(row.tries), str(row.status)
            if _is_news(row, before.get(row.id)) and self._status in {None, row.status}:
                yield row


def _is_news(row: Delivery, before: _Seen | None) -> bool:
    """Tell whether a delivery was attempted or settled since it was seen."""
    tries, status = before or (0, Status.PENDING.value)
    return row.tries != tries or row.status not in {status, Status.PENDING.value}


def _found(ids: set[str]) -> Iterator[Delivery]:
    for delivery_id in ids:
        with suppress(NotFound, Refused):  # it has expired, or was edited by hand
            yield delivery_log.find_delivery(delivery_id)
