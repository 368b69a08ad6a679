"""Writers that meet: each tries again, a little later than the others."""

import random
import time
from collections.abc import Iterator

TRIES = 12
"""How often a write that met another writer is tried; each try reads anew."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.2
"""Seconds, at most, before the second try and before the last."""


def conflict_retries() -> Iterator[int]:
    """Yield the number of each try, from 0 on, with a random and growing pause between them."""
    for number in range(TRIES):
        if number:
            longest = min(SHORTEST_PAUSE * 2**number, LONGEST_PAUSE)
            time.sleep(random.uniform(0, longest))  # noqa: S311 -- hides nothing
        yield number
