"""A cache in a warm Lambda, whose values may be used for `SETTINGS_TTL` seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from chalicelib.config import CONFIG

T = TypeVar("T")
U = TypeVar("U")


class Cached(Generic[T]):
    """A value that is read again if it is too old, or lacks the wanted item."""

    def __init__(
        self,
        read: Callable[[], T],
        lifetime: float = CONFIG.settings_ttl,
        *,
        misses_every: float = 0.0,
    ) -> None:
        """Read nothing yet.

        Args:
            read: Reads the value.
            lifetime: Seconds for which the value may be used.
            misses_every: Seconds between two reads for an item that the value lacks: more than 0
                where strangers choose the item.
        """
        self._read = read
        self._lifetime = lifetime
        self._misses_every = misses_every
        self._lock = threading.Lock()
        self._value: T | None = None
        self._read_at = self._missed_at = float("-inf")

    def get(self) -> T:
        """Return the value, not older than its lifetime."""
        return self._get()[0]

    def get_where(self, holds: Callable[[T], bool]) -> T:
        """Return the value; it is read again if `holds` is false, unless it was just read."""
        asked_at = time.monotonic()
        value, is_new = self._get()
        return value if is_new or holds(value) else self._read_since(asked_at)

    def find(self, pick: Callable[[T], U | None]) -> U | None:
        """Return what `pick` returns for the value; for None, it is read again as in `get_where`.

        `pick` is called once for each value.
        """
        asked_at = time.monotonic()
        value, is_new = self._get()
        found = pick(value)
        if found is not None or is_new:
            return found
        newer = self._read_since(asked_at)
        return None if newer is value else pick(newer)

    def _read_since(self, asked_at: float) -> T:
        """Return the value, read again unless that was done since then, or too soon before."""
        with self._lock:
            is_soon = time.monotonic() - self._missed_at < self._misses_every
            # Another thread has just read it.
            if self._value is not None and (is_soon or self._read_at >= asked_at):
                return self._value
            self._missed_at = time.monotonic()
            return self._refresh()

    def forget(self) -> None:
        """Read the value again at the next use."""
        with self._lock:
            self._value = None
            self._missed_at = float("-inf")

    def _get(self) -> tuple[T, bool]:
        """Return the value, and whether this call has read it."""
        with self._lock:
            if self._value is None or time.monotonic() - self._read_at >= self._lifetime:
                return self._refresh(), True
            return self._value, False

    def _refresh(self) -> T:
        read_at = time.monotonic()
        self._value = value = self._read()
        self._read_at = read_at
        return value
