"""Days that are named by their distance from now."""

from datetime import date, datetime, timezone

import pytest

from chalicelib.domain.days import day_of

NOON = 1_782_907_200  # Wednesday, 2026-07-01 12:00 UTC


def named(text, now=NOON):
    """Return the day that a text names."""
    seconds = day_of(text, now)
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).date()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 7, 1)),
        ("NOW", date(2026, 7, 1)),
        ("midnight", date(2026, 7, 1)),
        ("tomorrow", date(2026, 7, 2)),
        ("yesterday", date(2026, 6, 30)),
        ("+ 7 days", date(2026, 7, 8)),
        ("+7days", date(2026, 7, 8)),
        ("7 days", date(2026, 7, 8)),
        ("-  2   weeks", date(2026, 6, 17)),
        ("11 days ago", date(2026, 6, 20)),
        ("1 fortnight", date(2026, 7, 15)),
        ("2 weeks 3 days ago", date(2026, 6, 14)),
        ("+1 month -1 day", date(2026, 7, 31)),
        ("-1 year", date(2025, 7, 1)),
        ("-13 hours", date(2026, 6, 30)),
        ("-30 min", date(2026, 7, 1)),
        ("next month", date(2026, 8, 1)),
        ("last week", date(2026, 6, 24)),
        ("this year", date(2026, 7, 1)),
        ("wednesday", date(2026, 7, 1)),
        ("thu", date(2026, 7, 2)),
        ("next wednesday", date(2026, 7, 8)),
        ("last wed", date(2026, 6, 24)),
        ("previous tuesday", date(2026, 6, 30)),
        ("this monday", date(2026, 7, 6)),
    ],
)
def test_a_day_is_named_by_its_distance(text, day):
    assert named(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "days",
        "next",
        "next day off",
        "7",
        "mon 3 days",
        "123456 days",
        "ago",
        "2026-07-01",
    ],
)
def test_other_texts_name_no_day(text):
    assert named(text) is None


def test_the_31st_is_the_last_day_of_a_shorter_month():
    last_of_january = 1_769_860_800  # 2026-01-31 12:00 UTC

    assert [named(text, last_of_january) for text in ("+1 month", "+13 months", "-11 months")] == [
        date(2026, 2, 28),
        date(2027, 2, 28),
        date(2025, 2, 28),
    ]


@pytest.mark.parametrize("text", ["99999 years", "-2026 years", "-99999 months"])
def test_a_day_that_no_calendar_has_is_an_error(text):
    with pytest.raises((ValueError, OverflowError)):
        day_of(text, NOON)
