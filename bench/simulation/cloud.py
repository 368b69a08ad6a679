"""Simulated time, random numbers and Lambda functions: concurrency, cold starts, CPU share."""

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
    """A simulation with its own clock; the same seed gives the same run."""

    def __init__(self, world: World, seed: int) -> None:
        """Start at 0 seconds."""
        self.env = simpy.Environment()
        self.random = Random(seed)  # noqa: S311 -- repeatable
        self.world = world

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return float(self.env.now)

    def draw(self, duration: Duration) -> float:
        """Return a random duration in seconds."""
        return duration(self.random)

    def wait(self, seconds: float) -> simpy.Event:
        """Return an event that fires after some seconds."""
        return self.env.timeout(seconds)


class Core:
    """An environment's share of a core; its computations take turns."""

    def __init__(self, cloud: Cloud, share: float) -> None:
        """Start idle."""
        self._cloud, self._share = cloud, share
        self._turns = simpy.Resource(cloud.env, 1)

    def compute(self, seconds: float) -> Steps:
        """Compute for some seconds of a whole core."""
        yield from self.do(lambda: seconds / self._share)

    def do(self, work: Callable[[], float]) -> Steps:
        """Start some work at its turn, and wait for the time that it returns."""
        with self._turns.request() as turn:
            yield turn
            yield self._cloud.wait(work())


@dataclass(frozen=True)
class Environment(Generic[_T]):
    """An execution environment: it runs the calls of a function one after the other."""

    core: Core
    kept: _T


class Function(Generic[_T]):
    """A Lambda function; each of its environments keeps a state from call to call."""

    def __init__(
        self, cloud: Cloud, memory: int, concurrency: int, invoke: Duration, keep: Callable[[], _T]
    ) -> None:
        """Start without environments.

        Args:
            cloud: The simulation.
            memory: MB of an environment.
            concurrency: The most concurrent calls.
            invoke: The time until a call starts in a warm environment.
            keep: Makes the state of a new environment.
        """
        self.calls = simpy.Resource(cloud.env, concurrency)
        self.most = self.count = 0
        self._running, self._busy, self._since = 0, 0.0, 0.0
        self._cloud = cloud
        self._memory = memory
        self._keep = keep
        self._invoke = invoke
        self.process = self._new_core() if cloud.world.one_process else None
        """The core of all its calls, if one process runs them."""
        self._scaling = Meter(
            cloud.env, "new environments", cloud.world.scaling, 10 * cloud.world.scaling
        )
        self._idle: list[Environment[_T]] = []

    @property
    def busy(self) -> float:
        """The total duration of all calls so far, in seconds."""
        return self._busy + self._running * (self._cloud.now - self._since)

    @property
    def gb_seconds(self) -> float:
        """The same in GB-seconds, as AWS bills it."""
        return self.busy * self._memory / 1024

    def _new_core(self) -> Core:
        return Core(self._cloud, self._cloud.world.share_of(self._memory))

    def _change(self, by: int) -> None:
        self._busy, self._since = self.busy, self._cloud.now
        self._running += by

    def call(self, work: Callable[[Environment[_T]], Steps]) -> Steps:
        """Run a call in an idle environment, or in a new one after a cold start."""
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
