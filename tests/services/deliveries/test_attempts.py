"""What an endpoint's answer means for its delivery, and for the endpoint."""

import json
import time

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Settings
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import all_rows, subscribe
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox, Peer, stay_silent

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_failed_delivery_is_due_again_and_later_events_of_its_task_wait_behind_it(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        first = lifecycle.create_task({"title": "one"})
        lifecycle.close_task(first)
        second = lifecycle.create_task({"title": "another"})
        begun_at = time.time()

        cloud.pump()
        now = time.time()

    created, closed, another = sorted(all_rows(), key=lambda row: (row.task_id, row.task_version))
    assert sorted(json.loads(r.body)["task_id"] for r in inbox.received) == [first, second]
    assert [(row.status, len(row.attempts)) for row in (created, closed, another)] == [
        ("pending", 1),
        ("pending", 0),
        ("pending", 1),
    ]
    assert begun_at + 5 <= created.due_at <= now + 5
    assert closed.due_at <= now
    assert closed.outcome == "waits for its first attempt"
    assert {row.sequence for row in Delivery.due.query("ci")} == {
        row.sequence for row in all_rows()
    }


def test_an_endpoint_that_hangs_delays_no_other_and_is_told(cloud):
    given_up_at = []

    def hang(connection):
        stay_silent(connection)
        given_up_at.append(time.monotonic())

    with Peer(hang) as silent, Inbox() as inbox:
        subscribe(f"http://127.0.0.1:{silent.port}/", "silent")
        subscribe(inbox.url, "well")
        lifecycle.create_task({"title": "x"})

        cloud.pump()
        wait_until(lambda: given_up_at)

    outcomes = {row.endpoint_id: row.outcome for row in all_rows()}
    assert inbox.received[0].at < given_up_at[0]
    assert outcomes == {
        "silent": "no answer within 1.0 s: connected, nothing sent back",
        "well": "204",
    }


@pytest.mark.parametrize(
    "action",
    [
        Settings.webhook_token.set(""),
        Settings.webhook_token.set("  "),
        Settings.webhook_token.remove(),
    ],
    ids=["emptied", "blanked", "removed"],
)
def test_where_the_token_was_switched_off_by_hand_endpoints_are_called_without_one(cloud, action):
    Settings("settings").update(actions=[action])
    with Inbox(status=500, answer=b"no") as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [(row.outcome, row.attempts[0]["answer"]) for row in all_rows()] == [("500", "no")]
    assert [received.path for received in inbox.received] == ["/"]


def test_a_redirect_is_a_failure_that_shows_its_location(cloud):
    with Inbox() as other, Inbox(status=302, answer_headers={"Location": other.url}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    [row] = all_rows()
    assert (row.status, row.outcome) == (
        "pending",
        f"a redirect to {other.url}: redirects are not followed",
    )
    assert other.received == []


@pytest.mark.parametrize(
    ("status", "headers"),
    [(410, {}), (500, {"webhook-delivery": "disable"})],
    ids=["410", "webhook-delivery"],
)
def test_an_endpoint_that_asks_for_it_is_called_no_more(cloud, status, headers):
    with Inbox(status=status, answer_headers=headers) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        lifecycle.create_task({"title": "y"})

        cloud.pump()

    endpoint = endpoints.find_endpoint("ci").endpoint
    assert (len(inbox.received), all_rows()[0].status) == (1, "failed")
    assert (endpoint.is_active, endpoint.disabled_reason) == (
        False,
        f"the endpoint asked for it: {status}",
    )


def test_a_delivery_is_given_up_where_the_receiver_asks_for_it(cloud):
    with Inbox(status=500, answer_headers={"webhook-delivery": "abort-message"}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [(row.status, row.due_at) for row in all_rows()] == [("failed", None)]
    assert all_rows()[0].outcome == "500 with webhook-delivery: abort-message"


def test_what_is_answered_well_has_arrived_though_the_endpoint_asks_to_be_called_no_more(cloud):
    with Inbox(status=200, answer_headers={"webhook-delivery": "disable"}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [(row.status, row.outcome) for row in all_rows()] == [("delivered", "200")]
    assert not endpoints.find_endpoint("ci").endpoint.is_active


def test_retry_after_lengthens_the_delay(cloud):
    with Inbox(status=503, answer_headers={"Retry-After": "100"}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        begun_at = time.time()

        cloud.pump()

    assert begun_at + 100 <= all_rows()[0].due_at <= time.time() + 100


def test_later_events_of_a_batch_are_not_sent_to_an_endpoint_that_has_asked_for_no_more(cloud):
    with Inbox(status=410) as inbox:
        subscribe(inbox.url)
        lifecycle.close_task(lifecycle.create_task({"title": "x"}))

        cloud.pump()

    created, closed = sorted(all_rows(), key=lambda row: row.task_version)
    assert len(inbox.received) == 1
    assert (created.status, closed.status) == ("failed", "failed")
    assert closed.outcome == "given up: the endpoint is disabled"
