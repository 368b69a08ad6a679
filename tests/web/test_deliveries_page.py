"""The deliveries pages: what was delivered, what was not, why, and how it is sent again."""

import re
import time
from html import unescape

import pytest

from chalicelib.adapters.tables import Delivery, Endpoint
from chalicelib.services import board, deliveries, endpoints, people, redelivery, statistics, webhooks
from tests.conftest import TOKEN, Cloud
from tests.receivers import Inbox
from tests.scene import past_delivery, rows, subscribe, titles
from tests.web.calls import sign_up
from tests.web.visits import Page, Visitor


@pytest.fixture
def admin(cloud: Cloud) -> Visitor:  # noqa: ARG001 -- its users are in the cloud
    return Visitor(1)


def lay_down(count: int, endpoint_id: str = "ci", status: str = "delivered", start: float = 1000.0) -> None:
    """Put deliveries into the table, one a second."""
    made = [
        past_delivery(number, start + number, endpoint_id, status=status, give_up_at=0, expires_at=0)
        for number in range(1, count + 1)
    ]
    for begin in range(0, count, 25):
        Delivery.save_all(made[begin : begin + 25])


def ids(page: Page) -> list[str]:
    """Return the deliveries that a page lists, in their order."""
    return re.findall(r'title="delivery_id=([^"]+)"', page.text)


def link(page: Page, name: str) -> str:
    """Return where a link of a page leads."""
    [address] = re.findall(rf'href="([^"]+)">{name}</a>', page.text)
    return unescape(address)


def test_without_an_endpoint_the_page_says_what_to_do_next(admin):
    page = admin.get("/deliveries")

    assert page.status == 200
    assert "Nobody hears of tasks yet. Write a URL to call" in page.seen


def test_without_a_delivery_the_page_says_what_to_do_next(admin):
    subscribe("https://example.com/")

    assert "Nothing was delivered yet. Add a task" in admin.get("/deliveries").seen


@pytest.mark.parametrize("path", ["/deliveries", "/deliveries/replay", "/deliveries/ci.1.1"])
@pytest.mark.usefixtures("cloud")
def test_a_user_sees_no_deliveries(path):
    sign_up("ada")

    assert Visitor(int(people.find_user("ada").id)).get(path).status == 403


