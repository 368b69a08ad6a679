"""How an endpoint has answered lately, and what that means for its next deliveries.

An endpoint that fails is suspended: nothing is sent to it for a while, and then one delivery, the probe. While
probes fail the while grows; when one succeeds, 2 deliveries may go, then 4, 8 and so on, until nothing waits.
Where some of a step fail, half as many may go next: it is alive, but not well.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

STRIKES = 5
"""How many failures, or slow answers, in a row it takes: one bad request tells nothing of its endpoint."""

SLOW_MS = 500
"""Who takes longer than this holds up the batch that it is called in; its deliveries then go through the queue."""

LONGEST_PAUSE = 900.0
"""Seconds between two probes at most; as long as SQS can delay a message."""

WIDEST_STEP = 128
"""Deliveries that may go at once at most while an endpoint comes back."""


class Health(NamedTuple):
    """How an endpoint has answered lately; times are epoch seconds."""

    failures: int = 0  # in a row
    slow_answers: int = 0  # or none in time, in a row; counted up to STRIKES
    failing_since: float | None = None  # since then there was no success
    suspended_until: float | None = None  # the time of the next probe or step
    ramp: int = 1  # how many deliveries the next step may send; of no meaning where it is not suspended

    @property
    def is_inline(self) -> bool:
        """Whether the endpoint may be called while others wait for the answer."""
        return self.suspended_until is None and self.slow_answers < STRIKES


class Tally(NamedTuple):
    """What came of some attempts at one endpoint."""

    successes: int = 0
    failures: int = 0
    slow: int = 0  # of both, those that took longer than SLOW_MS


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return some tallies in one."""
    return Tally(*map(sum, zip(*tallies, strict=True))) if (tallies := list(tallies)) else Tally()


def after_attempts(health: Health, tally: Tally, now: float, delays: Sequence[float]) -> Health:
    """Return how an endpoint does after attempts that no step of its ramp made.

    A success forgives the failures; a suspension ends by its ramp alone, so that the backlog does not come at once.

    Args:
        health: How it did.
        tally: What came of the attempts.
        now: Epoch seconds.
        delays: RETRY_DELAYS: the first is the shortest pause, none is longer than the longest.
    """
    health = _count_slow(health, tally)
    if tally.successes:
        return health._replace(failures=0, failing_since=None)
    if not tally.failures or health.suspended_until is not None:  # beside the ramp it tells nothing new
        return health
    health = _count_failures(health, tally, now)
    return _pause(health, now, delays) if health.failures >= STRIKES else health


def after_step(health: Health, tally: Tally, now: float, delays: Sequence[float], *, is_last: bool) -> Health:
    """Return how a suspended endpoint does after a step of its ramp.

    Args:
        health: How it did.
        tally: What came of the step's attempts.
        now: Epoch seconds.
        delays: RETRY_DELAYS.
        is_last: Nothing else waits to be sent.
    """
    health = _count_slow(health, tally)
    if tally.failures and not tally.successes:
        return _pause(_count_failures(health, tally, now), now, delays)
    if not tally.successes and (health.failures or not is_last):
        return health._replace(suspended_until=now)  # nothing was there to be tried: the step is still to come
    health = health._replace(failures=0, failing_since=None)
    if is_last:
        return health._replace(suspended_until=None, ramp=1)
    ramp = max(health.ramp // 2, 1) if tally.failures else min(2 * health.ramp, WIDEST_STEP)
    return health._replace(suspended_until=now, ramp=ramp)


def _count_slow(health: Health, tally: Tally) -> Health:
    quick = tally.successes + tally.failures - tally.slow
    if quick > tally.slow:
        return health._replace(slow_answers=0)
    return health._replace(slow_answers=min(health.slow_answers + tally.slow, STRIKES))


def _count_failures(health: Health, tally: Tally, now: float) -> Health:
    since = now if health.failing_since is None else health.failing_since
    return health._replace(failures=health.failures + tally.failures, failing_since=since)


def _pause(health: Health, now: float, delays: Sequence[float]) -> Health:
    """Suspend for as long as it has failed already: the pause doubles by itself."""
    longest = min(LONGEST_PAUSE, max(delays))
    pause = min(max(delays[0], now - (health.failing_since or now)), longest)
    return health._replace(suspended_until=round(now + pause, 3), ramp=1)
