"""Statistics of deliveries, counted with each attempt and shown for a day or a week."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.tables import delivery_lists
from chalicelib.adapters.dynamodb.tables.hours import Counted, Hour, Later
from chalicelib.domain import statistics
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.events import PING
from chalicelib.domain.statistics import Counts, LaterCounts, Outcome
from chalicelib.services.deliveries.attempts import Result

HOUR = 3600
BACK = 7 * 86400
"""Seconds from now to the first delivery that is counted."""

SETTLED_AFTER = 120.0
"""Seconds after which a delivery has been written, whatever its batch had to wait for, and its
index has it."""

COUNTED_AFTER = SETTLED_AFTER + 70.0
"""Seconds after which a sweep has counted a delivery, attempted or not."""

COUNTED_AT_ONCE = 5000
"""Deliveries of an endpoint that one sweep counts at most."""

SEEN_LIVE = 1000
"""Deliveries of an endpoint, the newest, that are looked at beside what is counted."""

_Row = tuple[float, Outcome]  # when it was made, and what came of it


def count_all(endpoint_ids: Collection[str], now: float) -> None:
    """Count what is new at these endpoints; what cannot be counted is logged, and counted later."""
    for endpoint_id in endpoint_ids:
        try:
            _count(endpoint_id, now)
        except Exception as error:  # noqa: BLE001 -- figures shall never keep a delivery from its retry
            log.event("count_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))


def _count(endpoint_id: str, now: float) -> None:
    counted = Counted.of(endpoint_id)
    since = now - BACK if counted.until is None else counted.until
    rows = _rows(endpoint_id, since, now - SETTLED_AFTER, COUNTED_AT_ONCE)
    # Others may have been made in the same millisecond as the last one.
    if len(rows) == COUNTED_AT_ONCE:
        rows = [row for row in rows if row[0] < rows[-1][0]] or rows
    for hour, its_rows in groupby(rows, key=lambda row: int(row[0] // HOUR)):
        made_at, outcomes = zip(*its_rows, strict=True)
        if not Hour.add(counted, hour, statistics.counts_of(outcomes), made_at[-1]):
            return


def count_later(endpoint_id: str, results: Iterable[Result]) -> None:
    """Add retries and failed deliveries to an endpoint's counts; failing to is only logged.

    First attempts are left to the sweep, which counts their rows: they must cost no write.
    """
    now = time.time()
    counts = later_counts(results, now)
    if not any(counts):
        return
    try:
        Later.add(endpoint_id, counts, now)
    except Exception as error:  # noqa: BLE001 -- as above
        log.event("count_failed", logging.ERROR, endpoint_id=endpoint_id, error=repr(error))


def later_counts(results: Iterable[Result], now: float) -> LaterCounts:
    """Return the counts that the sweep misses: retries, given up ones, late first attempts."""
    real = [one for one in results if one.delivery.event_type != PING]
    retries = [one.tally for one in real if one.delivery.tries > 1]
    late = [one.tally for one in real if one.delivery.tries == 1 and _is_late(one, now)]
    return LaterCounts(
        delivered=sum(tally.successes for tally in retries),
        failed=sum(tally.failures for tally in retries),
        given_up=sum(one.delivery.status == Status.FAILED.value for one in real),
        late_delivered=sum(tally.successes for tally in late),
        late_failed=sum(tally.failures for tally in late),
    )


def _is_late(result: Result, now: float) -> bool:
    return result.delivery.created_at < now - COUNTED_AFTER


def _rows(
    endpoint_id: str, after: float, until: float, limit: int, *, newest_first: bool = False
) -> list[_Row]:
    """Return the deliveries that were made after a time and not after another one."""
    since = round(after + 0.001, 3)  # times are kept in whole ms
    rows = delivery_lists.made_between(
        endpoint_id, since, round(until, 3), limit, newest_first=newest_first
    )
    return [(float(row["created_at"]), _outcome(row)) for row in islice(rows, limit)]


def _outcome(row: Mapping[str, Any]) -> Outcome:
    """Return what a row tells; what was edited into something else tells nothing."""
    tries, took_ms = (
        row.get(name) if isinstance(row.get(name), (int, float)) else None
        for name in ("tries", "took_ms")
    )
    return Outcome(str(row.get("event_type")), str(row.get("status")), int(tries or 0), took_ms)


def last_hours(endpoint_ids: Collection[str], count: int) -> Mapping[str, Sequence[Counts]]:
    """Return each endpoint's counts of the last hours, the oldest first, up to the current one."""
    now = time.time()
    hours = range(int(now // HOUR) - count + 1, int(now // HOUR) + 1)
    known = Hour.of_all(endpoint_ids, hours)
    counted = Counted.of_all(endpoint_ids)
    found = {}
    for endpoint_id in endpoint_ids:
        since = max(counted.get(endpoint_id, 0), hours[0] * HOUR - 0.001)
        live = _by_hour(_rows(endpoint_id, since, now, SEEN_LIVE, newest_first=True))
        parts = (
            [known.get((endpoint_id, hour), Counts()), live.get(hour, Counts())] for hour in hours
        )
        found[endpoint_id] = [statistics.sum_of(part) for part in parts]
    return found


def _by_hour(rows: Sequence[_Row]) -> dict[int, Counts]:
    grouped = groupby(rows, key=lambda row: int(row[0] // HOUR))
    return {
        hour: statistics.counts_of(outcome for _, outcome in its_rows) for hour, its_rows in grouped
    }
