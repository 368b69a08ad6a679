"""Simulated time and chance, and Lambda's functions: calls at once, cold starts, the core that a call has."""

from collections.abc import Callable, Generator
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
        self._cores = simpy.Resource(self.env, world.cores) if world.cores else None

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

    def compute(self, seconds: float) -> Steps:
        """Compute for some seconds of a whole core, on what a call has of one."""
        if self._cores is None:
            yield self.wait(seconds / self.world.share)
            return
        with self._cores.request() as turn:
            yield turn
            yield self.wait(seconds * self.world.computing)
        yield self.wait(seconds * (1 - self.world.computing))


class Function(Generic[_T]):
    """A Lambda function, each of whose environments keeps something from call to call."""

    def __init__(self, cloud: Cloud, concurrency: int, keep: Callable[[], _T]) -> None:
        """Begin without any environment; `keep` makes what a new one keeps."""
        self.calls = simpy.Resource(cloud.env, concurrency)
        self.most = self.count = self.cold_starts = 0
        self._running, self._busy, self._since = 0, 0.0, 0.0
        self._cloud = cloud
        self._keep = keep
        self._scaling = Meter(cloud.env, "new environments", cloud.world.scaling, 10 * cloud.world.scaling)
        self._idle: list[_T] = []

    @property
    def busy(self) -> float:
        """Seconds that all calls have run so far, together."""
        return self._busy + self._running * (self._cloud.now - self._since)

    def _change(self, by: int) -> None:
        self._busy, self._since = self.busy, self._cloud.now
        self._running += by

    def call(self, work: Callable[[_T], Steps]) -> Steps:
        """Do some work in an environment: an idle one, or a new one that starts cold."""
        cloud = self._cloud
        with self.calls.request() as slot:
            yield slot
            self.most = max(self.most, self.calls.count)
            yield cloud.wait(cloud.draw(cloud.world.invoke))
            if not self._idle:
                yield from self._start()
            kept = self._idle.pop()
            self._change(1)
            yield from work(kept)
            self._change(-1)
            self.count += 1
            self._idle.append(kept)

    def _start(self) -> Steps:
        wait = self._scaling.wait_for(1)
        self._scaling.take(1)
        self.cold_starts += 1
        yield self._cloud.wait(wait + self._cloud.draw(self._cloud.world.cold_start))
        self._idle.append(self._keep())
