"""Fair worker pools with a limit for each endpoint, and as many threads as the CPU has time for."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count
from typing import TypeVar

from chalicelib.config import CONFIG
from chalicelib.domain.fair_scheduler import FIRST_WORKERS, GROWTH_INTERVAL, FairScheduler, Taken
from chalicelib.services.deliveries.threads import Threads

MAX_PER_ENDPOINT = 32
"""POSTs to one endpoint that may be under way in a pool; a hanging endpoint delays only its own."""

MAX_PER_PROCESS = 384
"""POSTs that may be under way in a pool: Lambda has 1,024 threads and files, and a POST takes two
threads."""

_WORKERS = count()  # a number for each

_T = TypeVar("_T")
_Work = Callable[[], None]


def limit_per_endpoint(endpoints: int) -> int:
    """Return how many POSTs to each of so many endpoints may be under way."""
    return max(2, min(MAX_PER_ENDPOINT, MAX_PER_PROCESS // max(1, endpoints)))


class WorkerPool:
    """Threads that do jobs for many endpoints.

    A free worker takes a job of the endpoint that has the fewest under way, so an endpoint that
    hangs delays its own jobs alone. There are more workers while the processor has time left, and
    one more for each that is stuck. Still more would take each other's time, of which an attempt
    has a second, and the interpreter's to pass its lock around.
    """

    def __init__(self, name: str) -> None:
        """Begin with no thread; `name` is that of each."""
        self.threads = Threads(name, most=MAX_PER_PROCESS, spare=2 * FIRST_WORKERS)
        self.under_way: Counter[str] = Counter()  # jobs of each endpoint, whoever submitted them
        self.lock = threading.Lock()

    def submit_all(
        self, jobs: Mapping[str, Sequence[Callable[[], _T]]], limit: int | None = None
    ) -> dict[str, list["Future[_T]"]]:
        """Begin with these jobs and return what will come of each.

        Args:
            jobs: By endpoint, each in its order.
            limit: How many jobs of an endpoint may be under way; None: `limit_per_endpoint` of
                those that are called here.
        """
        if not jobs:
            return {}
        futures: dict[str, list[Future[_T]]] = {
            name: [Future() for _ in its_own] for name, its_own in jobs.items()
        }
        works = {
            name: [partial(_complete, *pair) for pair in zip(futures[name], its_own, strict=True)]
            for name, its_own in jobs.items()
        }
        call = _Call(self, works, limit or limit_per_endpoint(len(works)))
        call.start_missing()
        if not call.are_all_taken.is_set():
            threading.Thread(target=_keep_growing, args=(call,), name="more", daemon=True).start()
        return futures

    def submit(self, endpoint: str, job: Callable[[], _T], limit: int) -> "Future[_T] | None":
        """Start one job; None: `limit` jobs of its endpoint are running."""
        with self.lock:
            if self.under_way[endpoint] >= limit:
                return None
            self.under_way[endpoint] += 1
        future: Future[_T] = Future()

        def work() -> None:
            _complete(future, job)
            with self.lock:
                self.under_way[endpoint] -= 1

        self.threads.begin(work)
        return future


FIRST_ATTEMPTS = WorkerPool("post")
RETRIES = WorkerPool("retry-post")
"""A pool of its own, as `retry` is a process of its own on Lambda: a retry may hang ten times as
long as a first attempt, and must not take its place."""


def _complete(future: "Future[_T]", job: Callable[[], _T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001 -- the caller of the future must see it
        future.set_exception(error)


def _keep_growing(call: "_Call") -> None:
    computed, begun_at = time.process_time(), time.monotonic()
    while not call.are_all_taken.wait(GROWTH_INTERVAL):
        call.widen(time.process_time() - computed, time.monotonic() - begun_at)
        call.start_missing()


class _Call:
    """The jobs of one call of `submit_all`, which workers take as the scheduler says."""

    def __init__(self, pool: WorkerPool, works: Mapping[str, Sequence[_Work]], limit: int) -> None:
        self.are_all_taken = threading.Event()
        self._pool = pool
        self._scheduler = FairScheduler(works, pool.under_way, limit, MAX_PER_PROCESS)
        self._note_end()

    def widen(self, computed: float, elapsed: float) -> None:
        """Allow more workers, unless the processor is busy; both in seconds of its time."""
        with self._pool.lock:
            self._scheduler.widen(computed, elapsed, CONFIG.processor)

    def start_missing(self) -> None:
        """Start the workers that the scheduler wants, each with its first job."""
        with self._pool.lock:
            hired = [next(_WORKERS) for _ in range(self._scheduler.hire(time.monotonic()))]
            taken = [(worker, self._take(worker)) for worker in hired]
        for worker, job in taken:
            if job:
                self._pool.threads.begin(partial(self._work, worker, job))

    def _work(self, worker: int, taken: Taken[str, _Work] | None) -> None:
        """Do one job after the other, until none may begin."""
        while taken:
            taken.job()
            with self._pool.lock:
                self._scheduler.finish(worker)
                taken = self._take(worker)

    def _take(self, worker: int) -> Taken[str, _Work] | None:
        taken = self._scheduler.take(worker, time.monotonic())
        self._note_end()
        return taken

    def _note_end(self) -> None:
        if self._scheduler.are_all_taken:
            self.are_all_taken.set()
