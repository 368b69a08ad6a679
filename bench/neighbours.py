"""Measure the effect of a hanging endpoint on others: OK to arrival at 19 of 20.

The 20th alternately answers, or accepts each POST and never answers. Every round starts fresh, so
that no round affects another. Starts Taskhook in its own folder and the receivers on 127.0.0.1.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from bench.common import add_endpoint, add_many, percentiles
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
    well: dict[int, list[Round]] = {calls: [] for calls in dispatches}
    silent: dict[int, list[Round]] = {calls: [] for calls in dispatches}
    for _ in range(rounds):
        for calls in dispatches:
            well[calls].append(_round(Receivers(20), rate, calls))
            silent[calls].append(_round(Receivers(19, silent=1), rate, calls))
    return [
        figure for calls in dispatches for figure in _figures(silent[calls], well[calls], calls)
    ]


def _round(receivers: Receivers, rate: float, calls: int) -> Round:
    """Warm up with 19 endpoints, add the 20th and measure the others."""
    with closing(receivers), local_run(None, "--dispatches", str(calls)) as run:
        for number in _NEIGHBOURS:
            add_endpoint(receivers.urls[number], f"neighbour-{number}")
        receivers.lags(add_many(run, _WARM_UP, rate=rate), _NEIGHBOURS)
        add_endpoint(receivers.urls[-1], "twentieth")
        begun = time.monotonic()
        added = add_many(run, _ADDS, rate=rate)
        return Round(time.monotonic() - begun, receivers.lags(added, _NEIGHBOURS))


def _figures(silent: Sequence[Round], well: Sequence[Round], calls: int) -> list[Figure]:
    beside = "" if calls == CALLS else f", {calls} calls side by side"
    lags, floor = (
        percentiles([lag for one in rounds for lag in one.lags]) for rounds in (silent, well)
    )
    return [
        Figure(f"OK to arrival at 19 endpoints, p50{beside}", lags[0], "ms", floor[0]),
        Figure(
            f"OK to arrival at 19 endpoints, p99{beside}", lags[1], "ms", floor[1], most_floors=1.5
        ),
        Figure(f"adds meanwhile{beside}", _rate(silent), "a second", _rate(well)),
    ]


def _rate(rounds: Sequence[Round]) -> float:
    return _ADDS / statistics.mean(one.adds_took for one in rounds)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=4, help="of each way (default: %(default)s)")
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
    title = f"A 20th endpoint that never answers, {chosen.rate:g} adds a second; floor: it is well"
    report("neighbours", title, figures, adds=chosen.rounds * _ADDS, wanted_adds_per_s=chosen.rate)
    if figures[-1].value < 0.9 * chosen.rate:
        print(
            "  This machine could not keep up with the adds, so a queue was measured too: try a "
            "lower --rate."
        )


if __name__ == "__main__":
    main()
