"""The POSTs of a call of `dispatch`: threads that share a core and wait for the network side by side."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count, takewhile

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
    """Threads that do what `side_by_side.begin` has them do."""

    def __init__(self, cloud: Cloud, called: Sequence[Endpoint], tasks: Sequence[Task]) -> None:
        """Begin now, with nothing done."""
        self.core = Turns(cloud.now, cloud.world.dispatch_share)
        self.attempts: list[list[Attempt]] = [[] for _ in called]
        self._cloud, self._called = cloud, called
        self._now = cloud.now
        self._threads = 0
        self._began: dict[int, float] = {}  # when each POST that is under way did, the oldest first
        self._left = {number: deque(tasks) for number in range(len(called)) if tasks}
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
        """Have so many threads beside those that are stuck, and look in a moment whether there may be more."""
        stuck = sum(1 for _ in takewhile(lambda began: began < self._now - STUCK, self._began.values()))
        may_begin = sum(min(len(its), self._at_once - self._under_way[number]) for number, its in self._left.items())
        missing = max(0, min(wanted + stuck - self._threads, may_begin, IN_ALL - self._threads))
        self._threads += missing
        for _ in range(missing):
            self._at(self._now, self._work)
        self._at(self._now + MOMENT, partial(self._look, wanted))

    def _look(self, wanted: int) -> None:
        """Have it looked once it is that thread's turn: others compute until then."""
        if self._left:
            turn, _ = self.core.take(self._now, 0)
            self._at(turn, partial(self._decide, wanted))

    def _decide(self, wanted: int) -> None:
        if self._left:
            self._grow(wanted if self.core.is_busy(self._now) else min(2 * wanted, IN_ALL))

    def _work(self) -> None:
        """Begin a POST to the endpoint that has the fewest under way; a thread that finds none is done."""
        number = min(self._left, key=self._under_way.__getitem__, default=None)
        if number is None or self._under_way[number] >= self._at_once:
            self._threads -= 1
            return
        its_own = self._left.pop(number)
        task = its_own.popleft()
        if its_own:
            self._left[number] = its_own  # behind the others that have as few under way
        self._under_way[number] += 1
        post = next(self._turns)
        self._began[post] = self._now
        begun_at, done_at = self.core.take(self._now, self._cloud.world.begin_cpu)
        connected_at = done_at + self._cloud.draw(self._cloud.world.connect)
        self._at(connected_at, partial(self._send, number, task, begun_at, post))

    def _send(self, number: int, task: Task, begun_at: float, post: int) -> None:
        world = self._cloud.world
        _, sent_at = self.core.take(self._now, world.send_cpu)
        attempt = self._called[number].answer(self._cloud, task, begun_at, sent_at, world.first_timeout)
        self.attempts[number].append(attempt)
        self._at(attempt.ended_at, partial(self._end, number, post))

    def _end(self, number: int, post: int) -> None:
        del self._began[post]
        self._under_way[number] -= 1
        self._work()
