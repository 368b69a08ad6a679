"""Allocates ids of tasks from blocks that this process has reserved from the one counter.

A quiet board counts 1, 2, 3; a busy one rarely asks the counter. A process that ends loses the
rest of its block: gaps are fine, duplicate ids are not.
"""

import threading
import time
from collections.abc import Callable, Iterator

LARGEST_BLOCK = 256
BUSY = 1.0
"""Seconds: if a block is used up within this time, the next one is twice as large."""


class BlockAllocator:
    """Hands out ids one by one, from any thread."""

    def __init__(
        self, reserve: Callable[[int], range], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Reserve nothing yet; `reserve` reserves `count` ids."""
        self._reserve = reserve
        self._clock = clock
        self._lock = threading.Lock()
        self._left: Iterator[int] = iter(())
        self._size = 0
        self._reserved_at = float("-inf")

    def next(self) -> int:
        """Return an id that nobody else gets."""
        with self._lock:
            number = next(self._left, None)
            return self._next_block() if number is None else number

    def _next_block(self) -> int:
        now = self._clock()
        busy = now - self._reserved_at < BUSY
        self._size = min(self._size * 2, LARGEST_BLOCK) if busy else 1
        self._left = iter(self._reserve(self._size))
        self._reserved_at = now
        return next(self._left)
