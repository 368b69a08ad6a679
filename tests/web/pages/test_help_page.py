"""The help page shows times as they are configured."""

import pytest

from chalicelib.config import load
from chalicelib.web.pages import helping
from chalicelib.web.pages.presenting import duration, roughly
from tests.support.page_visits import Visitor


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, "Answer within 1 s ,"),
        ({}, "after 5 s, 30 s, 2 min and so on, for about 3 days. A retry may take 5 s."),
        ({}, "is disabled after 5 days. The log keeps deliveries for 30 days."),
        ({"DELIVERY_TIMEOUT": "0.5"}, "Answer within 0.5 s ,"),
        ({"RETRY_DELAYS": "1,90"}, "after 1 s, 90 s, for about 91 s."),
        ({"RETRY_DELAYS": "1,90"}, "keep the ids of the last 91 s."),
        ({"RETRY_TIMEOUT": "120"}, "A retry may take 2 min."),
        ({"ENDPOINT_DISABLE_AFTER": "86400"}, "is disabled after 1 day."),
        ({"DELIVERY_RETENTION": "43200"}, "keeps deliveries for 12 h."),
    ],
)
def test_the_help_page_repeats_no_default_that_was_configured_otherwise(
    monkeypatch, environ, shown
):
    monkeypatch.setattr(helping, "CONFIG", load(environ))

    assert shown in Visitor().get("/help").seen


@pytest.mark.parametrize(
    ("seconds", "exactly", "about"),
    [
        (0.25, "0.25 s", "0.25 s"),
        (60, "1 min", "1 min"),
        (5400, "90 min", "90 min"),
        (7200, "2 h", "2 h"),
        (86400, "1 day", "1 day"),
        (272555, "272555 s", "3 days"),
    ],
)
def test_a_configured_time_is_shown_in_the_largest_unit_that_divides_it(seconds, exactly, about):
    assert duration(seconds) == exactly
    assert roughly(seconds) == about
