"""The POSTs of a call of `dispatch`: workers share a core and wait for the network in parallel.

The shipped scheduler assigns jobs and decides the number of workers. Only the clock and the
processor are simulated.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count

from bench.simulation.cloud import Cloud
from bench.simulation.endpoints import Attempt, Endpoint, Task
from chalicelib.domain.fair_scheduler import GROWTH_INTERVAL, FairScheduler
from chalicelib.services.deliveries.worker_pool import MAX_PER_PROCESS, limit_per_endpoint


class Turns:
    """The core that the threads of a call share in turns."""

    def __init__(self, now: float, share: float) -> None:
        """Start idle."""
        self.begun_at = self.free_at = now
        self.share = share
        self._taken = 0.0  # seconds of a whole core, including those reserved for later

    def take(self, ready_at: float, seconds: float) -> tuple[float, float]:
        """Compute for some seconds of a whole core and return the times of start and end."""
        begins_at = max(ready_at, self.free_at)
        self.free_at = begins_at + seconds / self.share
        self._taken += seconds
        return begins_at, self.free_at

    def computed(self, now: float) -> float:
        """Return the seconds of a whole core computed so far."""
        return self._taken - max(0.0, self.free_at - now) * self.share


def post_all(
    cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task]
) -> tuple[list[list[Attempt]], float]:
    """Return the attempts of each task at each endpoint, and the time when computing ends.

    Args:
        cloud: The simulation.
        called: The endpoints.
        tasks: The tasks to deliver.
    """
    posting = _Posting(cloud, called, tasks)
    posting.run()
    return posting.attempts, posting.core.free_at


class _Posting:
    """Workers that stand for the threads of the worker pool."""

    def __init__(self, cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task]) -> None:
        """Start now."""
        self.core = Turns(cloud.now, cloud.world.dispatch_share)
        self.attempts: list[list[Attempt]] = [[] for _ in called]
        self._cloud, self._called = cloud, called
        self._now = cloud.now
        jobs = dict.fromkeys(range(len(called)), tasks)
        under_way: Counter[int] = Counter()
        self._scheduler = FairScheduler(
            jobs, under_way, limit_per_endpoint(len(called)), MAX_PER_PROCESS
        )
        self._workers, self._events_so_far = count(), count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def run(self) -> None:
        """Make all POSTs."""
        self._grow()
        while self._events:
            self._now, _, happen = heappop(self._events)
            happen()

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._events_so_far), happen))

    def _grow(self) -> None:
        """Start the missing workers, and check again soon whether more may start."""
        for _ in range(self._scheduler.hire(self._now)):
            self._at(self._now, partial(self._work, next(self._workers)))
        self._at(self._now + GROWTH_INTERVAL, self._look)

    def _look(self) -> None:
        """Decide when the deciding thread has its turn; other threads compute until then."""
        if not self._scheduler.are_all_taken:
            turn, _ = self.core.take(self._now, 0)
            self._at(turn, self._decide)

    def _decide(self) -> None:
        if not self._scheduler.are_all_taken:
            elapsed = self._now - self.core.begun_at
            self._scheduler.widen(self.core.computed(self._now), elapsed, self.core.share)
            self._grow()

    def _work(self, worker: int) -> None:
        """Start a POST; a worker that finds none ends."""
        taken = self._scheduler.take(worker, self._now)
        if taken is None:
            return
        begun_at, done_at = self.core.take(self._now, self._cloud.world.begin_cpu)
        connected_at = done_at + self._cloud.draw(self._cloud.world.connect)
        self._at(connected_at, partial(self._send, worker, taken.endpoint, taken.job, begun_at))

    def _send(self, worker: int, number: int, task: Task, begun_at: float) -> None:
        world = self._cloud.world
        _, sent_at = self.core.take(self._now, world.send_cpu)
        attempt = self._called[number].answer(
            self._cloud, task, begun_at, sent_at, world.first_timeout
        )
        self.attempts[number].append(attempt)
        self._at(attempt.ended_at, partial(self._end, worker))

    def _end(self, worker: int) -> None:
        self._scheduler.finish(worker)
        self._work(worker)
