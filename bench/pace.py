"""Measure the pace of an endpoint: a backlog at a fixed rate, and its effect on another endpoint.

Starts Taskhook in its own folder and two receivers on 127.0.0.1. One endpoint has a pace and a
backlog of tasks that were added at once; the other one receives further tasks at that time.
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import closing

from bench.common import add_endpoint, add_many, percentiles, set_pace
from bench.figures import Figure, report
from bench.receivers import Receivers
from tools.local_run import local_run

_BESIDE, _PACED = 0, 1
_ADDS = 60  # for the other endpoint, with and without the backlog
_RATE = 2.0  # adds a second


def measure(count: int, per_second: float) -> list[Figure]:
    """Measure with a backlog of some deliveries at a number a second."""
    with closing(Receivers(2)) as receivers, local_run(None) as run:
        add_endpoint(receivers.urls[_BESIDE], "beside")
        receivers.lags(add_many(run, 20, rate=_RATE * 5), [_BESIDE])
        floor = percentiles(receivers.lags(add_many(run, _ADDS, rate=_RATE), [_BESIDE]))
        receivers.take()
        add_endpoint(receivers.urls[_PACED], "paced")
        set_pace("paced", per_second)
        add_many(run, count)
        meanwhile = percentiles(receivers.lags(add_many(run, _ADDS, rate=_RATE), [_BESIDE]))
        arrived = _arrivals(receivers, count)
    took, most = arrived[-1] - arrived[0], _most_within_a_second(arrived)
    return [
        Figure(f"{count:,} deliveries at {per_second:g} a second", took, "s", count / per_second),
        Figure("the most of them within a second", most, "", per_second),
        Figure("OK to arrival at the endpoint beside it, p50", meanwhile[0], "ms", floor[0]),
        Figure("OK to arrival at the endpoint beside it, p99", meanwhile[1], "ms", floor[1]),
    ]


def _arrivals(receivers: Receivers, count: int) -> list[float]:
    """Wait for the first arrivals at the endpoint with a pace, and return their times."""
    while True:
        found = sorted(at for (number, _), at in receivers.arrived.items() if number == _PACED)
        if len(found) >= count:
            return found[:count]
        time.sleep(0.2)
        receivers.look()


def _most_within_a_second(arrived: Sequence[float]) -> int:
    return max(sum(begin <= at < begin + 1 for at in arrived) for begin in arrived)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000, help="(default: %(default)s)")
    options.add_argument("--per-second", type=float, default=10, help="(default: %(default)s)")
    chosen = options.parse_args()
    figures = measure(chosen.count, chosen.per_second)
    report("pace", "A backlog for an endpoint with a pace", figures, count=chosen.count)


if __name__ == "__main__":
    main()
