"""What pages and commands say of an endpoint that fails, and of what waits for it."""

import re
import time
from html import unescape
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain.circuit_breaker import Tally
from chalicelib.services.endpoints import circuit_breaker, endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import past_delivery, subscribe
from tools import commands
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")

REFUSED = "connection refused by 192.0.2.1"


def suspend(next_probe_in):
    """Suspend an endpoint that a delivery waits for, whose own time has come."""
    now = time.time()
    subscribe("http://127.0.0.1:1/")
    probe_at = Endpoint.suspended_until.set(round(now + next_probe_in))
    Endpoint("ci").update(
        actions=[probe_at, Endpoint.failures.set(5), Endpoint.failing_since.set(round(now))]
    )
    attempt = {
        "number": 1,
        "at": round(now - 60),
        "error": REFUSED,
        "timings": {"lookup": 0, "total": 1},
    }
    tried: dict[str, Any] = {
        "status": "pending",
        "outcome": REFUSED,
        "attempts": [attempt],
        "due_at": round(now - 5),
        "give_up_at": round(now + 3600),
    }
    put_all([past_delivery(1, round(now - 60), **tried)])


def recover():
    """Have a probe succeed, while the next half-open batch is claimed for ten seconds."""
    forgiven = [Endpoint.failures.remove(), Endpoint.failing_since.remove()]
    Endpoint("ci").update(actions=[*forgiven, Endpoint.half_open_limit.set(2)])


@pytest.mark.parametrize(
    "path", ["/settings", "/endpoints/ci", "/deliveries", "/deliveries/ci.1.1"]
)
def test_the_claim_of_a_half_open_batch_is_not_the_time_of_a_next_probe(admin, path):
    suspend(10)
    wait_for_the_suspended(3)
    recover()

    seen = admin.get(path).seen

    assert "recovering, waiting deliveries are sent in batches" in seen
    assert "probe" not in seen


def test_the_claim_of_the_batch_that_follows_a_manual_success_is_none_either(admin):
    suspend(600)
    endpoint = Endpoint.get("ci")
    circuit_breaker.half_open(endpoint)
    assert circuit_breaker.acquire_probe(endpoint, time.time() + 1, max_batch_time=5)

    seen = admin.get("/endpoints/ci").seen

    assert "recovering, waiting deliveries are sent in batches" in seen
    assert "next probe" not in seen


def test_no_command_takes_the_claim_of_a_half_open_batch_for_a_next_probe():
    suspend(10)
    recover()

    [listed] = commands.endpoint_list(parse(["endpoint", "list"]))
    shown = commands.endpoint_show(parse(["endpoint", "show", "ci"]))
    delivery = commands.delivery_show(parse(["delivery", "show", "ci.1.1"]))

    words = "recovering, waiting deliveries are sent in batches"
    assert (listed["reason"], shown["reason"], shown["next_probe_at"]) == (words, words, "")
    assert delivery["waits_for"] == f"its endpoint is suspended, {words}"


@pytest.mark.parametrize(
    "path", ["/settings", "/endpoints/ci", "/deliveries", "/deliveries/ci.1.1"]
)
def test_no_page_takes_the_claim_of_a_probe_for_the_time_of_the_next_one(admin, path):
    suspend(-1)
    wait_for_the_suspended(3)
    assert circuit_breaker.acquire_probe(Endpoint.get("ci"), time.time(), max_batch_time=5)

    seen = admin.get(path).seen

    assert "a probe is under way" in seen
    assert "next probe" not in seen


def test_no_command_takes_the_claim_of_a_probe_for_the_time_of_the_next_one():
    suspend(-1)
    assert circuit_breaker.acquire_probe(Endpoint.get("ci"), time.time(), max_batch_time=5)

    [listed] = commands.endpoint_list(parse(["endpoint", "list"]))
    shown = commands.endpoint_show(parse(["endpoint", "show", "ci"]))
    delivery = commands.delivery_show(parse(["delivery", "show", "ci.1.1"]))

    words = "a probe is under way"
    assert (listed["reason"], shown["reason"], shown["next_probe_at"]) == (words, words, "")
    assert delivery["waits_for"] == f"its endpoint is suspended, {words}"


def test_after_a_probe_has_failed_the_time_of_the_next_one_is_told(admin):
    suspend(-1)
    endpoint = Endpoint.get("ci")
    assert circuit_breaker.acquire_probe(endpoint, time.time(), max_batch_time=5)
    circuit_breaker.note_half_open_batch(endpoint, Tally(failures=1), is_last=False)

    shown = commands.endpoint_show(parse(["endpoint", "show", "ci"]))

    assert "next probe in" in admin.get("/endpoints/ci").seen
    assert shown["reason"] == f"next probe {shown['next_probe_at']}"
    assert Endpoint.get("ci").probing_until is None


