"""The circuit breaker of an endpoint: when it is suspended, and how traffic comes back.

Closed: deliveries go out as their events happen. After FAILURE_THRESHOLD failures in a row it
opens: the endpoint is suspended and nothing is sent. Half-open: when the pause ends, one delivery
goes out as a probe. While probes fail the pause grows. After a success the limit doubles (2, 4, 8
... deliveries at once) until nothing waits; after a batch that fails in part it halves.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

FAILURE_THRESHOLD = 5
"""Failures in a row that open the breaker, or slow answers that send deliveries through the
queue."""

SLOW_MS = 500
"""Milliseconds above which an answer is slow; deliveries to a slow endpoint go through the
queue."""

MAX_PAUSE = 900.0
"""The most seconds between two probes; SQS can delay a message no longer."""

MAX_HALF_OPEN = 128
"""The most deliveries in a half-open batch."""


ROUNDS_PER_BATCH = 4
"""The most POSTs that each thread makes in a half-open batch, so that the batch ends in time."""

LONGEST_BATCH = 20.0
"""Seconds in which a half-open batch must end, even if every attempt times out."""


class BreakerState(NamedTuple):
    """How an endpoint has answered lately; times are epoch seconds."""

    failures: int = 0  # in a row
    slow_answers: int = 0  # in a row, timeouts included; counted up to FAILURE_THRESHOLD
    failing_since: float | None = None  # the first failure since the last success
    suspended_until: float | None = None  # the next probe, or the end of a batch's lease
    half_open_limit: int = 1  # deliveries in the next half-open batch, while suspended
    probing_until: float | None = None  # the end of a lease: of the present one if they are equal

    @property
    def is_inline(self) -> bool:
        """Whether dispatch may call the endpoint itself, while other deliveries wait."""
        return self.suspended_until is None and self.slow_answers < FAILURE_THRESHOLD

    @property
    def is_probing(self) -> bool:
        """Whether a half-open batch has a lease: `suspended_until` is then its end."""
        return self.suspended_until is not None and self.suspended_until == self.probing_until

    @property
    def is_recovering(self) -> bool:
        """Whether a half-open batch has succeeded, while deliveries wait: no next probe is due."""
        return self.suspended_until is not None and self.half_open_limit > 1


class Tally(NamedTuple):
    """The outcomes of some attempts at one endpoint."""

    successes: int = 0
    failures: int = 0
    slow: int = 0  # of both, those that took longer than SLOW_MS


def is_hanging(begun: Sequence[float], now: float) -> bool:
    """Return whether the attempts under way will tell enough about an endpoint to wait for them.

    They are as many as open the breaker if they fail, and the oldest is slow already.

    Args:
        begun: When each began that no later one has overtaken, the oldest first, in seconds of any
            clock.
        now: Seconds of the same clock.
    """
    return len(begun) >= FAILURE_THRESHOLD and now - begun[0] > SLOW_MS / 1000


def half_open_batch(limit: int, threads: int, timeout: float = 0) -> int:
    """Return the number of deliveries in a half-open batch.

    Args:
        limit: The limit that the breaker has reached.
        threads: The number of worker threads.
        timeout: Seconds that an attempt may take.
    """
    rounds = ROUNDS_PER_BATCH
    if timeout:
        rounds = max(1, min(rounds, int(LONGEST_BATCH / timeout)))
    return min(limit, rounds * threads)


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some tallies."""
    return Tally(*map(sum, zip(*tallies, strict=True))) if (tallies := list(tallies)) else Tally()


def after_attempts(
    state: BreakerState, tally: Tally, now: float, delays: Sequence[float]
) -> BreakerState:
    """Return the state after attempts outside a half-open batch.

    One success resets the count. Only half-open batches end a suspension, so that the backlog is
    not sent at once.

    Args:
        state: The state before.
        tally: The outcomes of the attempts.
        now: Epoch seconds.
        delays: RETRY_DELAYS: the first is the shortest pause, the longest the longest.
    """
    state = _count_slow(state, tally)
    if tally.successes:
        return state._replace(failures=0, failing_since=None)
    # While it is suspended only a probe counts.
    if not tally.failures or state.suspended_until is not None:
        return state
    state = _count_failures(state, tally, now)
    return _pause(state, now, delays) if state.failures >= FAILURE_THRESHOLD else state


def after_half_open_batch(
    state: BreakerState, tally: Tally, now: float, delays: Sequence[float], *, is_last: bool
) -> BreakerState:
    """Return the state of a suspended endpoint after a half-open batch.

    Args:
        state: The state before.
        tally: The outcomes of the batch's attempts.
        now: Epoch seconds.
        delays: RETRY_DELAYS.
        is_last: Nothing else waits to be sent.
    """
    state = _count_slow(state, tally)
    if tally.failures and not tally.successes:
        return _pause(_count_failures(state, tally, now), now, delays)
    if not tally.successes and (state.failures or not is_last):
        return state._replace(suspended_until=now)  # nothing was attempted: the batch is still due
    state = state._replace(failures=0, failing_since=None)
    if is_last:
        return state._replace(suspended_until=None, half_open_limit=1)
    halved, doubled = (
        max(state.half_open_limit // 2, 1),
        min(2 * state.half_open_limit, MAX_HALF_OPEN),
    )
    limit = halved if tally.failures else doubled
    return state._replace(suspended_until=now, half_open_limit=limit)


def _count_slow(state: BreakerState, tally: Tally) -> BreakerState:
    quick = tally.successes + tally.failures - tally.slow
    if quick > tally.slow:
        return state._replace(slow_answers=0)
    return state._replace(slow_answers=min(state.slow_answers + tally.slow, FAILURE_THRESHOLD))


def _count_failures(state: BreakerState, tally: Tally, now: float) -> BreakerState:
    since = now if state.failing_since is None else state.failing_since
    return state._replace(failures=state.failures + tally.failures, failing_since=since)


def _pause(state: BreakerState, now: float, delays: Sequence[float]) -> BreakerState:
    """Suspend for as long as it has failed already: exponential backoff without a counter."""
    longest = min(MAX_PAUSE, max(delays))
    pause = min(max(delays[0], now - (state.failing_since or now)), longest)
    return state._replace(suspended_until=round(now + pause, 3), half_open_limit=1)
