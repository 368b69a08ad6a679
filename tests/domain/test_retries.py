"""Which answers count as success, and when the next attempt is due."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.retries import Verdict, judge, next_due, wait_asked

DELAYS = (5, 30, 120)
NOW = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SUCCESS),
        (204, Verdict.SUCCESS),
        (299, Verdict.SUCCESS),
        (199, Verdict.RETRY),
        (300, Verdict.RETRY),
        (301, Verdict.RETRY),
        (400, Verdict.RETRY),
        (404, Verdict.RETRY),
        (429, Verdict.RETRY),
        (500, Verdict.RETRY),
        (410, Verdict.DISABLE),
    ],
)
def test_a_status_alone_decides(status, verdict):
    assert judge(status, {}) is verdict


@pytest.mark.parametrize(
    ("status", "wish", "verdict"),
    [
        (200, "disable", Verdict.DISABLE),
        (500, " Disable ", Verdict.DISABLE),
        (500, "abort-message", Verdict.GIVE_UP),
        (410, "abort-message", Verdict.DISABLE),
        (200, "abort-message", Verdict.SUCCESS),
        (500, "something else", Verdict.RETRY),
    ],
)
def test_an_endpoint_may_wish_to_be_left_alone(status, wish, verdict):
    assert judge(status, {"webhook-delivery": wish}) is verdict


@pytest.mark.parametrize(
    ("failures", "due_at"), [(1, NOW + 5), (2, NOW + 30), (3, NOW + 120), (4, None), (99, None)]
)
def test_each_failure_has_its_delay_until_all_are_used(failures, due_at):
    assert next_due(failures, NOW, DELAYS, stretch=0) == due_at


def test_jitter_stretches_a_delay():
    assert next_due(2, NOW, DELAYS, stretch=0.2) == NOW + 36


@pytest.mark.parametrize(
    ("asked", "wait"), [(0, 5), (4, 5), (60, 60), (86400, 86400), (10**9, 86400)]
)
def test_a_receiver_may_lengthen_the_next_delay_but_never_shorten_it(asked, wait):
    assert next_due(1, NOW, DELAYS, stretch=0, retry_after=asked) == NOW + wait


def test_a_receiver_that_asks_for_more_time_gets_no_more_attempts():
    assert next_due(4, NOW, DELAYS, stretch=0, retry_after=60) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("0", 0),
        ("-5", 0),
        ("99999999", 86400),
        ("inf", 86400),
        ("1" * 400, 86400),
        ("nan", 0),
        ("", 0),
        ("soon", 0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tuesday, 14-Nov-23 22:14:20 GMT", 60),
        ("Tue Nov 14 22:14:20 2023", 60),
        ("Tue, 14 Nov 2023 22:12:20 GMT", 0),
        ("Tue, 14 Nov 2045 22:12:20 GMT", 86400),
        ("Tue, 99 Nov 2023 22:12:20 GMT", 0),
        ("Tue, 14 Nov 0001 22:12:20 +2359", 0),
        ("Tue, 14 Nov 2023 23:14:20 +0100", 60),
        ("14 Nov 2023 22:14:20", 60),
        ("Tue, 31 Nov 2023 22:14:20 GMT", 0),
        ("Tue, 14 Nix 2023 22:14:20 GMT", 0),
        ("2023-11-14T22:14:20Z", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, wait):
    assert wait_asked(header, NOW) == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Tue, 14 Nov 2023 22:13:60 GMT", 40),
        ("Tuesday, 14-Nov-23 22:13:60 GMT", 40),
        ("Tue Nov 14 22:13:60 2023", 40),
        ("Tue, 14 Nov 2023 22:13:61 GMT", 0),
    ],
)
def test_a_leap_second_does_not_spoil_a_date(header, wait):
    assert wait_asked(header, NOW) == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Tuesday, 14-Nov-73 22:13:20 GMT", 86400),  # fifty years ahead, and no second more
        ("Tuesday, 14-Nov-73 22:13:21 GMT", 0),  # fifty years ago
        ("Tuesday, 14-Nov-69 22:14:20 GMT", 86400),
        ("Tuesday, 14-Nov-99 22:14:20 GMT", 0),
        ("Tuesday, 29-Feb-00 22:14:20 GMT", 0),
    ],
)
def test_a_year_of_two_digits_lies_at_most_fifty_years_ahead(header, wait):
    assert wait_asked(header, NOW) == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120, 240", 120),
        ("120,Tue, 14 Nov 2023 22:14:20 GMT", 120),
        ("Tue, 14 Nov 2023 22:14:20 GMT, 120", 60),
        ("Tuesday, 14-Nov-23 22:14:20 GMT,120", 60),
        ("Tue Nov 14 22:14:20 2023, 120", 60),
        (", 120", 120),
        ("soon, 120", 0),
    ],
)
def test_of_a_list_the_first_wait_counts(header, wait):
    assert wait_asked(header, NOW) == wait


_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")


@given(
    ahead=st.integers(-100 * 86400, 86400),
    now=st.integers(0, 4_000_000_000),
    form=st.sampled_from(_FORMS),
)
def test_each_form_of_a_date_is_read_as_it_was_written(ahead, now, form):
    date = datetime.fromtimestamp(now + ahead, timezone.utc)

    wait = wait_asked(date.strftime(form), now)

    assert wait == max(ahead, 0)


@given(st.text(st.characters(max_codepoint=255), max_size=60), st.integers(0, 4_000_000_000))
def test_no_header_keeps_a_receiver_waiting_for_more_than_a_day(header, now):
    assert 0 <= wait_asked(header, now) <= 86400
