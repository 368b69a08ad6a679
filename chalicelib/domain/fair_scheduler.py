"""Fair scheduling of jobs for many endpoints: which job is next, and how many workers there are.

Nothing here runs a job or reads a clock. The worker pool runs jobs in threads; `bench.simulation`
runs them in simulated time by the same rules.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

FIRST_WORKERS = 4
"""Workers at first; their number doubles while the processor has time for more."""

GROWTH_INTERVAL = 0.005
"""Seconds between two chances to double the workers."""

BUSY_SHARE = 0.8
"""The share of processor time above which the number of workers does not grow."""

STUCK_AFTER = 0.05
"""Seconds after which a job counts as stuck and another worker starts beside it."""

_Key = TypeVar("_Key")
_Job = TypeVar("_Job")


@dataclass(frozen=True)
class Taken(Generic[_Key, _Job]):  # a NamedTuple may be generic since Python 3.11 only
    """A job that a worker has taken."""

    endpoint: _Key
    job: _Job


class FairScheduler(Generic[_Key, _Job]):
    """The jobs that no worker has taken yet, and the workers that take them.

    It is not thread-safe: its caller holds a lock. `now` is in seconds of any monotonic clock.
    """

    def __init__(
        self,
        jobs: Mapping[_Key, Sequence[_Job]],
        under_way: "Counter[_Key]",
        max_per_endpoint: int,
        max_workers: int,
    ) -> None:
        """Start with no worker.

        Args:
            jobs: By endpoint, in order.
            under_way: The number of running jobs of each endpoint, other schedulers' included.
            max_per_endpoint: The limit of running jobs for each endpoint.
            max_workers: The limit of workers.
        """
        self._waiting = {endpoint: deque(its_own) for endpoint, its_own in jobs.items() if its_own}
        self._under_way = under_way
        self._max_per_endpoint = max_per_endpoint
        self._max_workers = max_workers
        self._workers, self._wanted = 0, FIRST_WORKERS
        # By worker: the job's endpoint and its start; the oldest first.
        self._running: dict[int, tuple[_Key, float]] = {}

    @property
    def are_all_taken(self) -> bool:
        """Whether no job waits for a worker."""
        return not self._waiting

    def widen(self, computed: float, elapsed: float, share: float) -> None:
        """Double the wanted number of workers, unless the processor is busy.

        Args:
            computed: Seconds of a whole core that were used since the first worker began.
            elapsed: Seconds since then.
            share: The share of a core that is available.
        """
        if computed <= BUSY_SHARE * share * elapsed:
            self._wanted = min(2 * self._wanted, self._max_workers)

    def hire(self, now: float) -> int:
        """Return how many workers to start: enough beside the stuck ones, and none idle."""
        stuck = sum(
            1 for _ in takewhile(lambda job: job[1] < now - STUCK_AFTER, self._running.values())
        )
        free = (self._max_per_endpoint - self._under_way[endpoint] for endpoint in self._waiting)
        startable = sum(map(min, map(len, self._waiting.values()), free))
        missing = max(
            0,
            min(self._wanted + stuck - self._workers, startable, self._max_workers - self._workers),
        )
        self._workers += missing
        return missing

    def take(self, worker: int, now: float) -> Taken[_Key, _Job] | None:
        """Give a worker a job of the endpoint with the fewest running; None: the worker ends."""
        endpoint = min(self._waiting, key=self._under_way.__getitem__, default=None)
        if endpoint is None or self._under_way[endpoint] >= self._max_per_endpoint:
            self._workers -= 1
            return None
        its_own = self._waiting.pop(endpoint)
        job = its_own.popleft()
        if its_own:
            self._waiting[endpoint] = its_own  # after the others with as few running jobs
        self._under_way[endpoint] += 1
        self._running[worker] = endpoint, now
        return Taken(endpoint, job)

    def finish(self, worker: int) -> None:
        """Note that a worker's job has ended."""
        endpoint, _ = self._running.pop(worker)
        self._under_way[endpoint] -= 1
