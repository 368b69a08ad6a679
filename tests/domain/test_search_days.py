"""What a query for a day finds."""

import pytest

from chalicelib.domain.search import parse
from tests.domain.test_search import PLAIN, SCENE, found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("due:2026-07-01", "f"),
        ("due:today", "f"),
        ("due:tomorrow", ""),
        ("due:<today", ""),
        ("due:<=today", "f"),
        ("due:>yesterday", "f"),
        ("due:>today", ""),
        ("due:>=2026-07-01", "f"),
        ("due:1782907200", "f"),
        ("due:none", "p"),
        ("created:yesterday", "f"),
        ("created:<2026-06-30", "p"),
        ("modified:tomorrow", "f"),
        ("updated:tomorrow", "f"),
        ('completed:"-7 days"', "f"),
        ('completed:"-1 week"', "f"),
        ('started:"+2 weeks"', "f"),
        ('started:"<=13 days"', ""),
        ('started:"<=14 days"', "f"),
        ('due:"<99999 weeks"', "f"),
        ('due:"<-99999 weeks"', ""),
    ],
)
def test_a_day_is_compared_as_a_whole(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("date_due", "matches"), [(1_782_863_999, False), (1_782_864_000, True), (1_782_950_399, True)]
)
def test_a_day_begins_at_midnight_utc(date_due, matches):
    assert parse("due:today", SCENE).matches(PLAIN | {"date_due": date_due}) is matches
    assert parse("due:<today", SCENE).matches(PLAIN | {"date_due": date_due}) is not matches
