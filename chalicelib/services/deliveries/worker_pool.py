"""Work for many endpoints at once, by as many threads as the processor has time for."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from chalicelib.config import CONFIG
from chalicelib.domain.fair_scheduler import FIRST_WORKERS, GROWTH_INTERVAL, FairScheduler, Taken
from chalicelib.services.deliveries.endpoint_threads import MAX_PER_PROCESS, limit_per_endpoint
from chalicelib.services.deliveries.threads import Threads

_T = TypeVar("_T")
_Work = Callable[[], None]

_threads = Threads("post", most=MAX_PER_PROCESS, spare=2 * FIRST_WORKERS)
_under_way: Counter[str] = Counter()  # jobs of each endpoint, whoever has asked for them
_lock = threading.Lock()


def begin(jobs: Mapping[str, Sequence[Callable[[], _T]]]) -> dict[str, list["Future[_T]"]]:
    """Begin with these jobs, by endpoint, and return what will come of each.

    A thread that is free takes a job of the endpoint that has the fewest under way, so an endpoint
    that hangs delays its own jobs alone. There are more threads while the processor has time left,
    and one more for each that is stuck. More than that take each other's time, of which an attempt
    has a second, and the interpreter's to pass its lock around.
    """
    futures: dict[str, list[Future[_T]]] = {
        name: [Future() for _ in its_own] for name, its_own in jobs.items()
    }
    works = {
        name: [partial(_complete, *pair) for pair in zip(futures[name], its_own, strict=True)]
        for name, its_own in jobs.items()
    }
    pool = _Pool(works)
    pool.start_missing()
    if not pool.are_all_taken.is_set():
        threading.Thread(target=_keep_growing, args=(pool,), name="more", daemon=True).start()
    return futures


def _complete(future: "Future[_T]", job: Callable[[], _T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001 -- the caller of the future must see it
        future.set_exception(error)


def _keep_growing(pool: "_Pool") -> None:
    computed, begun_at = time.process_time(), time.monotonic()
    while not pool.are_all_taken.wait(GROWTH_INTERVAL):
        pool.widen(time.process_time() - computed, time.monotonic() - begun_at)
        pool.start_missing()


class _Pool:
    """The threads of one call, which take its jobs as the scheduler says."""

    def __init__(self, works: Mapping[str, Sequence[_Work]]) -> None:
        self.are_all_taken = threading.Event()
        self._scheduler = FairScheduler(
            works, _under_way, limit_per_endpoint(len(works)), MAX_PER_PROCESS
        )
        self._note_end()

    def widen(self, computed: float, elapsed: float) -> None:
        """Want more threads, unless the CPU seconds in the elapsed ones show a busy processor."""
        with _lock:
            self._scheduler.widen(computed, elapsed, CONFIG.processor)

    def start_missing(self) -> None:
        """Start the threads that the scheduler wants."""
        with _lock:
            missing = self._scheduler.hire(time.monotonic())
        for _ in range(missing):
            _threads.begin(self._work)

    def _work(self) -> None:
        """Do one job after the other, until none may begin."""
        worker = threading.get_ident()
        with _lock:
            taken = self._take(worker)
        while taken:
            taken.job()
            with _lock:
                self._scheduler.finish(worker)
                taken = self._take(worker)

    def _take(self, worker: int) -> Taken[str, _Work] | None:
        taken = self._scheduler.take(worker, time.monotonic())
        self._note_end()
        return taken

    def _note_end(self) -> None:
        if self._scheduler.are_all_taken:
            self.are_all_taken.set()
