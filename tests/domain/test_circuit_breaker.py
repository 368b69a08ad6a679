"""How an endpoint has answered lately, and what that means for its next deliveries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.circuit_breaker import (
    LONGEST_PAUSE,
    STRIKES,
    WIDEST_STEP,
    Health,
    Tally,
    after_attempts,
    after_step,
)

DELAYS = (5.0, 30.0, 120.0, 3600.0)
NOW = 1_700_000_000.0
WELL = Health()
SUSPENDED = Health(failures=STRIKES, failing_since=NOW - 20, suspended_until=NOW, ramp=1)
COMING_BACK = Health(suspended_until=NOW, ramp=8)

FAILED, TIMED_OUT = Tally(failures=1), Tally(failures=1, slow=1)
ANSWERED, SLOW = Tally(successes=1), Tally(successes=1, slow=1)


def attempts(health, *tallies):
    for tally in tallies:
        health = after_attempts(health, tally, NOW, DELAYS)
    return health


def test_a_failure_is_counted_from_its_time_on():
    assert attempts(WELL, FAILED) == Health(failures=1, failing_since=NOW)


def test_so_many_failures_in_a_row_suspend_for_the_shortest_delay():
    health = attempts(WELL, *[FAILED] * STRIKES)

    assert health == Health(failures=STRIKES, failing_since=NOW, suspended_until=NOW + 5)


def test_a_success_forgives_failures_and_ends_no_suspension():
    assert attempts(WELL, *[FAILED] * (STRIKES - 1), ANSWERED, *[FAILED] * (STRIKES - 1)).suspended_until is None
    assert attempts(SUSPENDED, ANSWERED) == Health(suspended_until=NOW)


def test_failures_beside_a_suspension_tell_nothing_new():
    assert attempts(SUSPENDED, FAILED) == SUSPENDED


@pytest.mark.parametrize(
    ("tallies", "slow", "inline"),
    [
        ([SLOW] * (STRIKES - 1), STRIKES - 1, True),
        ([SLOW] * STRIKES, STRIKES, False),
        ([SLOW] * (STRIKES + 9), STRIKES, False),
        ([SLOW, TIMED_OUT], 2, True),
        ([*[SLOW] * STRIKES, FAILED], 0, True),
        ([*[SLOW] * STRIKES, ANSWERED], 0, True),
        ([*[SLOW] * STRIKES, Tally(successes=5, slow=2)], 0, True),
        ([*[SLOW] * STRIKES, Tally(successes=5, slow=3)], STRIKES, False),
    ],
)
def test_slow_answers_in_a_row_keep_an_endpoint_from_being_called_inline(tallies, slow, inline):
    health = attempts(WELL, *tallies)

    assert (health.slow_answers, health.is_inline) == (slow, inline)


def test_a_suspended_endpoint_is_not_called_inline():
    assert [health.is_inline for health in (WELL, SUSPENDED, COMING_BACK)] == [True, False, False]


@pytest.mark.parametrize(
    ("failing_for", "pause"), [(0, 5), (4, 5), (60, 60), (899, 899), (901, LONGEST_PAUSE), (1e6, LONGEST_PAUSE)]
)
def test_a_probe_that_fails_pauses_for_as_long_as_it_has_failed_already(failing_for, pause):
    suspended = SUSPENDED._replace(failing_since=NOW - failing_for, ramp=16)

    health = after_step(suspended, FAILED, NOW, DELAYS, is_last=False)

    assert health == suspended._replace(failures=STRIKES + 1, suspended_until=NOW + pause, ramp=1)


def test_no_pause_is_longer_than_the_longest_delay():
    long_ago = SUSPENDED._replace(failing_since=1.0)

    assert after_step(long_ago, FAILED, NOW, (5.0, 7.0), is_last=False).suspended_until == NOW + 7


@pytest.mark.parametrize(("ramp", "after"), [(1, 2), (8, 16), (64, 128), (128, 128)])
def test_each_step_that_succeeds_doubles_the_next(ramp, after):
    step = Tally(successes=ramp)

    health = after_step(COMING_BACK._replace(ramp=ramp), step, NOW + 1, DELAYS, is_last=False)

    assert health == Health(suspended_until=NOW + 1, ramp=after)


@pytest.mark.parametrize(
    ("health", "tally"),
    [(SUSPENDED, ANSWERED), (COMING_BACK, Tally(successes=8)), (COMING_BACK, Tally(7, 1)), (COMING_BACK, Tally())],
    ids=["probe", "last step", "one failed", "nothing was there"],
)
def test_a_suspension_ends_where_nothing_waits_any_more(health, tally):
    assert after_step(health, tally, NOW, DELAYS, is_last=True) == WELL


@pytest.mark.parametrize(("ramp", "after"), [(128, 64), (2, 1), (1, 1)])
def test_a_step_that_fails_in_part_halves_the_next(ramp, after):
    health = after_step(COMING_BACK._replace(ramp=ramp), Tally(1, 1), NOW + 1, DELAYS, is_last=False)

    assert health == Health(suspended_until=NOW + 1, ramp=after)


@pytest.mark.parametrize(("health", "is_last"), [(SUSPENDED, True), (SUSPENDED, False), (COMING_BACK, False)])
def test_a_step_that_found_nothing_to_try_is_still_to_come(health, is_last):
    after = after_step(health, Tally(), NOW + 7, DELAYS, is_last=is_last)

    assert after == health._replace(suspended_until=NOW + 7)


def tallies():
    return st.builds(
        lambda successes, failures, slow: Tally(successes, failures, min(slow, successes + failures)),
        *[st.integers(0, 3) | st.integers(0, 200)] * 3,
    )


a_step = st.tuples(tallies(), st.floats(0, 1e6), st.booleans(), st.booleans())
delays = st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=11)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(delays, st.lists(a_step, max_size=30))
def test_whatever_comes_an_endpoint_is_paused_within_bounds_and_forgiven_at_once(delays, steps):
    longest, health, now = min(LONGEST_PAUSE, max(delays)), WELL, NOW
    for tally, passed, is_step, is_last in steps:
        now, before = round(now + passed, 3), health
        if is_step and before.suspended_until is not None:
            health = after_step(before, tally, now, delays, is_last=is_last)
            moved = health.suspended_until
        else:
            health = after_attempts(before, tally, now, delays)
            moved = health.suspended_until if health.suspended_until != before.suspended_until else None

        shortest = 0 if tally.successes or not tally.failures else min(delays[0], longest)
        assert moved is None or now + shortest - 0.001 <= moved <= now + longest + 0.001
        assert health.ramp in [2**power for power in range(8)]
        assert health.ramp == 1 or (health.suspended_until is not None and health.ramp <= WIDEST_STEP)
        assert (health.failing_since is None) == (health.failures == 0)
        assert not tally.successes or health.failing_since is None
        assert before.failing_since is None or health.failing_since in (None, before.failing_since)
        assert 0 <= health.slow_answers <= STRIKES
        assert health.failures < STRIKES or health.suspended_until is not None


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(0, 5000), st.integers(1, 10**6))
def test_a_backlog_of_an_endpoint_that_is_well_again_goes_in_few_steps(backlog, failures):
    health, steps = SUSPENDED._replace(failures=failures), 0
    while health.suspended_until is not None:
        sent = min(backlog, health.ramp) or 1
        backlog -= sent
        health = after_step(health, Tally(successes=sent), NOW, DELAYS, is_last=backlog <= 0)
        steps += 1

    assert (health, steps <= 8 + 5000 / WIDEST_STEP) == (WELL, True)
