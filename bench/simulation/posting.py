"""The POSTs of a call of `dispatch`: threads that share a core and wait for the network side by side."""

from collections.abc import Sequence
from heapq import heappop, heappush

from bench.simulation.cloud import Cloud
from bench.simulation.endpoints import Attempt, Endpoint, Task
from chalicelib.services.attempts import AT_ONCE, IN_ALL


class Turns:
    """The core that the threads of a call share: each takes its turn."""

    def __init__(self, now: float, share: float) -> None:
        """Begin idle."""
        self.free_at = now
        self._share = share

    def take(self, ready_at: float, seconds: float) -> tuple[float, float]:
        """Compute for some seconds of a whole core and return when that begins and ends."""
        begins_at = max(ready_at, self.free_at)
        self.free_at = begins_at + seconds / self._share
        return begins_at, self.free_at


def threads_of(endpoints: int) -> int:
    """Return how many threads POST to each endpoint."""
    return max(2, min(AT_ONCE, IN_ALL // max(1, endpoints)))


def post_all(
    cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task], threads: int
) -> tuple[list[list[Attempt]], float]:
    """Return what comes of POSTing each task to each of these endpoints, a list for each, and when all is computed.

    Args:
        cloud: Where.
        called: The endpoints.
        tasks: What they are told.
        threads: How many POST to each endpoint.
    """
    world, core = cloud.world, Turns(cloud.now, cloud.world.share)
    threads = min(len(tasks), threads)
    attempts: list[list[Attempt]] = [[] for _ in called]
    queues = [iter(tasks) for _ in called]
    # (when, turn, endpoint, None or the task and when its POST began): a thread that is free, or one that is connected
    turns = iter(range(2 * len(called) * (len(tasks) + threads)))
    events: list[tuple[float, int, int, tuple[Task, float] | None]] = []
    for _ in range(threads):
        events += [(cloud.now, next(turns), number, None) for number in range(len(called))]
    while events:
        when, _, number, begun = heappop(events)
        if begun is None:
            task = next(queues[number], None)
            if task is not None:
                begun_at, done_at = core.take(when, world.begin_cpu)
                heappush(events, (done_at + cloud.draw(world.connect), next(turns), number, (task, begun_at)))
            continue
        _, sent_at = core.take(when, world.send_cpu)
        attempt = called[number].answer(cloud, begun[0], begun[1], sent_at, world.first_timeout)
        attempts[number].append(attempt)
        heappush(events, (attempt.ended_at, next(turns), number, None))
    return attempts, core.free_at
