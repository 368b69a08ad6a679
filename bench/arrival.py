"""Measure a local run: how long an add takes, and from its `OK` to the POST's arrival.

The floor of an add is boto3's put of the same item into a table of the same kind, in the same store. Starts Taskhook
in a folder of its own and a receiver on 127.0.0.1; ends by itself.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from bench.common import add_endpoint, add_many, local_run, peak_mb, percentiles
from bench.figures import Figure, report
from bench.inside import TASKS
from bench.receivers import Receivers

CALLERS = 8
RATES = (10, 50, 200)
"""Adds a second while arrivals are measured."""

_TWIN = TASKS + "-twin"
_ROUNDS = 5  # of each way
_WARM_UP = 50
_PAUSE = 0.01  # seconds between an answer and the next call of a single caller
_SECONDS = 6  # at each rate


class Round(NamedTuple):
    """How long each of some calls took, in seconds, and how many were answered in a second."""

    took: Sequence[float]
    per_s: float


def measure(adds: int) -> list[Figure]:
    """Measure adds while nobody listens, beside their floor in turns, and then how soon an endpoint hears of them."""
    with closing(Receivers(1)) as receivers, local_run() as run:
        put = Puts()
        figures = _of_adds(run, put, adds, 1, _PAUSE) + _of_adds(run, put, adds * 2, CALLERS, 0)
        add_endpoint(receivers.urls[0], "receiver")
        receivers.lags(add_many(run, _WARM_UP), [0])
        for rate in RATES:
            figures += _of_arrivals(run, receivers, rate)
        return [*figures, Figure("the local run, memory at most", peak_mb(int(run["pid"])), "MB")]


class Puts:
    """Puts the same item again and again, under new numbers, into a table of the same kind as that of tasks."""

    def __init__(self) -> None:
        """Make the table."""
        self._store = boto3.client("dynamodb", config=Config(max_pool_connections=CALLERS))
        self._numbers = count(1)
        table: Any = self._store.describe_table(TableName=TASKS)["Table"]
        indexes = [
            {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
            for index in table["GlobalSecondaryIndexes"]
        ]
        same = {name: table[name] for name in ("KeySchema", "AttributeDefinitions", "StreamSpecification")}
        same |= {"GlobalSecondaryIndexes": indexes, "BillingMode": "PAY_PER_REQUEST"}
        self._store.create_table(TableName=_TWIN, **same)

    def __call__(self, times: int, pause: float) -> list[float]:
        """Put it so often, with a pause of so many seconds after each, and return how long each took."""
        [item] = self._store.scan(TableName=TASKS, Limit=1)["Items"]
        taken = []
        for _ in range(times):
            row = {**item, "task_id": {"N": str(next(self._numbers))}}
            begun = time.monotonic()
            self._store.put_item(TableName=_TWIN, Item=row, ConditionExpression="attribute_not_exists(task_id)")
            taken.append(time.monotonic() - begun)
            time.sleep(pause)
        return taken


def _of_adds(run: Mapping[str, str], put: Puts, adds: int, callers: int, pause: float) -> list[Figure]:
    def add(times: int) -> list[float]:
        return [one.took for one in add_many(run, times, pause=pause)]

    share = adds // _ROUNDS // callers
    _round(add, _WARM_UP, callers)
    turns = [(_round(add, share, callers), _round(partial(put, pause=pause), share, callers)) for _ in range(_ROUNDS)]
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


def _of_arrivals(run: Mapping[str, str], receivers: Receivers, rate: int) -> list[Figure]:
    added = add_many(run, rate * _SECONDS, rate=rate)
    p50, p99 = percentiles(receivers.lags(added, [0]))
    kept = (len(added) - 1) / (added[-1].answered_at - added[0].answered_at)
    return [
        Figure(f"OK to arrival, {rate} adds a second wanted, p50", p50, "ms"),
        Figure(f"OK to arrival, {rate} adds a second wanted, p99", p99, "ms"),
        Figure(f"the adds of these, {rate} a second wanted", kept, "a second", least=0.9 * rate),
    ]


def _percentiles(rounds: Sequence[Round]) -> tuple[float, float]:
    return percentiles([one for each in rounds for one in each.took])


def _round(call: Callable[[int], Sequence[float]], times: int, callers: int) -> Round:
    """Let each caller call so often, all at once."""
    begun = time.monotonic()
    with ThreadPoolExecutor(callers) as threads:
        taken = [one for each in threads.map(call, [times] * callers) for one in each]
    return Round(taken, len(taken) / (time.monotonic() - begun))


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--adds", type=int, default=500, help="of one caller, each way (default: %(default)s)")
    adds = options.parse_args().adds
    title = "A local run over HTTP; an add's floor: boto3's put_item of the same item in the same store"
    report("arrival", title, measure(adds), adds=adds)


if __name__ == "__main__":
    main()