def test_the_first_look_says_what_waits_and_why(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        board.create_task({"title": "<b>Write</b>"})
        cloud.pump()

    page = admin.get("/deliveries")

    assert "Waiting for a retry 1 the oldest for 0 s" in page.seen
    assert "Retry in" in page.seen
    assert "<b>Write</b> answered 500" in page.seen
    assert "&lt;b&gt;Write" in page.text


def test_the_first_look_says_how_much_arrived_at_the_first_attempt(admin):
    subscribe("https://example.com/")
    lay_down(30, start=time.time() - 100)

    page = admin.get("/deliveries")

    assert "Deliveries tried, 24 h 30 100 % at the first attempt" in page.seen
    assert 'aria-label="Deliveries per hour: 30 deliveries, 0 of them not at the first attempt' in page.text


def test_what_the_sweep_has_counted_is_seen_for_a_week(admin):
    subscribe("https://example.com/")
    lay_down(30, start=round(time.time() - 3 * 86400))
    statistics.count_all(["ci"], time.time())

    day, week = admin.get("/deliveries"), admin.get("/deliveries?days=7")

    assert "Deliveries tried, 24 h 0 none yet" in day.seen
    assert "Deliveries tried, 7 days 30 100 %" in week.seen


def test_older_deliveries_are_a_link_away_and_none_is_missed_or_seen_twice(admin):
    for name in ("ci", "bot"):
        subscribe("https://example.com/", name)
        lay_down(60, name)

    first = admin.get("/deliveries")
    second = admin.get(link(first, "Older"))
    third = admin.get(link(second, "Older"))

    found = [*ids(first), *ids(second), *ids(third)]
    assert len(ids(first)) == 50
    assert len(found) == len(set(found)) == 120
    assert "Older" not in third.seen
    assert found[0].endswith(".60.60")


def test_filters_let_through_what_is_asked_for(admin):
    subscribe("https://example.com/")
    subscribe("https://example.com/", "bot")
    lay_down(3)
    lay_down(2, "bot", "failed")

    listed = {
        query: ids(admin.get(f"/deliveries?{query}"))
        for query in (
            "endpoint=bot",
            "status=delivered&since=1970-01-01T00:16:42",
            "task=2",
            "event=task.removed",
            "until=1970-01-01T00:16:41&endpoint=ci",
        )
    }

    assert listed == {
        "endpoint=bot": ["bot.2.2", "bot.1.1"],
        "status=delivered&since=1970-01-01T00:16:42": ["ci.3.3", "ci.2.2"],
        "task=2": ["bot.2.2", "ci.2.2"],
        "event=task.removed": [],
        "until=1970-01-01T00:16:41&endpoint=ci": ["ci.1.1"],
    }


def test_what_waits_is_listed_by_when_it_is_due(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        titles(1)
        board.create_task({"title": "y"})
        cloud.pump()
    for row, due_at in zip(rows(), (2e9, 1e9), strict=True):
        row.update(actions=[Delivery.due_at.set(due_at)])

    assert [name.split(".")[1] for name in ids(admin.get("/deliveries?status=pending"))] == ["2", "1"]


def test_a_search_that_finds_nothing_stops_and_offers_to_go_on(admin, monkeypatch):
    monkeypatch.setattr(deliveries, "LOOKED_AT", 20)
    subscribe("https://example.com/")
    lay_down(1, status="failed")
    lay_down(30, "ci")
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.status.set("failed")])

    first = admin.get("/deliveries?status=failed")
    second = admin.get(link(first, "Look further"))

    assert (ids(first), ids(second)) == ([], ["ci.1.1"])
    assert "status=failed" in link(first, "Look further")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("task=x", "takes a whole number"),
        ("since=yesterday", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("since=0001-01-01T00:00%2B14:00", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("until=9999-12-31T23:59-14:00", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("place=x", "takes what a link of this page says"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_with_the_reason(admin, query, reason):
    page = admin.get(f"/deliveries?{query}")

    assert (page.status, reason in page.seen) == (400, True)


def test_a_delivery_shows_each_attempt_and_the_request_without_token_and_signature(cloud, admin):
    with Inbox(status=500, answer=b"<script>alert(1)</script>") as inbox:
        subscribe(inbox.url + "hook?a=b")
        board.create_task({"title": "Write"})
        cloud.pump()
    [row] = rows()

    page = admin.get(f"/deliveries/{row.id}")

    [post] = inbox.received
    assert "After one attempt it is not delivered yet. The last one: answered 500." in page.seen
    assert "/hook?a=b&token=REDACTED" in page.seen
    for name in ("X-Taskhook-Event", "X-Taskhook-Attempt", "webhook-id", "webhook-timestamp", "Content-Type"):
        assert f"{name}: {post.headers[name]}" in page.seen
    assert "webhook-signature: v1,REDACTED" in page.seen
    assert TOKEN not in page.text
    assert "<script>alert" not in page.text
    assert '"title": "Write"' in page.seen


def test_a_request_is_shown_as_it_was_sent_though_the_endpoint_has_another_url_since(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url + "old")
        titles(1)
        cloud.pump()
    [row] = rows()
    endpoints.change_endpoint("ci", inbox.url + "new")

    page = admin.get(f"/deliveries/{row.id}")
    endpoints.remove_endpoint("ci")
    after = admin.get(f"/deliveries/{row.id}")

    for seen in (page.seen, after.seen):
        assert (f"POST {inbox.url}old?token=REDACTED" in seen, f"POST {inbox.url}new" in seen) == (True, False)


def test_a_retry_shows_the_url_that_it_called(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url + "old")
        titles(1)
        cloud.pump()
        endpoints.change_endpoint("ci", inbox.url + "new")
        cloud.retry_due()
    [row] = rows()

    assert f"POST {inbox.url}new?token=REDACTED" in admin.get(f"/deliveries/{row.id}").seen


def test_a_delivery_is_sent_again_by_its_button(cloud, admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        titles(1)
        cloud.pump()
        [row] = rows()

        answer = admin.post(f"/deliveries/{row.id}", do="send")

    assert (answer.status, answer.headers["Location"]) == (303, f"/deliveries/{row.id}?done=sent")
    assert rows()[0].status == "pending"


def test_a_ping_has_no_button_and_is_refused(admin):
    with Inbox() as inbox:
        subscribe(inbox.url)
        ping = webhooks.ping("ci")

    page, answer = admin.get(f"/deliveries/{ping.id}"), admin.post(f"/deliveries/{ping.id}", do="send")

    assert "Send again" not in page.seen
    assert (answer.status, "is a ping: test the endpoint again" in answer.seen) == (400, True)


def test_a_delivery_to_an_endpoint_that_is_gone_is_shown_all_the_same(admin):
    lay_down(1, status="pending")

    page = admin.get("/deliveries/ci.1.1")

    assert page.status == 200
    assert "The endpoint ci is gone" in page.seen


@pytest.mark.parametrize("name", ["ci.9.9", "x", "%2F"])
def test_there_is_no_page_of_a_delivery_that_is_not_there(admin, name):
    assert admin.get(f"/deliveries/{name}").status == 404


def hidden(page: Page) -> dict[str, str]:
    """Return the hidden fields of the form that does something."""
    return dict(re.findall(r'<input type="hidden" name="(?!csrf_token)([^"]+)" value="([^"]*)">', page.text))


def test_a_replay_says_how_much_it_would_send_before_it_does_anything(admin):
    subscribe("https://example.com/")
    lay_down(3)
    lay_down(1, status="failed", start=900)

    page = admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01T00:00&status=delivered")

    assert "2 deliveries to https://example.com/" in page.seen
    assert "Send 2 again" in page.seen
    assert {row.status for row in rows()} == {"delivered", "failed"}


def test_a_replay_goes_in_steps_and_says_how_far_it_is(admin, monkeypatch):
    monkeypatch.setattr(redelivery, "AT_ONCE", 2)
    subscribe("https://example.com/")
    lay_down(5)
    page = admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01T00:00")

    said = []
    while fields := hidden(page):
        page = admin.get(admin.post("/deliveries/replay", **fields).headers["Location"])
        said += re.findall(r"\d of \d sent again", page.seen)
        assert "data-goes-on" in page.text or "Done." in page.seen

    assert said == ["2 of 5 sent again", "4 of 5 sent again", "5 of 5 sent again"]
    assert {row.status for row in rows()} == {"pending"}


def test_a_reload_of_a_step_sends_nothing(admin, monkeypatch):
    monkeypatch.setattr(redelivery, "AT_ONCE", 2)
    subscribe("https://example.com/")
    lay_down(5)
    step = admin.post("/deliveries/replay", **hidden(admin.get("/deliveries/replay?endpoint=ci&since=1970-01-01")))

    for _ in range(2):
        admin.get(step.headers["Location"])

    assert [row.status for row in rows()] == ["pending"] * 2 + ["delivered"] * 3


@pytest.mark.usefixtures("cloud")
def test_a_replay_counts_what_cannot_be_sent_any_more():
    subscribe("https://example.com/")
    lay_down(2)
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.body.set("null")])

    step = redelivery.replay("ci", 0, 1e9)

    assert step == redelivery.Step(sent=1, skipped=1, after=None)


def test_a_replay_to_a_disabled_endpoint_is_refused(admin):
    subscribe("https://example.com/")
    lay_down(2)
    endpoints.set_active("ci", is_active=False)

    asked = {"endpoint": "ci", "since": "1970-01-01T00:00", "until": "2026-01-01T00:00"}
    page = admin.post("/deliveries/replay", **asked, sent=0, skipped=0, total=2)

    assert (page.status, "is disabled: enable it first" in page.seen) == (400, True)
    assert ("0 of 2 sent again." in page.seen, "Done" in page.seen) == (True, False)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("endpoint=no&since=2026-01-01", "there is no endpoint no"),
        ("endpoint=ci&since=x", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("endpoint=ci", "is required"),
        ("endpoint=ci&since=2026-01-02&until=2026-01-01", "must be later than the other time"),
        ("endpoint=ci&since=2026-01-02&status=pending", "takes no 'pending'"),
    ],
)
def test_a_replay_of_what_cannot_be_used_is_refused_with_the_reason(admin, query, reason):
    subscribe("https://example.com/")

    page = admin.get(f"/deliveries/replay?{query}")

    assert (page.status, reason in page.seen) == (400, True)


def test_what_waits_for_a_suspended_endpoint_says_so(admin):
    subscribe("https://example.com/")
    lay_down(1, status="pending")
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.due_at.set(1.0)])
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(2e9)])

    assert "Suspended" in admin.get("/deliveries").seen
