"""Compare the simulation, calibrated with single tasks and bursts, with a local run."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import NamedTuple

from bench.common import Added, add_endpoint, add_many, percentiles
from bench.receivers import Receivers
from bench.simulation.calibration import Calibration, cpu_of, local_world
from bench.simulation.constants import Load, World
from bench.simulation.system import System
from tools.local_run import local_run

TOLERANCE = 0.2
"""How far the simulation may be off."""

_WARM_UP = 60
_CALLERS = 16
_SIMULATED = 20_000  # tasks at each rate


class Busy(NamedTuple):
    """The measurements at one rate, in seconds."""

    rate: float
    lags: list[float]
    computed: list[float]
    """CPU seconds a second of the busier process, one value a turn."""


class Compared(NamedTuple):
    """OK to arrival at one rate, measured and simulated: p50 and p99, in ms."""

    rate: float
    arrivals: int
    measured: tuple[float, float]
    simulated: tuple[float, float]
    use: float
    """The CPU use of the busier process, 1 being a whole core."""

    @property
    def off(self) -> tuple[float, ...]:
        """The relative error of the simulation."""
        return tuple(
            ours / real - 1 for real, ours in zip(self.measured, self.simulated, strict=True)
        )


def compare(rates: Sequence[float], turns: int, tasks: int) -> Iterator[Compared]:
    """Calibrate, measure the rates in turns, and yield each with its prediction.

    Args:
        rates: In tasks a second.
        turns: The number of turns.
        tasks: The approximate number of tasks in a turn of each rate.
    """
    busy = [Busy(rate, [], []) for rate in rates]
    with closing(Receivers(1)) as receivers, local_run() as run:
        add_endpoint(receivers.urls[0], "receiver")
        receivers.lags(add_many(run, _WARM_UP, rate=20), [0])
        calibration = Calibration(run, receivers)
        for turn in range(turns):
            calibration.take_turn()
            for its in busy:
                _measure(run, receivers, its, tasks, turn)
    world = local_world(calibration.measured)
    for its in busy:
        use, simulated = statistics.mean(its.computed), percentiles(_simulate(world, its.rate))
        yield Compared(its.rate, len(its.lags), percentiles(its.lags), simulated, use)


def _simulate(world: World, rate: float) -> Sequence[float]:
    return System(world, Load(rate, seconds=_SIMULATED / rate, endpoints=1)).run(drain=60).lags


def _measure(
    run: Mapping[str, str], receivers: Receivers, busy: Busy, tasks: int, seed: int
) -> None:
    seconds, before = tasks / busy.rate, cpu_of(run)
    added = _add_at_random(run, busy.rate, seconds, seed)
    busy.computed.append(
        max(after - then for then, after in zip(before, cpu_of(run), strict=True)) / seconds
    )
    busy.lags.extend(receivers.lags(added, [0]))


def _add_at_random(run: Mapping[str, str], rate: float, seconds: float, seed: int) -> list[Added]:
    """Add tasks at random times for some seconds, at a mean rate."""
    random, due_at, begun = Random(seed), 0.0, time.monotonic()  # noqa: S311 -- repeatable
    with ThreadPoolExecutor(_CALLERS) as callers:
        runs = []
        while (due_at := due_at + random.expovariate(rate)) < seconds:
            time.sleep(max(0, begun + due_at - time.monotonic()))
            runs.append(callers.submit(add_many, run, 1))
        return [one for each in runs for one in each.result()]
