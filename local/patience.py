"""How long a start waits for its parts: on a busy machine each of them may be slow."""

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import HTTPClientError

from chalicelib.domain.errors import StoreUnavailable, TaskhookError

START = 60.0
"""Seconds that a part of a run may take to begin, and the store to answer what a start asks of
it."""

_PAUSE = 0.2  # seconds

_T = TypeVar("_T")


def patiently(act: Callable[[], _T], patience: float = START) -> _T:
    """Do something with the store, again where it has not answered in time, for `patience` seconds.

    Raises:
        TaskhookError: It does not answer for so long; or something is wrong that waiting does not
            mend.
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
