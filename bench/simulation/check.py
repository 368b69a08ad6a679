"""The simulation against a real local run: what one task at a time takes is measured, many at once are predicted."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.common import Added, add_endpoint, add_many, local_run, percentiles
from bench.receivers import Receivers
from bench.simulation.constants import Load, World, exactly, one_of
from bench.simulation.system import System

TOLERANCE = 0.2
"""How far the simulation may be off."""

_WARM_UP = 40
_APART = 0.25  # seconds from one task to the next where none meets another
_CALLERS = 16


class Alone(NamedTuple):
    """What tasks took that met no other one, in seconds."""

    adds: list[float]
    lags: list[float]
    cpu: list[float]


class Compared(NamedTuple):
    """OK to arrival at one rate, measured and simulated: p50 and p99, in ms."""

    rate: float
    measured: tuple[float, float]
    simulated: tuple[float, float]

    @property
    def off(self) -> tuple[float, ...]:
        """By how much of the measured the simulated is off."""
        return tuple(ours / real - 1 for real, ours in zip(self.measured, self.simulated, strict=True))


def compare(rates: Sequence[float], rounds: int, seconds: float) -> Iterator[Compared]:
    """Measure tasks alone and at these rates, in turns, and yield each rate beside what tasks alone let expect."""
    alone, busy = Alone([], [], []), {rate: list[float]() for rate in rates}
    with closing(Receivers(1)) as receivers, local_run() as run:
        add_endpoint(receivers.urls[0], "receiver")
        receivers.lags(add_many(run, _WARM_UP, rate=20), [0])
        for turn in range(rounds):
            _measure_alone(run, receivers, alone, seconds)
            for rate in rates:
                busy[rate] += receivers.lags(_add_at_random(run, rate, seconds, turn), [0])
        world = local_world(alone)
        for rate in rates:
            yield Compared(rate, percentiles(busy[rate]), percentiles(_simulate(world, rate)))


def local_world(alone: Alone) -> World:
    """Return this machine as a world: one process whose threads take turns, and nothing to wait for."""
    seen, computed = statistics.mean(alone.adds) + statistics.mean(alone.lags), statistics.mean(alone.cpu)
    at_once = ("gateway", "invoke", "cold_start", "store", "stream", "connect", "send", "answer")
    return World(
        **{name: exactly(0) for name in at_once},  # type: ignore[arg-type]
        **dict.fromkeys(("poll_every", "begin_cpu", "send_cpu", "failing"), 0),  # type: ignore[arg-type]
        add_cpu=one_of(alone.adds),
        batch_cpu=one_of(alone.lags),
        record_cpu=max(0.0, computed - seen),
        computing=min(1.0, computed / seen),
        cores=1,
        partitions=1,
        parallelization=64,  # as many calls as local.lanes makes at once
    )


def _simulate(world: World, rate: float) -> Sequence[float]:
    return System(world, Load(rate, seconds=10_000 / rate, endpoints=1)).run(drain=60).lags


def _measure_alone(run: Mapping[str, str], receivers: Receivers, alone: Alone, seconds: float) -> None:
    added: list[Added] = []
    cpu_begun = _cpu(run)
    for _ in range(round(seconds / _APART)):
        added += add_many(run, 1)
        time.sleep(_APART)
    alone.cpu.append((_cpu(run) - cpu_begun) / len(added))
    alone.adds.extend(one.took for one in added)
    alone.lags.extend(receivers.lags(added, [0]))


def _add_at_random(run: Mapping[str, str], rate: float, seconds: float, seed: int) -> list[Added]:
    """Add tasks for some seconds, each when it pleases, and so many a second."""
    random, due_at, begun = Random(seed), 0.0, time.monotonic()  # noqa: S311 -- chance that can be repeated
    with ThreadPoolExecutor(_CALLERS) as callers:
        runs = []
        while (due_at := due_at + random.expovariate(rate)) < seconds:
            time.sleep(max(0, begun + due_at - time.monotonic()))
            runs.append(callers.submit(add_many, run, 1))
        return [one for each in runs for one in each.result()]


def _cpu(run: Mapping[str, str]) -> float:
    """Return how many seconds a run has computed."""
    fields = Path(f"/proc/{run['pid']}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
