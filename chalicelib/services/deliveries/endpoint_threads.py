"""The threads that post to each endpoint."""

import math
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from chalicelib.config import CONFIG

MAX_PER_ENDPOINT = 32
"""How many posts to one endpoint may be under way in one process; a slow one holds up only its
own."""

MAX_PER_PROCESS = 384
"""How many posts may be under way in one process: Lambda has 1,024 threads and files, and a post
takes two threads."""

ROUNDS_PER_BATCH = 4
"""How often in one step of a ramp each of an endpoint's threads posts, at most."""

_T = TypeVar("_T")
_posters: dict[str, ThreadPoolExecutor] = {}
_at_once = MAX_PER_ENDPOINT
_lock = threading.Lock()


def submit(endpoint_id: str, work: Callable[..., _T], *arguments: Any) -> "Future[_T]":
    """Have work done by the threads that post to an endpoint."""
    with _lock:
        if endpoint_id not in _posters:
            _posters[endpoint_id] = ThreadPoolExecutor(
                _at_once, thread_name_prefix=f"post-{endpoint_id}"
            )
        return _posters[endpoint_id].submit(work, *arguments)


def share_threads(endpoint_ids: Collection[str]) -> None:
    """Share the threads among these endpoints; what the threads of others are at is finished."""
    global _at_once  # noqa: PLW0603 -- one process, one share
    at_once = limit_per_endpoint(len(endpoint_ids))
    with _lock:
        for endpoint_id in list(_posters):
            if endpoint_id not in endpoint_ids or at_once != _at_once:
                _posters.pop(endpoint_id).shutdown(wait=False)
        _at_once = at_once


def limit_per_endpoint(endpoints: int) -> int:
    """Return how many posts to each of so many endpoints may be under way."""
    return max(2, min(MAX_PER_ENDPOINT, MAX_PER_PROCESS // max(1, endpoints)))


def at_once() -> int:
    """Return how many posts to one endpoint may be under way."""
    return _at_once


def half_open_batch(ramp: int) -> int:
    """Return how many deliveries a step of a ramp sends: so many that it is over in time."""
    return min(ramp, ROUNDS_PER_BATCH * _at_once)


def max_batch_time(ramp: int) -> float:
    """Return how many seconds the attempts of such a step take at most."""
    return math.ceil(half_open_batch(ramp) / _at_once) * CONFIG.retry_timeout
