"""What pages and commands say of an endpoint that fails, and of what waits for it."""

import time
from typing import Any

import pytest

import manage
from chalicelib.adapters.tables import Delivery, Endpoint
from tests.scene import past_delivery, subscribe
from tests.web.visits import Visitor
from tools import commands

pytestmark = pytest.mark.usefixtures("cloud")

REFUSED = "connection refused by 192.0.2.1"


@pytest.fixture
def admin():
    return Visitor(1)


def suspend(next_probe_in):
    """Suspend an endpoint that a delivery waits for, whose own time has come."""
    now = time.time()
    subscribe("https://example.com/")
    probe_at = Endpoint.suspended_until.set(round(now + next_probe_in))
    Endpoint("ci").update(actions=[probe_at, Endpoint.failures.set(5), Endpoint.failing_since.set(round(now))])
    attempt = {"number": 1, "at": round(now - 60), "error": REFUSED, "timings": {"lookup": 0, "total": 1}}
    tried: dict[str, Any] = {"status": "pending", "outcome": REFUSED, "attempts": [attempt], "due_at": round(now - 5)}
    Delivery.save_all([past_delivery(1, round(now - 60), **tried)])


@pytest.mark.parametrize(("wait", "words"), [(330, "next probe in 5 min"), (-1, "being probed")])
def test_a_delivery_says_that_it_waits_for_its_suspended_endpoint(admin, wait, words):
    suspend(wait)

    page = admin.get("/deliveries/ci.1.1")

    told = f"Suspended. After one attempt it is not delivered yet. The last one: {REFUSED}. It waits:"
    assert f"{told} its endpoint is suspended , {words}." in page.seen
    assert ("Due now" in page.seen, "The next attempt" in page.seen) == (False, False)


def test_the_command_says_so_too():
    suspend(330)

    args = manage.parser().parse_args(["delivery", "show", "ci.1.1"])
    shown = commands.delivery_show(args)

    assert shown["waits_for"].startswith("its endpoint is suspended, next probe 20")


def test_a_delivery_whose_own_time_is_later_than_the_probe_says_its_time(admin):
    suspend(330)
    Delivery("ci.1", "1".zfill(40)).update(actions=[Delivery.due_at.set(round(time.time() + 7300))])

    page = admin.get("/deliveries/ci.1.1")

    assert "Retry in 2 h." in page.seen
    assert "suspended" not in page.seen
