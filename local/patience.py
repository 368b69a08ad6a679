"""Waiting at startup: on a busy machine each part may be slow."""

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import HTTPClientError

from chalicelib.domain.errors import StoreUnavailable, TaskhookError

START = 60.0
"""Seconds for a part to start, and for the store to answer during startup."""

_PAUSE = 0.2  # seconds

_T = TypeVar("_T")


def patiently(act: Callable[[], _T], patience: float = START) -> _T:
    """Call the store, and retry timeouts for `patience` seconds.

    Raises:
        TaskhookError: It has not answered by then, or the error is not a timeout.
    """
    give_up_at = time.monotonic() + patience
    while True:
        try:
            return act()
        except TaskhookError as error:
            if not _may_pass(error) or time.monotonic() > give_up_at:
                raise
        time.sleep(_PAUSE)


def _may_pass(error: TaskhookError) -> bool:
    return isinstance(error, StoreUnavailable) or isinstance(error.__cause__, HTTPClientError)
