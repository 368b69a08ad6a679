"""Requests in flight, for which an orderly shutdown waits."""

import threading
from types import TracebackType


class Traffic:
    """The requests in flight; once closed, it admits no more."""

    def __init__(self) -> None:
        """Start open, with nothing in flight."""
        self._condition = threading.Condition()
        self._count = 0
        self.is_open = True

    def __enter__(self) -> bool:
        """Admit a request; return whether to answer it as usual."""
        with self._condition:
            self._count += 1
            return self.is_open

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Count a request as finished."""
        with self._condition:
            self._count -= 1
            self._condition.notify_all()

    def close(self, timeout: float) -> None:
        """Admit no more requests and wait for those in flight, at most `timeout` seconds."""
        with self._condition:
            self.is_open = False
            self._condition.wait_for(lambda: self._count == 0, timeout)
