"""The page of deliveries: what was delivered, what was not, and why."""

import json
import re
import time
from html import unescape

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.accounts import users
from chalicelib.services.deliveries import delivery_search, statistics
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import lay_down, past_delivery, rows, subscribe, task_of_version
from tests.support.http_calls import sign_up
from tests.support.page_visits import Page, Visitor
from tests.support.receivers import Inbox


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
    assert "No endpoints yet. Add a URL to call" in page.seen


def test_without_a_delivery_the_page_says_what_to_do_next(admin):
    subscribe("https://example.com/")

    assert "No deliveries yet. Add a task" in admin.get("/deliveries").seen


@pytest.mark.parametrize("path", ["/deliveries", "/deliveries/replay", "/deliveries/ci.1.1"])
@pytest.mark.usefixtures("cloud")
def test_a_user_sees_no_deliveries(path):
    sign_up("ada")

    assert Visitor(int(users.find_user("ada").id)).get(path).status == 403


def test_the_first_look_says_what_waits_and_why(cloud, admin):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "<b>Write</b>"})
        cloud.pump()
    [row] = rows()
    row.update(actions=[Delivery.due_at.set(round(time.time() + 3600, 3))])

    page = admin.get("/deliveries")

    assert re.search(r"Pending 1 the oldest for \d+ s", page.seen)
    assert "Retry in" in page.seen
    assert re.search(r"Retry in \d+ (s|min|h) 500 task.created #1 <b>Write</b> 127", page.seen)
    assert "&lt;b&gt;Write" in page.text


def test_the_first_look_says_how_much_arrived_at_the_first_attempt(admin):
    subscribe("https://example.com/")
    lay_down(30, start=time.time() - 100)

    page = admin.get("/deliveries")

    assert "Deliveries attempted, 24 h 30 100 % at the first attempt" in page.seen
    assert 'aria-label="Deliveries per hour: 30 deliveries, 0 not at the first attempt' in page.text


def test_what_the_sweep_has_counted_is_seen_for_a_week(admin):
    subscribe("https://example.com/")
    lay_down(30, start=round(time.time() - 3 * 86400))
    statistics.count_all(["ci"], time.time())

    day, week = admin.get("/deliveries"), admin.get("/deliveries?days=7")

    assert "Deliveries attempted, 24 h 0 none yet" in day.seen
    assert "Deliveries attempted, 7 days 30 100 %" in week.seen


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
        task_of_version(1)
        lifecycle.create_task({"title": "y"})
        cloud.pump()
    for row, due_at in zip(rows(), (2e9, 1e9), strict=True):
        row.update(actions=[Delivery.due_at.set(due_at)])

    assert [name.split(".")[1] for name in ids(admin.get("/deliveries?status=pending"))] == [
        "2",
        "1",
    ]


def test_a_search_that_finds_nothing_stops_and_offers_to_go_on(admin, monkeypatch):
    monkeypatch.setattr(delivery_search, "LOOKED_AT", 20)
    subscribe("https://example.com/")
    lay_down(1, status="failed")
    lay_down(30, "ci")
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.status.set("failed")])

    first = admin.get("/deliveries?status=failed")
    second = admin.get(link(first, "Search further"))

    assert (ids(first), ids(second)) == ([], ["ci.1.1"])
    assert "status=failed" in link(first, "Search further")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("task=x", "takes a whole number"),
        ("since=yesterday", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("since=0001-01-01T00:00%2B14:00", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("until=9999-12-31T23:59-14:00", "takes a date such as 2026-07-01 14:25, or nothing"),
        ("place=x", "is not a valid cursor"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_with_the_reason(admin, query, reason):
    page = admin.get(f"/deliveries?{query}")

    assert reason in page.seen
    assert page.status == 400


def test_what_waits_for_a_suspended_endpoint_says_so(admin):
    subscribe("https://example.com/")
    lay_down(1, status="pending")
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.due_at.set(1.0)])
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(2e9)])

    assert "Suspended" in admin.get("/deliveries").seen


def version_of(admin: Visitor, endpoint_id: str) -> str:
    return str(json.loads(admin.get(f"/deliveries/version?endpoint={endpoint_id}").text)["version"])


def test_the_version_of_an_endpoint_changes_with_its_deliveries_and_with_no_others(admin):
    subscribe("https://example.com/")
    lay_down(30)
    first = version_of(admin, "ci")

    lay_down(1, "bot")
    same = version_of(admin, "ci")
    Delivery("ci.20", "20".zfill(40)).update(actions=[Delivery.status.set("failed")])
    changed = version_of(admin, "ci")
    past_delivery(31, 2000.0).save()

    assert same == first
    assert len({first, changed, version_of(admin, "ci")}) == 3
    assert watched_by(admin.get("/deliveries")) == {"ci": version_of(admin, "ci")}


def watched_by(page: Page) -> dict[str, str]:
    [text] = re.findall(r'data-watch="([^"]+)"', page.text)
    return dict(json.loads(unescape(text)))
