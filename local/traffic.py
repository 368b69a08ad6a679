"""The requests in flight: an orderly end waits for them."""

import threading
from types import TracebackType


class Traffic:
    """The requests in flight; once it is closed, no more are let in."""

    def __init__(self) -> None:
        """Be open, with nothing in flight."""
        self._condition = threading.Condition()
        self._count = 0
        self.is_open = True

    def __enter__(self) -> bool:
        """Let a request in; return whether it is to be answered as usual."""
        with self._condition:
            self._count += 1
            return self.is_open

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Count it no more."""
        with self._condition:
            self._count -= 1
            self._condition.notify_all()

    def close(self, timeout: float) -> None:
        """Let no more in and wait for those inside, `timeout` seconds at most."""
        with self._condition:
            self.is_open = False
            self._condition.wait_for(lambda: self._count == 0, timeout)
