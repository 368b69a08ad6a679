"""Optimistic locking: concurrent writers of a row retry, each after a random pause."""

import random
import time
from collections.abc import Iterator

TRIES = 12
"""The most tries of a write that meets other writers; each try reads the row again."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.2
"""The longest pauses before the second try and before the last, in seconds."""


def conflict_retries() -> Iterator[int]:
    """Yield the number of each try, starting at 0, with random and growing pauses between them."""
    for number in range(TRIES):
        if number:
            longest = min(SHORTEST_PAUSE * 2**number, LONGEST_PAUSE)
            time.sleep(random.uniform(0, longest))  # noqa: S311 -- no secret
        yield number
