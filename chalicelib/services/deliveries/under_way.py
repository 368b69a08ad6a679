"""First attempts that are under way in this process, by endpoint."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.circuit_breaker import is_hanging


class UnderWay:
    """When each attempt began that waits for its answer, in seconds of the monotonic clock.

    Those that began before one that is over do not count: their endpoint answers others.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._begun: dict[str, list[float]] = {}  # the oldest first

    @contextmanager
    def noting(self, endpoint_id: str) -> Iterator[None]:
        """Count an attempt at an endpoint while the block runs."""
        with self._lock:
            begun_at = time.monotonic()
            self._begun.setdefault(endpoint_id, []).append(begun_at)
        try:
            yield
        finally:
            with self._lock:
                later = [one for one in self._begun.pop(endpoint_id, ()) if one > begun_at]
                if later:
                    self._begun[endpoint_id] = later

    def is_hanging(self, endpoint_id: str) -> bool:
        """Tell whether no more attempts at an endpoint should begin; see the circuit breaker."""
        with self._lock:
            return is_hanging(self._begun.get(endpoint_id, ()), time.monotonic())


FIRST_ATTEMPTS_UNDER_WAY = UnderWay()
