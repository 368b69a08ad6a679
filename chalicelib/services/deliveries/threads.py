"""Threads, as many as there is work at once: they start with it, and only a few stay."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

LINGER = 10.0
"""Seconds for which a thread waits for more work: to begin another one costs a tenth of a
delivery."""

_T = TypeVar("_T")
_Work = Callable[[], object]


class Threads:
    """Threads for work that waits; `ThreadPoolExecutor` would keep as many as ever existed."""

    def __init__(self, name: str, most: int, spare: int, linger: float = LINGER) -> None:
        """Begin with none.

        Args:
            name: Of each thread.
            most: How many there may be; further work waits.
            spare: How many stay when there is nothing to do.
            linger: Seconds after which the others end.
        """
        self._name, self._most, self._spare, self._linger = name, most, spare, linger
        self._lock = threading.Lock()
        self._works: deque[_Work] = deque()
        self._idle: list[
            SimpleQueue[_Work]
        ] = []  # the last one is asked first, so that those that are too many rest
        self._count = 0

    def begin(self, work: _Work) -> None:
        """Have work done, which raises nothing, by a thread that is idle or a new one."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
            elif self._count < self._most:
                self._count += 1
                threading.Thread(
                    target=self._run, args=(work,), name=self._name, daemon=True
                ).start()
            else:
                self._works.append(work)

    def submit(self, work: Callable[..., _T], *arguments: Any) -> "Future[_T]":
        """Have work done, and return what will come of it."""
        future: Future[_T] = Future()

        def do() -> None:
            try:
                future.set_result(work(*arguments))
            except BaseException as error:  # noqa: BLE001 -- whose work it is shall know
                future.set_exception(error)

        self.begin(do)
        return future

    def _run(self, work: _Work | None) -> None:
        inbox: SimpleQueue[_Work] = SimpleQueue()
        while work:
            work()
            work = self._next(inbox)

    def _next(self, inbox: "SimpleQueue[_Work]") -> _Work | None:
        """Wait for work; None: there was none for too long."""
        with self._lock:
            if self._works:
                return self._works.popleft()
            self._idle.append(inbox)
            patience = None if len(self._idle) <= self._spare else self._linger
        with suppress(Empty):
            return inbox.get(timeout=patience)
        with self._lock:
            if inbox in self._idle:
                self._idle.remove(inbox)
                self._count -= 1
                return None
        return inbox.get()  # it has just been put in
