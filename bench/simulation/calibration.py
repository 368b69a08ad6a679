"""Measure what tasks cost on this machine: one at a time, and in bursts of a known size.

Nothing is measured at the rates that the simulation predicts.
"""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from bench.common import Added, add_many, processes_of
from bench.receivers import Receivers
from bench.simulation.constants import World, exactly, one_of
from chalicelib.domain.fair_scheduler import FIRST_WORKERS
from local.event_source_mapping import CALLS
from local.places import Places
from local.stream import Stream
from local.stream_pumps import LOOKS_APART

_REST = 0.5  # seconds at the beginning of a turn
_ALONE = 12  # single tasks in a turn
_BURSTS = (1, 2, 3, FIRST_WORKERS)
"""Of how many tasks: no more than there are threads for from the first, or some would wait for
others to end."""
_TIMES = 2  # bursts of each size in a turn

_APART = 0.15  # seconds after an add: dispatched by then, before the stream is read again
_LOOKS = 5  # reads of the stream in a turn
_AT_ONCE = ("gateway", "cold_start", "store", "stream", "connect", "send", "answer")
_LOCAL = World(
    **{name: exactly(0) for name in _AT_ONCE},  # type: ignore[arg-type]
    poll_every=0,
    looks_apart=LOOKS_APART,
    failing=0,
    record_cpu=0,
    one_process=True,
    partitions=1,
    parallelization=1,
    side_by_side=CALLS,
)
"""This machine, before anything is measured."""


class Alone(NamedTuple):
    """A task that was added over HTTP; times are in seconds."""

    add_took: float
    lag: float
    """From its `OK` to its arrival."""


class Cost(NamedTuple):
    """CPU seconds of a single task: in the HTTP process, and in the one of dispatch."""

    http: float
    dispatch: float


class Measured(NamedTuple):
    """The measurements."""

    alone: list[Alone]
    bursts: list[list[float]]
    """Tasks of one write: the seconds from its answer to each arrival, sorted."""
    costs: list[Cost]
    looks: list[float]
    """Durations of reads of the stream, in seconds."""


class Calibration:
    """Measures in short turns, so that other load affects all measurements alike."""

    def __init__(self, run: Mapping[str, str], receivers: Receivers) -> None:
        """Start without measurements, in a run that has its endpoint."""
        self.measured = Measured([], [], [], [])
        self._run, self._receivers = run, receivers
        self._store = boto3.client("dynamodb")
        self._table = os.environ["TABLE_PREFIX"] + "tasks"
        self._numbers = count(1_000_000)  # beyond the numbers of the adds
        [one] = add_many(run, 1)
        key = {"task_id": {"N": str(one.task_id)}}
        self._row = self._store.get_item(TableName=self._table, Key=key, ConsistentRead=True)[
            "Item"
        ]

    def take_turn(self) -> None:
        """Measure the idle run, single tasks, bursts, and the duration of reads."""
        at_rest = self._computed_by(partial(time.sleep, _REST))
        begun = time.monotonic()
        cost = self._computed_by(self._add_alone)
        rest = (time.monotonic() - begun) / _REST
        http, dispatch = zip(cost, at_rest, strict=True)
        self.measured.costs.append(Cost(_alone(*http, rest), _alone(*dispatch, rest)))
        for tasks in _BURSTS * _TIMES:
            self.measured.bursts.append(sorted(self._receivers.lags(self._burst(tasks), [0])))
        self._look()

    def _computed_by(self, work: Callable[[], None]) -> list[float]:
        before = cpu_of(self._run)
        work()
        return [after - then for then, after in zip(before, cpu_of(self._run), strict=True)]

    def _add_alone(self) -> None:
        added = []
        for _ in range(_ALONE):
            added += add_many(self._run, 1, pause=_APART)
        for one in added:
            [lag] = self._receivers.lags([one], [0])
            self.measured.alone.append(Alone(one.took, lag))

    def _burst(self, tasks: int) -> list[Added]:
        """Write tasks at once, so that one read of the stream finds all."""
        numbers = list(islice(self._numbers, tasks))
        puts = [{"PutRequest": {"Item": self._copy(number)}} for number in numbers]
        begun = time.monotonic()
        self._store.batch_write_item(RequestItems={self._table: puts})
        now = time.monotonic()
        time.sleep(_APART)
        return [Added(number, now - begun, now) for number in numbers]

    def _copy(self, number: int) -> dict[str, Any]:
        return {**self._row, "task_id": {"N": str(number)}}

    def _look(self) -> None:
        arn = self._store.describe_table(TableName=self._table)["Table"]["LatestStreamArn"]
        stream = Stream(arn, Places(None, arn))
        while any(stream.look()):
            pass  # up to the newest record
        for _ in range(_LOOKS):
            begun = time.monotonic()
            list(stream.look())
            self.measured.looks.append(time.monotonic() - begun)
            time.sleep(0.02)


def _alone(computed: float, idle: float, rests: float) -> float:
    """Return the CPU seconds of one task, without those of the idle process meanwhile."""
    return (computed - rests * idle) / _ALONE


def local_world(measured: Measured) -> World:
    """Return a model of this machine: two processes, each with an interpreter lock.

    The first of n tasks arrives after one read of the stream, a fixed part and n preparing parts.
    Each further task arrives one sending part later. Other tasks wait for these parts and for the
    computing after a POST, but not for the additional cost of single tasks.
    """
    bursts = measured.bursts
    look, send, begin = statistics.median(measured.looks), _sending(bursts), _preparing(bursts)
    alone = [one.lag - look - begin - send for one in measured.alone]
    fixed = max(0.0, statistics.median(alone))
    add_cpu, dispatch_cpu = map(statistics.mean, zip(*measured.costs, strict=True))
    return _LOCAL._replace(
        add_cpu=exactly(add_cpu),
        invoke=one_of([max(0.0, one.add_took - add_cpu) for one in measured.alone]),
        look=exactly(look),
        hand_over=one_of([max(0.0, seconds - fixed) for seconds in alone]),
        batch_cpu=exactly(fixed),
        begin_cpu=begin,
        send_cpu=send,
        end_cpu=max(0.0, dispatch_cpu - look - fixed - begin - send),
    )


def cpu_of(run: Mapping[str, str]) -> list[float]:
    """Return the user CPU seconds of the HTTP process and of the one of dispatch.

    System time is left out: the kernel needs no interpreter lock.
    """
    return list(map(_cpu, processes_of(run)))


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


def _sending(bursts: Sequence[Sequence[float]]) -> float:
    """Return the median delay between successive tasks of a burst."""
    several = [lags for lags in bursts if len(lags) > 1]
    return statistics.median((lags[-1] - lags[0]) / (len(lags) - 1) for lags in several)


def _preparing(bursts: Sequence[Sequence[float]]) -> float:
    """Return the median delay of the first arrival per task of the burst."""
    firsts: dict[int, list[float]] = defaultdict(list)
    for lags in bursts:
        firsts[len(lags)].append(lags[0])
    medians = list(map(statistics.median, firsts.values()))
    slope, _ = statistics.linear_regression(list(firsts), medians)
    return max(0.0, slope)
