"""The readers of the stream: when they read, and the batches that they hand to `dispatch`."""

import math
from collections import deque
from collections.abc import Callable
from itertools import islice, takewhile

import simpy

from bench.simulation.cloud import Cloud, Core, Steps
from bench.simulation.endpoints import Task

Dispatch = Callable[[list[Task]], Steps]
"""Has a batch dispatched, again and again until it is recorded."""


class Lane:
    """Records of a shard in order: dispatched batch after batch, or some batches in parallel."""

    def __init__(self, cloud: Cloud, phase: float, reader: Core, dispatch: Dispatch) -> None:
        """Start empty.

        Args:
            cloud: The simulation.
            phase: The time of a read of the shard, in seconds after the start of each period.
            reader: The reader, which other work may keep busy.
            dispatch: Takes a batch.
        """
        self._cloud, self._phase, self._reader, self._dispatch = cloud, phase, reader, dispatch
        self._looked_at = self._has_looked_at = -math.inf
        self._waiting: deque[Task] = deque()
        self._taken: list[list[Task]] = []
        self._calls = simpy.Resource(cloud.env, cloud.world.side_by_side)
        self._newest_at = 0.0
        self._is_read = False

    @property
    def backlog(self) -> int:
        """The number of tasks that wait for dispatch or are in a batch."""
        return len(self._waiting) + sum(map(len, self._taken))

    @property
    def oldest_at(self) -> float:
        """The time from which the oldest of them could have been dispatched."""
        firsts = [*(batch[0] for batch in self._taken), *islice(self._waiting, 1)]
        return min((task.readable_at for task in firsts), default=math.inf)

    def put(self, task: Task) -> None:
        """Append the next task."""
        task.readable_at = self._newest_at = max(task.readable_at, self._newest_at)
        self._waiting.append(task)
        if not self._is_read:
            self._is_read = True
            self._cloud.env.process(self._read())

    def _read(self) -> Steps:
        """Hand all waiting records to calls, batch by batch."""
        cloud = self._cloud
        while self._waiting:
            call = self._calls.request()
            yield call
            if self._waiting[0].readable_at > self._looked_at:
                yield cloud.wait(
                    self._next_look(max(cloud.now, self._waiting[0].readable_at)) - cloud.now
                )
                yield from self._reader.do(self._look)
            cloud.env.process(self._have_dispatched(self._take(), call))
        self._is_read = False

    def _look(self) -> float:
        self._looked_at, takes = self._cloud.now, self._cloud.draw(self._cloud.world.look)
        self._has_looked_at = self._looked_at + takes
        return takes

    def _next_look(self, at: float) -> float:
        every, at = (
            self._cloud.world.poll_every,
            max(at, self._has_looked_at + self._cloud.world.looks_apart),
        )
        if not every:
            return at
        return self._phase + every * -(-(at - self._phase) // every)

    def _take(self) -> list[Task]:
        ready = takewhile(lambda task: task.readable_at <= self._looked_at, self._waiting)
        batch = list(islice(ready, self._cloud.world.batch_size))
        for _ in batch:
            self._waiting.popleft()
        self._taken.append(batch)
        return batch

    def _have_dispatched(self, batch: list[Task], call: simpy.resources.resource.Request) -> Steps:
        yield from self._dispatch(batch)
        self._taken.remove(batch)
        self._calls.release(call)
