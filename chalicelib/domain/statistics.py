"""Statistics of deliveries by the hour, small enough for a page to read a week of them at once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.domain.delivery_states import Status
from chalicelib.domain.events import PING

BOUNDS_MS = (2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1050, 2000, 5250)
"""The upper bounds of a histogram's buckets, in ms; two lie just above the timeouts. One more
bucket has the rest."""

_REST_MS = 2 * BOUNDS_MS[-1]


class Outcome(NamedTuple):
    """The outcome of one delivery."""

    event_type: str
    status: str
    tries: int
    took_ms: int | None  # of the first attempt; None: there was none


class Counts(NamedTuple):
    """Counts of deliveries; the histogram is of first attempts' durations."""

    made: int = 0
    first: int = 0  # those of them that were delivered at the first attempt
    histogram: tuple[int, ...] = (0,) * (len(BOUNDS_MS) + 1)
    took_ms: int = 0  # the durations of first attempts, added up


class LaterCounts(NamedTuple):
    """Counts of the later events of deliveries, which `Counts` misses."""

    delivered: int = 0  # retries that delivered
    failed: int = 0  # retries that failed
    given_up: int = 0  # deliveries that were given up, at whatever attempt
    late_delivered: int = 0  # first attempts that delivered, for which a delivery had waited long
    late_failed: int = 0  # the same of those that failed


def counts_of(outcomes: Iterable[Outcome]) -> Counts:
    """Return the counts of the deliveries that were attempted, without tests of endpoints.

    A delivery that waits for a suspended endpoint says nothing about first attempts.
    """
    real = [one for one in outcomes if one.event_type != PING and one.tries]
    histogram = [0] * (len(BOUNDS_MS) + 1)
    for one in real:
        if one.took_ms is not None:
            histogram[bucket_of(one.took_ms)] += 1
    first = sum(one.status == Status.DELIVERED.value and one.tries == 1 for one in real)
    took_ms = sum(int(one.took_ms or 0) for one in real)
    return Counts(len(real), first, tuple(histogram), took_ms)


def bucket_of(ms: float) -> int:
    """Return the index of the histogram bucket that counts a duration."""
    return next((place for place, bound in enumerate(BOUNDS_MS) if ms <= bound), len(BOUNDS_MS))


def sum_of(counts: Iterable[Counts]) -> Counts:
    """Return the sum of some counts."""
    parts = list(counts) or [Counts()]
    made, first, took_ms = (
        sum(getattr(part, name) for part in parts) for name in ("made", "first", "took_ms")
    )
    histogram = tuple(map(sum, zip(*(part.histogram for part in parts), strict=True)))
    return Counts(made, first, histogram, took_ms)


def first_share(counts: Counts) -> float | None:
    """Return the share delivered at the first attempt, 0 to 1; None: none was attempted."""
    return counts.first / counts.made if counts.made else None


def percentile(histogram: Sequence[int], share: float) -> float | None:
    """Return a percentile of the attempts' durations, in ms; None: there were no attempts.

    `histogram` holds the number of attempts in each bucket; within a bucket the durations count as
    evenly spread. `share` is 0.5 for the median.
    """
    rank, seen = share * sum(histogram), 0
    for place, count in enumerate(histogram):
        if count and seen + count >= rank:
            low = BOUNDS_MS[place - 1] if place else 0
            high = BOUNDS_MS[place] if place < len(BOUNDS_MS) else _REST_MS
            return low + (high - low) * (rank - seen) / count
        seen += count
    return None
