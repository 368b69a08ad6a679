"""Measure the effect of a hanging and of a paced endpoint on others: OK to arrival at 19 of 20.

The 20th in turn answers, accepts each POST and never answers, or answers at a pace below the rate
of the adds. Every round starts fresh, so that no round affects another. Starts Taskhook in its own
folder and the receivers on 127.0.0.1.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from bench.common import add_endpoint, add_many, percentiles, set_pace
from bench.figures import Figure, report
from bench.receivers import Receivers
from local.event_source_mapping import CALLS
from tools.local_run import local_run

_NEIGHBOURS = range(19)
_WARM_UP = 20
_ADDS = 60  # a round; few, so that the first second of a new endpoint counts


class Round(NamedTuple):
    """The results of a round, in seconds."""

    adds_took: float
    lags: list[float]


def measure(rounds: int, rate: float, dispatches: Sequence[int]) -> list[Figure]:
    """Measure all ways alternately, so that other load affects all.

    Args:
        rounds: Of each way.
        rate: Adds a second.
        dispatches: How many calls of `dispatch` may run side by side, one way after the other.
    """
    well, silent, paced = ({calls: list[Round]() for calls in dispatches} for _ in range(3))
    for _ in range(rounds):
        for calls in dispatches:
            well[calls].append(_round(Receivers(20), rate, calls))
            silent[calls].append(_round(Receivers(19, silent=1), rate, calls))
            paced[calls].append(_round(Receivers(20), rate, calls, pace=rate / 2))
    figures = []
    for calls in dispatches:
        figures += _figures("one that never answers", silent[calls], well[calls], calls)
        figures += _figures("one with a pace", paced[calls], well[calls], calls)
    return figures


def _round(receivers: Receivers, rate: float, calls: int, pace: float = 0) -> Round:
    """Warm up with 19 endpoints, add the 20th and measure the others."""
    with closing(receivers), local_run(None, "--dispatches", str(calls)) as run:
        for number in _NEIGHBOURS:
            add_endpoint(receivers.urls[number], f"neighbour-{number}")
        receivers.lags(add_many(run, _WARM_UP, rate=rate), _NEIGHBOURS)
        add_endpoint(receivers.urls[-1], "twentieth")
        if pace:
            set_pace("twentieth", pace)
        begun = time.monotonic()
        added = add_many(run, _ADDS, rate=rate)
        return Round(time.monotonic() - begun, receivers.lags(added, _NEIGHBOURS))


def _figures(
    twentieth: str, rounds: Sequence[Round], well: Sequence[Round], calls: int
) -> list[Figure]:
    beside = f"beside {twentieth}" + ("" if calls == CALLS else f", {calls} calls side by side")
    lags, floor = _percentiles(rounds), _percentiles(well)
    p50, p99 = (f"OK to arrival at 19 endpoints {beside}, {name}" for name in ("p50", "p99"))
    return [
        Figure(p50, lags[0], "ms", floor[0]),
        Figure(p99, lags[1], "ms", floor[1], most_floors=1.5),
        Figure(f"adds {beside}", _rate(rounds), "a second", _rate(well)),
    ]


def _percentiles(rounds: Sequence[Round]) -> tuple[float, float]:
    """Return the medians of the rounds' p50 and p99, in ms: other work may stall one of them."""
    p50, p99 = zip(*(percentiles(one.lags) for one in rounds), strict=True)
    return statistics.median(p50), statistics.median(p99)


def _rate(rounds: Sequence[Round]) -> float:
    return _ADDS / statistics.mean(one.adds_took for one in rounds)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="of each way (default: %(default)s)")
    options.add_argument(
        "--rate", type=float, default=10, help="adds a second (default: %(default)s)"
    )
    options.add_argument(
        "--dispatches",
        type=int,
        nargs="+",
        default=[CALLS],
        help=f"calls of dispatch side by side, each number measured in turn (default: {CALLS})",
    )
    chosen = options.parse_args()
    figures = measure(chosen.rounds, chosen.rate, chosen.dispatches)
    title = (
        f"A 20th endpoint that never answers or has a pace, {chosen.rate:g} adds a second; floor: "
        f"it is well"
    )
    report("neighbours", title, figures, adds=chosen.rounds * _ADDS, wanted_adds_per_s=chosen.rate)
    if figures[-1].value < 0.9 * chosen.rate:
        print(
            "  This machine could not keep up with the adds, so a queue was measured too: try a "
            "lower --rate."
        )


if __name__ == "__main__":
    main()
