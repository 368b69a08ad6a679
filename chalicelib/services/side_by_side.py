"""Work for many endpoints at once, by as many threads as the processor has time for."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from chalicelib.config import CONFIG
from chalicelib.services.attempts import IN_ALL, at_once_of

AT_FIRST = 4
"""Threads that begin; each time that they may be more, they are twice as many."""

MOMENT = 0.005
"""Seconds after which there may be more."""

BUSY = 0.8
"""Of the processor's time: while more is taken there may not be more threads."""

STUCK = 0.05
"""Seconds in which no job has ended: there may be more all the same."""

_T = TypeVar("_T")
_threads = ThreadPoolExecutor(IN_ALL, thread_name_prefix="post")


def run(jobs: Mapping[str, Sequence[Callable[[], _T]]]) -> dict[str, list["Future[_T]"]]:
    """Do all jobs, by endpoint, and return what came of each once all are done.

    The threads take a job of each endpoint in turn. There are more of them while the processor has time left, or none
    of them gets on: while receivers let them wait. More than that take each other's time, of which an attempt has a
    second, and the interpreter's time to pass its lock around.
    """
    turns = _Turns(jobs)
    computed, begun_at = time.process_time(), time.monotonic()
    begun, wanted = 0, AT_FIRST
    while begun < turns.count and not turns.are_over.is_set():
        wanted = min(wanted, turns.count, IN_ALL)
        for _ in range(wanted - begun):
            _threads.submit(turns.work)
        begun = wanted
        turns.are_over.wait(MOMENT)
        now = time.monotonic()
        is_busy = time.process_time() - computed > BUSY * CONFIG.processor * (now - begun_at)
        if not is_busy or now - turns.ended_at > STUCK:
            wanted *= 2
    wait([future for its_own in turns.futures.values() for future in its_own])
    return turns.futures


class _Turns(Generic[_T]):
    """The jobs that are left, and whose turn it is."""

    def __init__(self, jobs: Mapping[str, Sequence[Callable[[], _T]]]) -> None:
        self.futures: dict[str, list[Future[_T]]] = {
            name: [Future() for _ in its_own] for name, its_own in jobs.items()
        }
        self.count = sum(map(len, jobs.values()))
        self.ended_at = time.monotonic()  # the latest job
        self.are_over = threading.Event()  # all have been taken
        self._left = {
            name: deque(zip(its_own, self.futures[name], strict=True)) for name, its_own in jobs.items() if its_own
        }
        self._order = deque(self._left)
        self._under_way: Counter[str] = Counter()
        self._most = at_once_of(len(self._left))
        self._lock = threading.Lock()

    def work(self) -> None:
        """Do one job after the other, until those that are left may not begin yet: others will get to them."""
        while taken := self._take():
            name, job, future = taken
            try:
                future.set_result(job())
            except Exception as error:  # noqa: BLE001 -- whose job it is shall know
                future.set_exception(error)
            with self._lock:
                self._under_way[name] -= 1
            self.ended_at = time.monotonic()

    def _take(self) -> tuple[str, Callable[[], _T], "Future[_T]"] | None:
        with self._lock:
            for _ in range(len(self._order)):
                name = self._order[0]
                if self._under_way[name] < self._most:
                    return name, *self._take_from(name)
                self._order.rotate(-1)
            return None

    def _take_from(self, name: str) -> tuple[Callable[[], _T], "Future[_T]"]:
        taken = self._left[name].popleft()
        self._under_way[name] += 1
        if self._left[name]:
            self._order.rotate(-1)
        else:
            self._order.popleft()
        if not self._order:
            self.are_over.set()
        return taken