def test_a_probe_whose_process_has_ended_is_due_again():
    suspend(-1)
    begun_at = time.time() - 3600
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(int(begun_at))])
    assert circuit_breaker.acquire_probe(Endpoint.get("ci"), begun_at, max_batch_time=5)

    [listed] = commands.endpoint_list(parse(["endpoint", "list"]))

    assert listed["reason"] == "a probe is due"


@pytest.mark.parametrize(("wait", "words"), [(330, "next probe in 5 min"), (-1, "a probe is due")])
def test_a_delivery_says_that_it_waits_for_its_suspended_endpoint(admin, wait, words):
    suspend(wait)

    page = admin.get("/deliveries/ci.1.1")

    told = f"Suspended. Not delivered after one attempt. Last result: {REFUSED}. Waiting:"
    assert f"{told} its endpoint is suspended , {words}." in page.seen
    assert "Due now" not in page.seen
    assert "The next attempt" not in page.seen


@pytest.mark.parametrize(("wait", "words"), [(330, "next probe 20"), (-1, "a probe is due")])
def test_the_command_says_so_too(wait, words):
    suspend(wait)

    args = parse(["delivery", "show", "ci.1.1"])
    shown = commands.delivery_show(args)

    assert shown["waits_for"].startswith(f"its endpoint is suspended, {words}")


@pytest.mark.parametrize(("wait", "words"), [(330, "next probe 20"), (-1, "a probe is due")])
def test_a_list_does_not_announce_a_probe_for_a_time_that_has_passed(wait, words):
    suspend(wait)

    [listed] = commands.endpoint_list(parse(["endpoint", "list"]))

    assert listed["reason"].startswith(words)


def test_a_delivery_whose_own_time_is_later_than_the_probe_says_its_time(admin):
    suspend(330)
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.due_at.set(round(time.time() + 7300))])

    page = admin.get("/deliveries/ci.1.1")

    assert "Retry in 2 h." in page.seen
    assert "suspended" not in page.seen


@pytest.mark.parametrize("path", ["/settings", "/endpoints/ci"])
def test_a_suspended_endpoint_says_what_failed_last_and_leads_to_it(admin, path):
    suspend(330)
    now = round(time.time())
    untried = [
        past_delivery(number, now, status="pending", tries=0, due_at=now) for number in range(2, 14)
    ]
    put_all(untried)

    page = admin.get(path)

    assert f'href="/deliveries/ci.1.1" title="delivery_id=ci.1.1">{REFUSED}</a>' in page.html


def test_of_the_deliveries_with_which_it_began_the_most_tried_one_says_why(admin):
    suspend(330)
    given_up: dict[str, Any] = {"status": "failed", "outcome": "500"}
    put_all([past_delivery(number, number, **given_up, tries=number % 3) for number in (3, 4, 5)])

    page = admin.get("/endpoints/ci")

    assert 'href="/deliveries/ci.5.5" title="delivery_id=ci.5.5">answered 500</a>' in page.html


@pytest.mark.parametrize(
    ("url", "timings", "steps"),
    [
        ("http://a/", {"lookup": 0, "total": 5}, ["Name lookup", "Connect"]),
        ("http://a/", {"total": 5}, ["Name lookup"]),
        (
            "http://a/",
            {"lookup": 0, "connect": 1, "total": 5},
            ["Name lookup", "Connect", "First byte"],
        ),
        ("https://a/", {"lookup": 0, "connect": 1, "total": 5}, ["Name lookup", "Connect", "TLS"]),
    ],
)
def test_an_attempt_that_came_to_no_answer_shows_the_step_at_which_it_ended(
    admin, url, timings, steps
):
    suspend(330)
    attempt = {"number": 1, "at": 1, "error": REFUSED, "timings": timings}
    put_all([past_delivery(1, 1, url=url, status="failed", attempts=[attempt])])

    page = admin.get("/deliveries/ci.1.1")

    assert re.findall(r"></span>([A-Z][^<]+)</dt>", page.html) == steps


