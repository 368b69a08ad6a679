"""Work for many endpoints at once, by as many threads as the processor has time for."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from chalicelib.config import CONFIG
from chalicelib.services.attempts import IN_ALL, at_once_of
from chalicelib.services.threads import Threads

AT_FIRST = 4
"""Threads that begin; each time that they may be more, they are twice as many."""

MOMENT = 0.005
"""Seconds after which there may be more."""

BUSY = 0.8
"""Of the processor's time: while more is taken there may not be more threads."""

STUCK = 0.05
"""Seconds that a job takes at most, or else another thread begins in place of its own."""

_T = TypeVar("_T")
_threads = Threads("post", most=IN_ALL, spare=2 * AT_FIRST)
_under_way: Counter[str] = Counter()  # jobs of each endpoint, whoever has asked for them
_lock = threading.Lock()


def begin(jobs: Mapping[str, Sequence[Callable[[], _T]]]) -> dict[str, list["Future[_T]"]]:
    """Begin with these jobs, by endpoint, and return what will come of each.

    A thread that is free takes a job of the endpoint that has the fewest under way: so whoever lets wait holds up its
    own jobs alone. There are more threads while the processor has time left, and one more for each that is stuck. More
    than that take each other's time, of which an attempt has a second, and the interpreter's to pass its lock around.
    """
    turns = _Turns(jobs)
    turns.begin(AT_FIRST)
    if not turns.are_all_taken.is_set():
        threading.Thread(target=_begin_more, args=(turns,), name="more", daemon=True).start()
    return turns.futures


def _begin_more(turns: "_Turns[_T]") -> None:
    computed, begun_at, wanted = time.process_time(), time.monotonic(), AT_FIRST
    while not turns.are_all_taken.wait(MOMENT):
        is_busy = time.process_time() - computed > BUSY * CONFIG.processor * (time.monotonic() - begun_at)
        wanted = wanted if is_busy else min(2 * wanted, IN_ALL)
        turns.begin(wanted)


class _Turns(Generic[_T]):
    """The jobs that are left, and whose turn it is."""

    def __init__(self, jobs: Mapping[str, Sequence[Callable[[], _T]]]) -> None:
        self.futures: dict[str, list[Future[_T]]] = {
            name: [Future() for _ in its_own] for name, its_own in jobs.items()
        }
        self.are_all_taken = threading.Event()
        self._left = {
            name: deque(zip(its_own, self.futures[name], strict=True)) for name, its_own in jobs.items() if its_own
        }
        self._most = at_once_of(len(jobs))
        self._count = 0  # of threads
        self._begun: dict[int, float] = {}  # when each of them began with its job
        if not self._left:
            self.are_all_taken.set()

    def begin(self, wanted: int) -> None:
        """See to it that so many threads are at work, beside those that are stuck, as far as there is work for them."""
        with _lock:
            stuck_since = time.monotonic() - STUCK
            stuck = sum(begun < stuck_since for begun in self._begun.values())
            may_begin = sum(min(len(its_own), self._most - _under_way[name]) for name, its_own in self._left.items())
            missing = min(wanted + stuck - self._count, may_begin)
            self._count += max(0, missing)
        for _ in range(missing):
            _threads.begin(self._work)

    def _work(self) -> None:
        """Do one job after the other, until none may begin."""
        while taken := self._take():
            name, job, future = taken
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 -- whose job it is shall know
                future.set_exception(error)
            with _lock:
                _under_way[name] -= 1

    def _take(self) -> tuple[str, Callable[[], _T], "Future[_T]"] | None:
        with _lock:
            self._begun.pop(threading.get_ident(), None)
            name = min(self._left, key=_under_way.__getitem__, default=None)
            if name is None or _under_way[name] >= self._most:
                self._count -= 1
                return None
            its_own = self._left.pop(name)
            job, future = its_own.popleft()
            if its_own:
                self._left[name] = its_own  # behind the others that have as few under way
            elif not self._left:
                self.are_all_taken.set()
            _under_way[name] += 1
            self._begun[threading.get_ident()] = time.monotonic()
            return name, job, future
