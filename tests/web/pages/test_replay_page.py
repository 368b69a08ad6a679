"""The page that sends deliveries of a while again: what it would send, and its steps."""

import re

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.deliveries import redelivery
from chalicelib.services.endpoints import endpoints
from tests.support.deliveries import lay_down, rows, subscribe
from tests.support.page_visits import Page


def hidden(page: Page) -> dict[str, str]:
    """Return the hidden fields of the form that does something."""
    return dict(
        re.findall(r'<input type="hidden" name="(?!csrf_token)([^"]+)" value="([^"]*)">', page.text)
    )


def test_a_replay_says_how_much_it_would_send_before_it_does_anything(admin):
    subscribe("https://example.com/")
    lay_down(3)
    lay_down(1, status="failed", start=900)

    page = admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01T00:00&status=delivered")

    assert "2 deliveries to https://example.com/" in page.seen
    assert "Send 2 again" in page.seen
    assert {row.status for row in rows()} == {"delivered", "failed"}


def told_in_steps(admin):
    """Replay five deliveries from form to end; return what each page says of the progress."""
    subscribe("https://example.com/")
    lay_down(5)
    page = admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01T00:00")
    told = []
    while fields := hidden(page):
        page = admin.get(admin.post("/deliveries/replay", **fields).headers["Location"])
        told += [text.strip() for text in re.findall(r"[\d of]+ sent again", page.seen)]
        assert "data-goes-on" in page.text or "Done." in page.seen
    return told


def test_more_than_can_be_counted_in_time_is_said_to_be_more(admin, monkeypatch):
    monkeypatch.setattr(redelivery, "MAX_COUNTED", 3)
    subscribe("https://example.com/")
    lay_down(5)

    page = admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01T00:00")

    assert "3+ deliveries to" in page.seen
    assert "Send 3+ again" in page.seen


def test_beyond_what_was_counted_a_replay_says_how_much_was_sent_and_not_of_how_much(
    admin, monkeypatch
):
    monkeypatch.setattr(redelivery, "MAX_COUNTED", 3)
    monkeypatch.setattr(redelivery, "MAX_PER_STEP", 2)
    assert told_in_steps(admin) == ["2 of 3 sent again", "4 sent again", "5 of 5 sent again"]


def test_a_replay_goes_in_steps_and_says_how_far_it_is(admin, monkeypatch):
    monkeypatch.setattr(redelivery, "MAX_PER_STEP", 2)
    assert told_in_steps(admin) == ["2 of 5 sent again", "4 of 5 sent again", "5 of 5 sent again"]
    assert {row.status for row in rows()} == {"pending"}


def test_a_reload_of_a_step_sends_nothing(admin, monkeypatch):
    monkeypatch.setattr(redelivery, "MAX_PER_STEP", 2)
    subscribe("https://example.com/")
    lay_down(5)
    step = admin.post(
        "/deliveries/replay", **hidden(admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01"))
    )

    for _ in range(2):
        admin.get(step.headers["Location"])

    assert [row.status for row in rows()] == ["pending"] * 2 + ["delivered"] * 3


@pytest.mark.usefixtures("cloud")
def test_a_replay_counts_what_cannot_be_sent_any_more():
    subscribe("https://example.com/")
    lay_down(2)
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.body.set("null")])

    step = redelivery.replay(redelivery.ReplayRequest("ci", 0, 1e9))

    assert step == redelivery.Step(
        1, ["ci.1.1: delivery: its event was too large to be kept"], None
    )


def test_a_replay_to_a_disabled_endpoint_is_refused(admin):
    subscribe("https://example.com/")
    lay_down(2)
    endpoints.set_active("ci", is_active=False)

    asked = {"endpoint": "ci", "since": "1970-01-01T00:00", "until": "2026-01-01T00:00"}
    page = admin.post("/deliveries/replay", **asked, sent=0, skipped=0, total=2)

    assert "is disabled: enable it first" in page.seen
    assert page.status == 400
    assert "0 of 2 sent again." in page.seen
    assert "Done" not in page.seen


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("endpoint=no&since=2026-01-01", "there is no endpoint no"),
        ("endpoint=ci&since=x", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("endpoint=ci", "is required"),
        ("endpoint=ci&since=2026-01-02&until=2026-01-01", "must be after the start"),
        ("endpoint=ci&since=2026-01-02&status=pending", "takes no 'pending'"),
    ],
)
def test_a_replay_of_what_cannot_be_used_is_refused_with_the_reason(admin, query, reason):
    subscribe("https://example.com/")

    page = admin.get(f"/deliveries/replay?{query}")

    assert reason in page.seen
    assert page.status == 400
