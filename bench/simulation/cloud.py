"""Simulated time and chance, and Lambda's functions: concurrency, cold starts, CPU share."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

import simpy

from bench.simulation.constants import Duration, World
from bench.simulation.limits import Meter

Steps = Generator[simpy.Event, Any, None]
"""What goes on in simulated time."""

_T = TypeVar("_T")


class Cloud:
    """A world in simulated time; the same seed gives the same world."""

    def __init__(self, world: World, seed: int) -> None:
        """Begin at 0 seconds."""
        self.env = simpy.Environment()
        self.random = Random(seed)  # noqa: S311 -- chance that can be repeated
        self.world = world

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return float(self.env.now)

    def draw(self, duration: Duration) -> float:
        """Return how many seconds something takes this time."""
        return duration(self.random)

    def wait(self, seconds: float) -> simpy.Event:
        """Return what happens after some seconds."""
        return self.env.timeout(seconds)


class Core:
    """What an environment has of a core: who computes there takes turns."""

    def __init__(self, cloud: Cloud, share: float) -> None:
        """Begin idle."""
        self._cloud, self._share = cloud, share
        self._turns = simpy.Resource(cloud.env, 1)

    def compute(self, seconds: float) -> Steps:
        """Compute for some seconds of a whole core."""
        yield from self.do(lambda: seconds / self._share)

    def do(self, work: Callable[[], float]) -> Steps:
        """Begin some work when it is its turn, and let the time pass that it says it takes."""
        with self._turns.request() as turn:
            yield turn
            yield self._cloud.wait(work())


@dataclass(frozen=True)
class Environment(Generic[_T]):
    """Where a function's calls run, one after the other."""

    core: Core
    kept: _T


class Function(Generic[_T]):
    """A Lambda function, each of whose environments keeps something from call to call."""

    def __init__(
        self, cloud: Cloud, memory: int, concurrency: int, invoke: Duration, keep: Callable[[], _T]
    ) -> None:
        """Begin without any environment.

        Args:
            cloud: Where.
            memory: MB of an environment.
            concurrency: How many calls there may be at once.
            invoke: Until a call begins in an environment that is warm.
            keep: Makes what a new environment keeps.
        """
        self.calls = simpy.Resource(cloud.env, concurrency)
        self.most = self.count = 0
        self._running, self._busy, self._since = 0, 0.0, 0.0
        self._cloud = cloud
        self._memory = memory
        self._keep = keep
        self._invoke = invoke
        self.process = self._new_core() if cloud.world.one_process else None
        """Where all its calls compute, if they are in one process."""
        self._scaling = Meter(
            cloud.env, "new environments", cloud.world.scaling, 10 * cloud.world.scaling
        )
        self._idle: list[Environment[_T]] = []

    @property
    def busy(self) -> float:
        """Seconds that all calls have run so far, together."""
        return self._busy + self._running * (self._cloud.now - self._since)

    @property
    def gb_seconds(self) -> float:
        """The same, by the memory that they had, as AWS counts it."""
        return self.busy * self._memory / 1024

    def _new_core(self) -> Core:
        return Core(self._cloud, self._cloud.world.share_of(self._memory))

    def _change(self, by: int) -> None:
        self._busy, self._since = self.busy, self._cloud.now
        self._running += by

    def call(self, work: Callable[[Environment[_T]], Steps]) -> Steps:
        """Do some work in an environment: an idle one, or a new one that starts cold."""
        cloud = self._cloud
        with self.calls.request() as slot:
            yield slot
            self.most = max(self.most, self.calls.count)
            yield cloud.wait(cloud.draw(self._invoke))
            if not self._idle:
                yield from self._start()
            environment = self._idle.pop()
            self._change(1)
            yield from work(environment)
            self._change(-1)
            self.count += 1
            self._idle.append(environment)

    def _start(self) -> Steps:
        cloud, wait = self._cloud, self._scaling.wait_for(1)
        self._scaling.take(1)
        yield cloud.wait(wait + cloud.draw(cloud.world.cold_start))
        self._idle.append(Environment(self.process or self._new_core(), self._keep()))
