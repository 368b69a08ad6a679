"""What a warm Lambda has read may be used again for `SETTINGS_TTL` seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from chalicelib.config import CONFIG

T = TypeVar("T")


class Cached(Generic[T]):
    """One value that is read again when it is too old, or when it does not hold what is looked for."""

    def __init__(self, read: Callable[[], T], lifetime: float = CONFIG.settings_ttl) -> None:
        """Keep how the value is read, and for how many seconds it serves; nothing is read yet."""
        self._read = read
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._value: T | None = None
        self._read_at = float("-inf")

    def get(self) -> T:
        """Return the value, not older than its lifetime."""
        with self._lock:
            if self._value is None or time.monotonic() - self._read_at >= self._lifetime:
                return self._refresh()
            return self._value

    def get_where(self, holds: Callable[[T], bool]) -> T:
        """Return the value; one that does not hold what is looked for is read anew first."""
        value = self.get()
        if holds(value):
            return value
        with self._lock:
            return self._refresh()

    def forget(self) -> None:
        """Read anew at the next use."""
        with self._lock:
            self._value = None

    def _refresh(self) -> T:
        read_at = time.monotonic()
        self._value = value = self._read()
        self._read_at = read_at
        return value
