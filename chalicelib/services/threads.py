"""Threads that are as many as there is work at once: they begin with it, and only a few outlast it."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")


class Threads:
    """Threads for work that waits for others; `ThreadPoolExecutor` keeps as many as there ever were."""

    def __init__(self, name: str, most: int, spare: int) -> None:
        """Begin with none.

        Args:
            name: Of each thread.
            most: How many there may be; further work waits.
            spare: How many stay when there is nothing to do: to begin one takes time.
        """
        self._name, self._most, self._spare = name, most, spare
        self._changed = threading.Condition()
        self._works: deque[Callable[[], object]] = deque()
        self._count = self._idle = 0

    def begin(self, work: Callable[[], object]) -> None:
        """Have work done, which raises nothing, by a thread that is idle or a new one."""
        with self._changed:
            self._works.append(work)
            if self._idle >= len(self._works):
                self._changed.notify()
            elif self._count < self._most:
                self._count += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

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

    def _run(self) -> None:
        while work := self._take():
            work()

    def _take(self) -> Callable[[], object] | None:
        """Wait for work; None: there are enough threads that do."""
        with self._changed:
            if not self._works:
                if self._idle >= self._spare:
                    self._count -= 1
                    return None
                self._idle += 1
                self._changed.wait_for(lambda: self._works)
                self._idle -= 1
            return self._works.popleft()
