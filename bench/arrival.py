"""Measure a local run: how long an add takes, and from its `OK` to the POST's arrival.

The floor of an add is boto3's put of the same item into a similar table in the same store; that of
an arrival is a loop that reads the table's stream and POSTs. Starts Taskhook in its own folder.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import NamedTuple

from bench.baseline import Twin
from bench.common import Added, add_endpoint, add_many, many, peak_mb, percentiles, processes_of
from bench.figures import Figure, report
from bench.receivers import Receivers
from tools.local_run import local_run

CALLERS = 8
RATES = (10, 50, 200)
"""Adds a second while arrivals are measured."""

_ROUNDS = 5  # of each way
_WARM_UP = 50
_PAUSE = 0.01  # seconds between an answer and the next call of a single caller
_TURNS = 2
_SECONDS = 4  # of each turn at each rate
_MOST_OF_ONE = 50  # adds a second by one caller; CALLERS share a higher rate


class Round(NamedTuple):
    """The durations of calls, in seconds, and the answers per second."""

    took: Sequence[float]
    per_s: float


def measure(adds: int) -> list[Figure]:
    """Measure adds without endpoints beside their floor, then the delay until arrival."""
    with closing(Receivers(2)) as receivers, local_run() as run:
        add_many(run, _WARM_UP)
        twin = Twin(CALLERS)
        figures = _of_adds(run, twin, adds, 1, _PAUSE) + _of_adds(run, twin, adds * 2, CALLERS, 0)
        add_endpoint(receivers.urls[0], "receiver")
        receivers.lags(add_many(run, _WARM_UP), [0])
        with twin.posting_to(receivers.urls[1]):
            receivers.lags(many(twin.put, _WARM_UP), [1])
            for rate in RATES:
                figures += _of_arrivals(run, twin, receivers, rate)
        return [
            *figures,
            Figure("the local run, memory at most", sum(map(peak_mb, processes_of(run))), "MB"),
        ]


def _of_adds(
    run: Mapping[str, str], twin: Twin, adds: int, callers: int, pause: float
) -> list[Figure]:
    def add(times: int) -> list[Added]:
        return add_many(run, times, pause=pause)

    def put(times: int) -> list[Added]:
        return many(twin.put, times, pause=pause)

    share = adds // _ROUNDS // callers
    turns = [(_round(add, share, callers), _round(put, share, callers)) for _ in range(_ROUNDS)]
    ours, floor = zip(*turns, strict=True)
    p50, p99 = zip(_percentiles(ours), _percentiles(floor), strict=True)
    name = f"an add over HTTP, {callers} caller{'s' if callers > 1 else ''}"
    figures = [
        Figure(f"{name}, p50", p50[0], "ms", p50[1], most=4 if callers == 1 else None),
        Figure(f"{name}, p99", p99[0], "ms", p99[1]),
    ]
    if callers > 1:
        rate, most = (statistics.median(one.per_s for one in way) for way in (ours, floor))
        figures.append(Figure(name, rate, "a second", most, least=400))
    return figures


def _of_arrivals(
    run: Mapping[str, str], twin: Twin, receivers: Receivers, rate: int
) -> list[Figure]:
    ours: list[float] = []
    floor: list[float] = []
    kept = []
    for _ in range(_TURNS):
        added = _at_rate(partial(add_many, run), rate)
        ours += receivers.lags(added, [0])
        floor += receivers.lags(_at_rate(partial(many, twin.put), rate), [1])
        answered = [one.answered_at for one in added]
        kept.append((len(answered) - 1) / (max(answered) - min(answered)))
    p50, p99 = zip(percentiles(ours), percentiles(floor), strict=True)
    return [
        Figure(f"OK to arrival, {rate} adds a second wanted, p50", p50[0], "ms", p50[1]),
        Figure(f"OK to arrival, {rate} adds a second wanted, p99", p99[0], "ms", p99[1]),
        Figure(
            f"the adds of these, {rate} a second wanted", min(kept), "a second", least=0.9 * rate
        ),
    ]


def _at_rate(call: Callable[..., list[Added]], rate: int) -> list[Added]:
    callers = CALLERS if rate > _MOST_OF_ONE else 1
    with ThreadPoolExecutor(callers) as threads:
        shares = threads.map(
            lambda _: call(rate * _SECONDS // callers, rate=rate / callers), range(callers)
        )
        return [one for share in shares for one in share]


def _percentiles(rounds: Sequence[Round]) -> tuple[float, float]:
    return percentiles([one for each in rounds for one in each.took])


def _round(call: Callable[[int], Sequence[Added]], times: int, callers: int) -> Round:
    """Run the callers concurrently, each with its number of calls."""
    begun = time.monotonic()
    with ThreadPoolExecutor(callers) as threads:
        taken = [one.took for each in threads.map(call, [times] * callers) for one in each]
    return Round(taken, len(taken) / (time.monotonic() - begun))


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--adds", type=int, default=500, help="of one caller, each way (default: %(default)s)"
    )
    adds = options.parse_args().adds
    title = (
        "A local run over HTTP; floor: put_item by boto3 in the same store, and a bare loop from "
        "its stream to a POST"
    )
    report("arrival", title, measure(adds), adds=adds)


if __name__ == "__main__":
    main()
