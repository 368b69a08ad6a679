"""How an endpoint has answered lately, and what that means for its next deliveries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.circuit_breaker import (
    FAILURE_THRESHOLD,
    MAX_HALF_OPEN,
    MAX_PAUSE,
    BreakerState,
    Tally,
    after_attempts,
    after_half_open_batch,
    half_open_batch,
    is_hanging,
)

DELAYS = (5.0, 30.0, 120.0, 3600.0)
NOW = 1_700_000_000.0
WELL = BreakerState()
SUSPENDED = BreakerState(
    failures=FAILURE_THRESHOLD, failing_since=NOW - 20, suspended_until=NOW, half_open_limit=1
)
COMING_BACK = BreakerState(suspended_until=NOW, half_open_limit=8)

FAILED, TIMED_OUT = Tally(failures=1), Tally(failures=1, slow=1)
ANSWERED, SLOW = Tally(successes=1), Tally(successes=1, slow=1)


def attempts(state, *tallies):
    for tally in tallies:
        state = after_attempts(state, tally, NOW, DELAYS)
    return state


def test_a_failure_is_counted_from_its_time_on():
    assert attempts(WELL, FAILED) == BreakerState(failures=1, failing_since=NOW)


def test_so_many_failures_in_a_row_suspend_for_the_shortest_delay():
    state = attempts(WELL, *[FAILED] * FAILURE_THRESHOLD)

    assert state == BreakerState(
        failures=FAILURE_THRESHOLD, failing_since=NOW, suspended_until=NOW + 5
    )


def test_a_success_forgives_failures_and_ends_no_suspension():
    assert (
        attempts(
            WELL, *[FAILED] * (FAILURE_THRESHOLD - 1), ANSWERED, *[FAILED] * (FAILURE_THRESHOLD - 1)
        ).suspended_until
        is None
    )
    assert attempts(SUSPENDED, ANSWERED) == BreakerState(suspended_until=NOW)


def test_it_recovers_with_the_first_half_open_batch_that_succeeds_and_with_no_other_attempt():
    paused = SUSPENDED._replace(suspended_until=NOW + 900)

    probed = after_half_open_batch(SUSPENDED, ANSWERED, NOW, DELAYS, is_last=False)

    assert probed.is_recovering
    assert not attempts(paused, ANSWERED).is_recovering  # the rest of the pause goes by
    assert not WELL.is_recovering


def test_failures_beside_a_suspension_tell_nothing_new():
    assert attempts(SUSPENDED, FAILED) == SUSPENDED


@pytest.mark.parametrize(
    ("tallies", "slow", "inline"),
    [
        ([SLOW] * (FAILURE_THRESHOLD - 1), FAILURE_THRESHOLD - 1, True),
        ([SLOW] * FAILURE_THRESHOLD, FAILURE_THRESHOLD, False),
        ([SLOW] * (FAILURE_THRESHOLD + 9), FAILURE_THRESHOLD, False),
        ([SLOW, TIMED_OUT], 2, True),
        ([*[SLOW] * FAILURE_THRESHOLD, FAILED], 0, True),
        ([*[SLOW] * FAILURE_THRESHOLD, ANSWERED], 0, True),
        ([*[SLOW] * FAILURE_THRESHOLD, Tally(successes=5, slow=2)], 0, True),
        ([*[SLOW] * FAILURE_THRESHOLD, Tally(successes=5, slow=3)], FAILURE_THRESHOLD, False),
    ],
)
def test_slow_answers_in_a_row_keep_an_endpoint_from_being_called_inline(tallies, slow, inline):
    state = attempts(WELL, *tallies)

    assert (state.slow_answers, state.is_inline) == (slow, inline)


def test_a_suspended_endpoint_is_not_called_inline():
    assert [state.is_inline for state in (WELL, SUSPENDED, COMING_BACK)] == [True, False, False]


@pytest.mark.parametrize(
    ("failing_for", "pause"),
    [(0, 5), (4, 5), (60, 60), (899, 899), (901, MAX_PAUSE), (1e6, MAX_PAUSE)],
)
def test_a_probe_that_fails_pauses_for_as_long_as_it_has_failed_already(failing_for, pause):
    suspended = SUSPENDED._replace(failing_since=NOW - failing_for, half_open_limit=16)

    state = after_half_open_batch(suspended, FAILED, NOW, DELAYS, is_last=False)

    assert state == suspended._replace(
        failures=FAILURE_THRESHOLD + 1, suspended_until=NOW + pause, half_open_limit=1
    )


def test_no_pause_is_longer_than_the_longest_delay():
    long_ago = SUSPENDED._replace(failing_since=1.0)

    assert (
        after_half_open_batch(long_ago, FAILED, NOW, (5.0, 7.0), is_last=False).suspended_until
        == NOW + 7
    )


@pytest.mark.parametrize(("limit", "after"), [(1, 2), (8, 16), (64, 128), (128, 128)])
def test_each_step_that_succeeds_doubles_the_next(limit, after):
    step = Tally(successes=limit)

    state = after_half_open_batch(
        COMING_BACK._replace(half_open_limit=limit), step, NOW + 1, DELAYS, is_last=False
    )

    assert state == BreakerState(suspended_until=NOW + 1, half_open_limit=after)


@pytest.mark.parametrize(
    ("state", "tally"),
    [
        (SUSPENDED, ANSWERED),
        (COMING_BACK, Tally(successes=8)),
        (COMING_BACK, Tally(7, 1)),
        (COMING_BACK, Tally()),
    ],
    ids=["probe", "last step", "one failed", "nothing was there"],
)
def test_a_suspension_ends_where_nothing_waits_any_more(state, tally):
    assert after_half_open_batch(state, tally, NOW, DELAYS, is_last=True) == WELL


@pytest.mark.parametrize(("limit", "after"), [(128, 64), (2, 1), (1, 1)])
def test_a_step_that_fails_in_part_halves_the_next(limit, after):
    state = after_half_open_batch(
        COMING_BACK._replace(half_open_limit=limit), Tally(1, 1), NOW + 1, DELAYS, is_last=False
    )

    assert state == BreakerState(suspended_until=NOW + 1, half_open_limit=after)


@pytest.mark.parametrize(
    ("state", "is_last"), [(SUSPENDED, True), (SUSPENDED, False), (COMING_BACK, False)]
)
def test_a_step_that_found_nothing_to_try_is_still_to_come(state, is_last):
    after = after_half_open_batch(state, Tally(), NOW + 7, DELAYS, is_last=is_last)

    assert after == state._replace(suspended_until=NOW + 7)


def tallies():
    return st.builds(
        lambda successes, failures, slow: Tally(
            successes, failures, min(slow, successes + failures)
        ),
        *[st.integers(0, 3) | st.integers(0, 200)] * 3,
    )


a_step = st.tuples(tallies(), st.floats(0, 1e6), st.booleans(), st.booleans())
delays = st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=11)


@settings(max_examples=300)
@given(delays, st.lists(a_step, max_size=30))
def test_whatever_comes_an_endpoint_is_paused_within_bounds_and_forgiven_at_once(delays, steps):
    longest, state, now = min(MAX_PAUSE, max(delays)), WELL, NOW
    for tally, passed, is_step, is_last in steps:
        now, before = round(now + passed, 3), state
        if is_step and before.suspended_until is not None:
            state = after_half_open_batch(before, tally, now, delays, is_last=is_last)
            moved = state.suspended_until
        else:
            state = after_attempts(before, tally, now, delays)
            moved = (
                state.suspended_until if state.suspended_until != before.suspended_until else None
            )

        shortest = 0 if tally.successes or not tally.failures else min(delays[0], longest)
        assert moved is None or now + shortest - 0.001 <= moved <= now + longest + 0.001
        assert state.half_open_limit in [2**power for power in range(8)]
        assert state.half_open_limit == 1 or (
            state.suspended_until is not None and state.half_open_limit <= MAX_HALF_OPEN
        )
        assert (state.failing_since is None) == (state.failures == 0)
        assert not tally.successes or state.failing_since is None
        assert before.failing_since is None or state.failing_since in (None, before.failing_since)
        assert 0 <= state.slow_answers <= FAILURE_THRESHOLD
        assert state.failures < FAILURE_THRESHOLD or state.suspended_until is not None


@settings(max_examples=100)
@given(st.integers(0, 5000), st.integers(1, 10**6))
def test_a_backlog_of_an_endpoint_that_is_well_again_goes_in_few_steps(backlog, failures):
    state, steps = SUSPENDED._replace(failures=failures), 0
    while state.suspended_until is not None:
        sent = min(backlog, state.half_open_limit) or 1
        backlog -= sent
        state = after_half_open_batch(
            state, Tally(successes=sent), NOW, DELAYS, is_last=backlog <= 0
        )
        steps += 1

    assert steps <= 8 + 5000 / MAX_HALF_OPEN
    assert state == WELL


@pytest.mark.parametrize(("limit", "size"), [(128, 8), (8, 8), (4, 4), (1, 1)])
def test_a_half_open_batch_is_over_in_four_rounds_of_its_threads(limit, size):
    assert half_open_batch(limit, threads=2) == size


def test_a_half_open_batch_of_slow_attempts_is_over_in_twenty_seconds():
    sizes = {timeout: half_open_batch(128, 8, timeout) for timeout in (1, 5, 7, 10, 60)}

    assert sizes == {1: 32, 5: 32, 7: 16, 10: 16, 60: 8}


@pytest.mark.parametrize(
    ("begun", "hangs"),
    [
        ((), False),
        ((0, 4, 8, 12), False),  # fewer than open the breaker
        ((19.6, 19.7, 19.8, 19.9, 20), False),  # not slow yet
        ((19.4, 19.7, 19.8, 19.9, 20), True),
    ],
)
def test_an_endpoint_hangs_once_as_many_attempts_as_open_the_breaker_wait_for_a_slow_one(
    begun, hangs
):
    assert is_hanging(begun, 20) is hangs
