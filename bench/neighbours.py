"""Measure what an endpoint that never answers costs the others: OK to arrival at 19 of 20.

In turns the 20th is well, or it takes each POST and says nothing. It is new in each round, and so is all else, so that
no round finds what another one has left. Starts Taskhook in a folder of its own and the receivers on 127.0.0.1; ends
by itself.
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
from tools.local_run import local_run

_NEIGHBOURS = range(19)
_WARM_UP = 20
_ADDS = 60  # a round; few, so that the first second of a new endpoint counts


class Round(NamedTuple):
    """What a round saw, in seconds."""

    adds_took: float
    lags: list[float]


def measure(rounds: int, rate: float) -> list[Figure]:
    """Measure both ways in turns, so that whatever else this machine does meets both."""
    well, silent = [], []
    for _ in range(rounds):
        well.append(_round(Receivers(20), rate))
        silent.append(_round(Receivers(19, silent=1), rate))
    return _figures(silent, well)


def _round(receivers: Receivers, rate: float) -> Round:
    """Warm up with 19 endpoints, add the 20th and measure how the others do."""
    with closing(receivers), local_run() as run:
        for number in _NEIGHBOURS:
            add_endpoint(receivers.urls[number], f"neighbour-{number}")
        receivers.lags(add_many(run, _WARM_UP, rate=rate), _NEIGHBOURS)
        add_endpoint(receivers.urls[-1], "twentieth")
        begun = time.monotonic()
        added = add_many(run, _ADDS, rate=rate)
        return Round(time.monotonic() - begun, receivers.lags(added, _NEIGHBOURS))


def _figures(silent: Sequence[Round], well: Sequence[Round]) -> list[Figure]:
    lags, floor = (percentiles([lag for one in rounds for lag in one.lags]) for rounds in (silent, well))
    return [
        Figure("OK to arrival at 19 endpoints, p50", lags[0], "ms", floor[0]),
        Figure("OK to arrival at 19 endpoints, p99", lags[1], "ms", floor[1], most_floors=1.5),
        Figure("adds meanwhile", _rate(silent), "a second", _rate(well)),
    ]


def _rate(rounds: Sequence[Round]) -> float:
    return _ADDS / statistics.mean(one.adds_took for one in rounds)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=4, help="of each way (default: %(default)s)")
    options.add_argument("--rate", type=float, default=10, help="adds a second (default: %(default)s)")
    chosen = options.parse_args()
    figures = measure(chosen.rounds, chosen.rate)
    title = f"A 20th endpoint that never answers, {chosen.rate:g} adds a second; floor: it is well"
    report("neighbours", title, figures, adds=chosen.rounds * _ADDS, wanted_adds_per_s=chosen.rate)
    if figures[-1].value < 0.9 * chosen.rate:
        print("  This machine could not keep up with the adds, so a queue was measured too: try a lower --rate.")


if __name__ == "__main__":
    main()
