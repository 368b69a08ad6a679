"""The pace of an endpoint: at most so many attempts a second, spread evenly.

A slot is the moment of one attempt. Slots are a fixed gap apart. The endpoint's row has the time up
to which slots are taken. A sender takes a block of them with one write.
"""

from typing import NamedTuple

BLOCK_TIME = 1.0
"""Seconds of slots that a block holds at most; a slower pace has blocks of one slot."""


MAX_WAIT = 2.0
"""Seconds that a process waits for a slot; for a later one it leaves a message."""


class Block(NamedTuple):
    """A block of taken slots: the time of each attempt, and the first time after them."""

    slots: tuple[float, ...]  # epoch seconds
    until: float


def believable(taken_until: float | None, per_second: float, now: float) -> float:
    """Return up to when slots are taken, in epoch seconds; 0: none are.

    A sender takes a block that begins within `MAX_WAIT`. A later end is of a process whose clock
    is ahead, or of a slower pace that the endpoint had: it must not stop the endpoint.
    """
    latest = now + MAX_WAIT + max(1 / per_second, BLOCK_TIME)
    return taken_until if taken_until is not None and taken_until <= latest else 0.0


def block_size(per_second: float) -> int:
    """Return the most slots of a block."""
    return max(1, int(per_second * BLOCK_TIME))


def next_block(taken_until: float, per_second: float, wanted: int, now: float) -> Block:
    """Return the next free slots, as many as are wanted and a block holds.

    Unused time is not saved up: after a pause there is no burst.

    Args:
        taken_until: The end of the taken slots, in epoch seconds; 0: none are taken.
        per_second: The pace.
        wanted: At least 1.
        now: Epoch seconds.
    """
    begin, gap = max(taken_until, now), 1 / per_second
    count = min(wanted, block_size(per_second))
    slots = tuple(begin + number * gap for number in range(count))
    return Block(slots, round(begin + count * gap, 6))


def free_from(taken_until: float, per_second: float) -> float:
    """Return when the next block may be taken, in epoch seconds.

    Before that a sender still has unused slots, or has left a message for the time after them.
    During the last gap the first process to write takes the block.
    """
    return taken_until - min(1 / per_second, MAX_WAIT)


def due_since(due_at: float, taken_until: float) -> float:
    """Return the time from which a delivery is late; waiting for the pace does not count."""
    return max(due_at, taken_until)