@pytest.mark.parametrize("verb", ["show", "retry"])
def test_a_delivery_names_the_earlier_event_of_its_task_for_which_it_waits(admin, verb):
    suspend(330)
    later: dict[str, Any] = {
        "ordering_key": "ci.1",
        "task_id": 1,
        "event_type": "task.removed",
        "tries": 0,
    }
    put_all(
        [past_delivery(2, round(time.time()), status="pending", due_at=round(time.time()), **later)]
    )

    args = parse(["delivery", verb, "ci.1.2"])
    shown = getattr(commands, args.command)(args)
    page = admin.get("/deliveries/ci.1.2")
    sent = admin.post("/deliveries/ci.1.2", do="send")

    assert shown["waits_for"] == "an earlier event of its task, delivery ci.1.1"
    assert (
        'Waiting for <a href="/deliveries/ci.1.1" title="delivery_id=ci.1.1">an earlier event of '
        "its task</a>." in page.html
    )
    assert "The next attempt is due" not in page.seen
    assert (
        "once the earlier events of its task are delivered or given up"
        in admin.get(sent.headers["Location"]).seen
    )


def test_what_somebody_sends_again_is_not_said_to_wait_for_its_suspended_endpoint(admin):
    suspend(330)

    args = parse(["delivery", "retry", "ci.1.1"])
    shown = commands.delivery_retry(args)
    page = admin.get("/deliveries/ci.1.1")

    assert "waits_for" not in shown
    assert "suspended" not in page.seen


@pytest.mark.parametrize("path", ["/deliveries", "/endpoints/ci", "/tasks/1", "/deliveries/ci.1.1"])
def test_every_page_says_the_same_of_a_delivery_that_waits_for_its_suspended_endpoint(admin, path):
    suspend(330)
    lifecycle.create_task({"title": "Write"})

    page = admin.get(path)

    assert re.search(r'<span class="dot bad"></span>(<strong>)?Suspended', page.html)
    assert "Due now" not in page.seen


def wait_for_the_suspended(count):
    """Have more deliveries wait for the suspended endpoint; one of them for a time of its own."""
    now = round(time.time())
    held = [
        past_delivery(number, now - number, status="pending", tries=0, due_at=now)
        for number in range(2, count + 1)
    ]
    put_all([*held, past_delivery(500, now, status="pending", due_at=now + 7300)])


def test_what_waits_for_a_suspended_endpoint_is_one_row_that_leads_to_all(admin):
    suspend(330)
    wait_for_the_suspended(60)
    subscribe("https://example.com/", "bot")
    put_all([past_delivery(900, 1.0, "bot")])

    page = admin.get("/deliveries")
    [address] = re.findall(r'href="([^"]+)" >60 wait for 127.0.0.1:1</a>', page.html)
    all_of_them = admin.get(unescape(address))

    assert ", next probe in 5 min" in page.seen
    assert 'action="/endpoints/ci#test"' in page.text
    assert re.findall(r'title="delivery_id=([^"]+)"', page.text) == ["ci.500.500", "bot.900.900"]
    assert all_of_them.text.count('title="delivery_id=') == 60


def test_two_deliveries_that_wait_are_not_folded(admin):
    suspend(330)
    wait_for_the_suspended(2)

    page = admin.get("/deliveries")

    assert page.text.count('title="delivery_id=') == 3
    assert "wait for" not in page.seen


def test_an_endpoint_of_which_all_deliveries_are_folded_has_no_others(admin):
    suspend(330)
    now = round(time.time())
    put_all([past_delivery(n, now, status="pending", tries=0, due_at=now) for n in (2, 3)])

    assert "No other deliveries." in admin.get("/deliveries?endpoint=ci").seen


def test_a_suspended_endpoint_whose_probe_is_due_says_so_without_a_second_colon(admin):
    suspend(-1)

    page = admin.get("/endpoints/ci")

    assert re.search(r"Suspended: a probe is due, failing since \d{4}", page.seen)


def test_an_endpoint_whose_last_attempts_failed_is_active(admin):
    subscribe("https://example.com/")
    Endpoint("ci").update(actions=[Endpoint.failures.set(2)])

    assert "Active: the last 2 attempts failed" in admin.get("/endpoints/ci").seen


@pytest.mark.parametrize("verb", ["disable", "remove"])
def test_a_button_that_gives_deliveries_up_says_so_and_asks(admin, verb):
    suspend(330)
    wait_for_the_suspended(3)

    page = admin.post("/endpoints/ci", do=verb)
    before = endpoints.find_endpoint("ci").endpoint.is_active
    done = admin.post("/endpoints/ci", do=verb, sure="yes")

    assert "4 pending deliveries will be given up." in page.seen
    assert f'<button class="danger">{verb.capitalize()} and give up 4 deliveries' in page.text
    assert before is True
    assert done.status == 303


def test_an_endpoint_for_which_nothing_waits_is_disabled_at_once(admin):
    subscribe("https://example.com/")

    admin.post("/endpoints/ci", do="disable")

    assert endpoints.find_endpoint("ci").endpoint.is_active is False
