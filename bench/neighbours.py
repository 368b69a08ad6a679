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

from bench.common import Table, add_endpoint, add_many, local_run, percentiles, report
from bench.receivers import Receivers

WANTED = 1.5
"""The ratio of the p99s that is good enough."""

_NEIGHBOURS = range(19)
_WARM_UP = 50
_ADDS = 125  # a round; few, so that the first second of a new endpoint counts
_WELL, _SILENT = "all 20 endpoints are well", "the 20th never answers"


class Round(NamedTuple):
    """What a round saw, in seconds."""

    adds_took: float
    lags: list[float]


def measure(rounds: int, rate: float) -> Table:
    """Measure both ways in turns, so that whatever else this machine does meets both."""
    seen: dict[str, list[Round]] = {_WELL: [], _SILENT: []}
    for _ in range(rounds):
        seen[_WELL].append(_round(Receivers(20), rate))
        seen[_SILENT].append(_round(Receivers(19, silent=1), rate))
    return {way: _figures(rounds_seen) for way, rounds_seen in seen.items()}


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


def _figures(rounds: Sequence[Round]) -> dict[str, float]:
    rate = _ADDS / statistics.mean(one.adds_took for one in rounds)
    return percentiles([lag for one in rounds for lag in one.lags]) | {"adds_per_s": round(rate, 1)}


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=4, help="of each way (default: %(default)s)")
    options.add_argument("--rate", type=float, default=50, help="adds a second (default: %(default)s)")
    chosen = options.parse_args()
    table = measure(chosen.rounds, chosen.rate)
    ratio = round(table[_SILENT]["p99_ms"] / table[_WELL]["p99_ms"], 2)
    adds = chosen.rounds * _ADDS
    title = f"OK to arrival at 19 of 20 endpoints; {adds} adds each way, {chosen.rate:g} a second wanted"
    report("neighbours", title, table, adds=adds, wanted_adds_per_s=chosen.rate, p99_ratio=ratio)
    print(f"\n  The p99s are as 1 to {ratio}; wanted: at most {WANTED}.")
    if min(row["adds_per_s"] for row in table.values()) < 0.9 * chosen.rate:
        print("  This machine could not keep up with the adds, so a queue was measured too: try a lower --rate.")


if __name__ == "__main__":
    main()
