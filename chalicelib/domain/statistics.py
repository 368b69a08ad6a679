"""How deliveries go: counted by the hour, in so few numbers that a week of them is read at once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.domain.delivery_states import Status
from chalicelib.domain.events import PING

BOUNDS_MS = (2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1050, 2000, 5250)
"""Up to how many ms each bucket of a histogram reaches; two end just above the time-outs. One more
has the rest."""

_REST_MS = 2 * BOUNDS_MS[-1]


class Outcome(NamedTuple):
    """What is known of one delivery."""

    event_type: str
    status: str
    tries: int
    took_ms: int | None  # the first attempt; None: there was none


class Counts(NamedTuple):
    """What became of some deliveries; each histogram is of first attempts' durations."""

    made: int = 0
    first: int = 0  # of these, so many were delivered at the first attempt
    histogram: tuple[int, ...] = (0,) * (len(BOUNDS_MS) + 1)


def counts_of(outcomes: Iterable[Outcome]) -> Counts:
    """Return the counts of the deliveries that were tried; tests of endpoints are none.

    What waits for a suspended endpoint says nothing of how often a first attempt succeeds.
    """
    real = [one for one in outcomes if one.event_type != PING and one.tries]
    histogram = [0] * (len(BOUNDS_MS) + 1)
    for one in real:
        if one.took_ms is not None:
            histogram[bucket_of(one.took_ms)] += 1
    first = sum(one.status == Status.DELIVERED.value and one.tries == 1 for one in real)
    return Counts(len(real), first, tuple(histogram))


def bucket_of(ms: float) -> int:
    """Return in which bucket of a histogram a duration is counted."""
    return next((place for place, bound in enumerate(BOUNDS_MS) if ms <= bound), len(BOUNDS_MS))


def sum_of(counts: Iterable[Counts]) -> Counts:
    """Return some counts in one."""
    parts = list(counts) or [Counts()]
    histogram = tuple(map(sum, zip(*(part.histogram for part in parts), strict=True)))
    return Counts(sum(part.made for part in parts), sum(part.first for part in parts), histogram)


def first_share(counts: Counts) -> float | None:
    """Return which share was delivered at the first attempt, 0 to 1; None: none was tried."""
    return counts.first / counts.made if counts.made else None


def percentile(histogram: Sequence[int], share: float) -> float | None:
    """Return how many ms a share of the attempts took at most; None: there were none.

    Within a bucket the durations count as spread evenly.

    Args:
        histogram: How many attempts fall into each bucket.
        share: 0.5 for the median.
    """
    rank, seen = share * sum(histogram), 0
    for place, count in enumerate(histogram):
        if count and seen + count >= rank:
            low = BOUNDS_MS[place - 1] if place else 0
            high = BOUNDS_MS[place] if place < len(BOUNDS_MS) else _REST_MS
            return low + (high - low) * (rank - seen) / count
        seen += count
    return None
