"""The page of an endpoint, and the form that adds one."""

import time

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.endpoints import endpoints
from tests.support.deliveries import past_delivery, subscribe
from tests.support.page_visits import form_of, token_of
from tests.support.receivers import Inbox

NEW = "/settings/endpoint"


@pytest.fixture
def inbox():
    with Inbox() as listening:
        yield listening


def suspend(url):
    """Suspend an endpoint for which a delivery waits."""
    now = round(time.time())
    subscribe(url)
    until = Endpoint.suspended_until.set(now + 600)
    Endpoint("ci").update(
        actions=[until, Endpoint.failures.set(5), Endpoint.failing_since.set(now)]
    )
    past_delivery(1, now - 60, status="pending", due_at=now - 5, tries=1, outcome="500").save()


def suspended_until():
    return Endpoint.get("ci").suspended_until


def test_an_endpoint_is_added_in_one_step_and_its_page_offers_a_test(admin):
    form = form_of(admin.get(NEW), "add") | {"do": "add", "url": "https://example.com/hook"}

    led = admin.post(NEW, **form | {"name": "CI", "filter": "project.id == `1`"})

    [(endpoint, broken)] = endpoints.list_endpoints()
    page = admin.get(led.headers["Location"])
    assert (led.status, broken) == (303, None)
    assert led.headers["Location"] == f"/endpoints/{endpoint.id}?done=added"
    assert (endpoint.url, endpoint.name) == ("https://example.com/hook", "CI")
    assert endpoint.events == {"task.created", "task.modified"}
    assert endpoint.filter == "project.id == `1`"
    assert "Send a test" in page.seen


def test_the_same_form_twice_adds_one_endpoint(admin):
    page = admin.get(NEW)
    form = form_of(page, "add") | {"do": "add", "url": "https://example.com/hook"}

    answers = [admin.post(NEW, **form, csrf_token=token_of(page)) for _ in "ab"]

    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(endpoints.list_endpoints()) == 1


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_it(admin):
    typed = {"url": "ftp://example.com/", "name": "CI", "format": "slack", "task.closed": "yes"}

    page = admin.post(NEW, do="add", **typed)

    assert page.status == 400
    assert 'id="error-url"' in page.text
    kept = form_of(page, "add")
    assert {name: kept.get(name) for name in typed} == typed
    assert "task.created" not in kept
    assert endpoints.list_endpoints() == []


def test_the_outcome_of_a_test_stands_beside_the_button(admin, inbox):
    subscribe(inbox.url)
    inbox.status = 500

    page = admin.post("/endpoints/ci", do="test")

    assert "Send a test Answered 500," in page.seen


def test_resume_now_lets_what_waits_go_once_the_test_succeeds(admin, inbox):
    suspend(inbox.url)
    before = admin.get("/endpoints/ci")

    page = admin.post("/endpoints/ci", do="resume")

    assert "Resume now (sends a test) 1 waiting." in before.seen
    assert "Answered 204," in page.seen
    assert "Resumed: what waits goes now." in page.seen
    assert suspended_until() <= time.time()
    assert [post.headers["X-Taskhook-Event"] for post in inbox.received] == ["ping"]


def test_an_endpoint_whose_test_fails_stays_suspended(admin, inbox):
    suspend(inbox.url)
    inbox.status = 500
    until = suspended_until()

    page = admin.post("/endpoints/ci", do="resume")

    assert "Answered 500," in page.seen
    assert "It stays suspended, 1 waiting." in page.seen
    assert suspended_until() == until


def test_the_page_shows_figures_and_the_ten_last_deliveries(admin):
    subscribe("https://example.com/")
    now = round(time.time())
    for number in range(1, 13):
        past_delivery(number, now - number, expires_at=now + 1000).save()

    page = admin.get("/endpoints/ci")

    assert "Deliveries attempted, 24 h 12 100 % at the first attempt" in page.seen
    assert "Deliveries attempted, 7 days 12 100 % at the first attempt" in page.seen
    assert page.text.count("delivery_id=ci.") == 10
    assert Delivery.count() == 12


def test_the_page_of_a_broken_row_shows_why_and_can_be_mended(admin):
    Endpoint("ci", url="ftp://example.com/").save()

    page = admin.get("/endpoints/ci")
    form = form_of(page, "save") | {"do": "save", "url": "https://example.com/"}
    saved = admin.post("/endpoints/ci", **form)

    assert "Broken: url: must begin with http:// or https://" in page.seen
    assert 'value="test"' not in page.text
    assert saved.status == 303
    assert endpoints.find_endpoint("ci").broken is None
