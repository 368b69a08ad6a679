"""The POSTs of a call of `dispatch`: threads that share a core and wait for the network side by side."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count

from bench.simulation.cloud import Cloud
from bench.simulation.endpoints import Attempt, Endpoint, Task
from chalicelib.services.attempts import IN_ALL, at_once_of
from chalicelib.services.side_by_side import AT_FIRST, BUSY, MOMENT, STUCK


class Turns:
    """The core that the threads of a call share: each takes its turn."""

    def __init__(self, now: float, share: float) -> None:
        """Begin idle."""
        self.begun_at = self.free_at = now
        self._share = share
        self._taken = 0.0  # seconds of a whole core, some of them yet to come

    def take(self, ready_at: float, seconds: float) -> tuple[float, float]:
        """Compute for some seconds of a whole core and return when that begins and ends."""
        begins_at = max(ready_at, self.free_at)
        self.free_at = begins_at + seconds / self._share
        self._taken += seconds
        return begins_at, self.free_at

    def is_busy(self, now: float) -> bool:
        """Tell whether more of its time was taken so far than leaves some for more threads."""
        computed = self._taken - max(0.0, self.free_at - now) * self._share
        return computed > BUSY * self._share * (now - self.begun_at)


def post_all(cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task]) -> tuple[list[list[Attempt]], float]:
    """Return what comes of POSTing each task to each of these endpoints, a list for each, and when all is computed.

    Args:
        cloud: Where.
        called: The endpoints.
        tasks: What they are told.
    """
    posting = _Posting(cloud, called, tasks)
    posting.run()
    return posting.attempts, posting.core.free_at


class _Posting:
    """Threads that take a task for each endpoint in turn, and become more as `side_by_side.run` has it."""

    def __init__(self, cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task]) -> None:
        """Begin now, with nothing done."""
        self.core = Turns(cloud.now, cloud.world.dispatch_share)
        self.attempts: list[list[Attempt]] = [[] for _ in called]
        self._cloud, self._called = cloud, called
        self._now = self._ended_at = cloud.now
        self._count = len(called) * len(tasks)
        self._begun = 0  # threads
        self._left = [deque(tasks) for _ in called]
        self._order = deque(range(len(called)) if tasks else ())
        self._under_way = [0] * len(called)
        self._at_once = at_once_of(len(called))
        self._turns = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def run(self) -> None:
        """Do all of it."""
        self._grow(AT_FIRST)
        while self._events:
            self._now, _, happen = heappop(self._events)
            happen()

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._turns), happen))

    def _grow(self, wanted: int) -> None:
        """Have so many threads, and look in a moment whether there may be more."""
        wanted = min(wanted, self._count, IN_ALL)
        for _ in range(wanted - self._begun):
            self._at(self._now, self._work)
        self._begun = wanted
        if self._begun < self._count:
            self._at(self._now + MOMENT, self._look)

    def _look(self) -> None:
        """Have it looked once it is that thread's turn: others compute until then."""
        turn, _ = self.core.take(self._now, 0)
        self._at(turn, self._decide)

    def _decide(self) -> None:
        if self._order:
            may_be_more = not self.core.is_busy(self._now) or self._now - self._ended_at > STUCK
            self._grow(self._begun * 2 if may_be_more else self._begun)

    def _work(self) -> None:
        """Begin a POST; a thread that finds none that may begin is done."""
        for _ in range(len(self._order)):
            number = self._order[0]
            if self._under_way[number] < self._at_once:
                self._begin(number)
                return
            self._order.rotate(-1)

    def _begin(self, number: int) -> None:
        task = self._left[number].popleft()
        if self._left[number]:
            self._order.rotate(-1)
        else:
            self._order.popleft()
        self._under_way[number] += 1
        begun_at, done_at = self.core.take(self._now, self._cloud.world.begin_cpu)
        connected_at = done_at + self._cloud.draw(self._cloud.world.connect)
        self._at(connected_at, partial(self._send, number, task, begun_at))

    def _send(self, number: int, task: Task, begun_at: float) -> None:
        world = self._cloud.world
        _, sent_at = self.core.take(self._now, world.send_cpu)
        attempt = self._called[number].answer(self._cloud, task, begun_at, sent_at, world.first_timeout)
        self.attempts[number].append(attempt)
        self._at(attempt.ended_at, partial(self._end, number))

    def _end(self, number: int) -> None:
        self._ended_at = self._now
        self._under_way[number] -= 1
        self._work()
