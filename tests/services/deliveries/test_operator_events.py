"""Operators are told of endpoints and of deliveries that were given up, never of their own."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import filters
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.domain.errors import Refused
from chalicelib.domain.events import OPERATOR_TYPES
from chalicelib.services.deliveries import operator_events, persisting, pinging, redelivery
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support import aws_faults
from tests.support.cloud import retry
from tests.support.deliveries import age, all_rows, past_delivery, rows, subscribe
from tests.support.receivers import Inbox


def operators(inbox, endpoint_id="ops", event_types=OPERATOR_TYPES):
    subscribe(inbox.url, endpoint_id, event_types=event_types, body_format="standard")


def told(inbox):
    return [json.loads(post.body) for post in inbox.received]


def types(inbox):
    return [post.headers["X-Taskhook-Event"] for post in inbox.received]


def suspend(cloud, inbox, count=FAILURE_THRESHOLD):
    """Fail so many first attempts at an endpoint that it is suspended."""
    inbox.status = 500
    for _ in range(count):
        lifecycle.create_task({"title": "x"})
    cloud.pump()


def give_up(cloud, inbox, count=1):
    """Have so many deliveries given up: their receiver asks for it."""
    inbox.status = 500
    inbox.answer_headers = {"webhook-delivery": "abort-message"}
    for _ in range(count):
        lifecycle.create_task({"title": "x"})
    cloud.pump()


def test_a_suspension_and_the_recovery_are_told_once_each(cloud):
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", name="The CI")
        operators(ops)
        suspend(cloud, inbox, FAILURE_THRESHOLD + 3)
        for _ in range(3):
            cloud.retry_due()
        until = endpoints.find_endpoint("ci").endpoint.suspended_until
        inbox.status = 204
        for _ in range(4):
            cloud.retry_due()

    assert types(ops) == ["endpoint.suspended", "endpoint.recovered"]
    suspended, recovered = (body["data"]["endpoint"] for body in told(ops))
    assert until is not None
    assert suspended["suspended_until"] < until  # as it was then
    assert {**suspended, "suspended_until": None} == {
        "id": "ci",
        "name": "The CI",
        "reason": "500",
        "suspended_until": None,
    }
    assert recovered == {"id": "ci", "name": "The CI", "reason": None, "suspended_until": None}


def test_an_endpoint_that_asks_to_be_disabled_is_told_of_once(cloud):
    with Inbox(status=410) as inbox, Inbox() as ops:
        subscribe(inbox.url)
        operators(ops, event_types=["endpoint.disabled"])
        for _ in range(3):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.retry_due()

    [body] = told(ops)
    assert (body["type"], body["data"]["endpoint"]["reason"]) == (
        "endpoint.disabled",
        "the endpoint asked for it: 410",
    )


def test_an_endpoint_that_has_failed_too_long_is_told_of_as_disabled(cloud):
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        operators(ops)
        suspend(cloud, inbox)
        age(432_000)
        cloud.retry_due()
        cloud.retry_due()

    disabled = [body for body in told(ops) if body["type"] == "endpoint.disabled"]
    assert [body["data"]["endpoint"]["reason"][:25] for body in disabled] == [
        "nothing but failures sinc"
    ]


def test_what_is_given_up_is_told_with_the_newest_and_a_count(cloud):
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        operators(ops, event_types=["delivery.failed"])
        give_up(cloud, inbox, 2)
        give_up(cloud, inbox, 1)
        cloud.retry_due()

    [body] = told(ops)
    delivery = body["data"]["delivery"]
    assert (body["data"]["endpoint"]["id"], delivery) == (
        "ci",
        {
            "id": rows()[-1].id,
            "event": "task.created",
            "task_id": 3,
            "outcome": "500 with webhook-delivery: abort-message",
            "count": 3,
        },
    )


def test_failures_are_told_at_the_end_of_their_minute(cloud, monkeypatch):
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        operators(ops, event_types=["delivery.failed"])
        give_up(cloud, inbox, 3)
        [row] = rows("ops")
        monkeypatch.setattr(operator_events, "PERIOD", 1)
        give_up(cloud, inbox)

    assert (row.due_at % 60, row.status, types(ops)) == (0, "pending", [])
    assert len(rows("ops")) == 2


@pytest.mark.usefixtures("cloud")
def test_two_processes_that_count_the_same_minute_lose_none():
    subscribe("https://example.com/")
    subscribe("https://example.com/", "ops", event_types=["delivery.failed"], body_format="slack")
    failed = [Result(past_delivery(number, 1.0, status="failed"), None) for number in range(1, 9)]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda one: operator_events.tell_of_failed([one]), failed))

    counts = [row.event["delivery"]["count"] for row in rows("ops")]
    assert sum(counts) == 8


@pytest.mark.usefixtures("cloud")
def test_endpoints_are_read_once_for_failures_at_several_of_them():
    for endpoint_id in ("ci", "cd"):
        subscribe("https://example.com/", endpoint_id)
    subscribe("https://example.com/", "ops", event_types=["delivery.failed"], body_format="slack")
    failed = [
        Result(past_delivery(1, 1.0, endpoint_id, status="failed"), None)
        for endpoint_id in ("ci", "cd")
    ]

    with aws_faults.listening() as calls:
        operator_events.tell_of_failed(failed)

    assert [one.operation for one in calls].count("Scan") == 1
    assert len(rows("ops")) == 2


def test_operators_are_not_told_of_their_own_deliveries(cloud):
    with Inbox() as inbox, Inbox(status=500) as ops, Inbox() as others:
        subscribe(inbox.url)
        operators(ops)
        operators(others, "others")
        ops.answer_headers = {"webhook-delivery": "abort-message"}
        give_up(cloud, inbox)
        for _ in range(3):
            cloud.retry_due()
        pinging.ping("ops")

    assert types(others) == ["delivery.failed"]
    assert [row.status for row in rows("ops")] == ["failed", "failed"]


def test_an_endpoint_of_operators_that_is_suspended_is_nothing_to_tell_of(cloud):
    with Inbox() as inbox, Inbox(status=500) as ops, Inbox() as others:
        subscribe(inbox.url)
        operators(ops)
        operators(others, "others")
        for number in range(FAILURE_THRESHOLD):
            endpoints.find_endpoint("ci").endpoint.switch(is_active=True)
            inbox.status = 410
            lifecycle.create_task({"title": f"{number}"})
            cloud.pump()
        for _ in range(3):
            cloud.retry_due()
        suspended = endpoints.find_endpoint("ops").endpoint.suspended_until

    assert suspended is not None
    assert set(types(others)) == {"endpoint.disabled", "delivery.failed"}


def test_a_failing_operator_is_told_later_like_any_other(cloud):
    with Inbox() as inbox, Inbox(status=500) as ops:
        subscribe(inbox.url)
        operators(ops, event_types=["endpoint.suspended"])
        suspend(cloud, inbox)
        cloud.retry_due()
        ops.status = 204
        cloud.retry_due()

    first, second = ops.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert rows("ops")[0].status == "delivered"


def test_an_event_about_an_endpoint_can_be_filtered_and_sent_again(cloud):
    with Inbox() as inbox, Inbox() as ops, Inbox() as others:
        subscribe(inbox.url)
        operators(ops)
        operators(others, "others")
        endpoints.change_endpoint("others", filter="endpoint.id == 'another'")
        suspend(cloud, inbox)
        cloud.retry_due()
        redelivery.send_again(rows("ops")[0].id)
        retry(cloud.messages())

    assert types(ops) == ["endpoint.suspended"] * 2
    assert types(others) == []


def test_a_filter_that_fails_over_an_event_about_an_endpoint_says_so(cloud):
    failing = "abs(endpoint.name) > `1`"
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", name="The CI")
        operators(ops)
        endpoints.change_endpoint("ops", filter=failing)
        suspend(cloud, inbox)
        cloud.retry_due()

    kept = filters.last_failure(failing, Endpoint.get("ops").filter_failure)
    assert types(ops) == ["endpoint.suspended"]
    assert kept is not None
    assert kept.event_id == rows("ops")[0].event_id


def test_where_nobody_asks_a_suspension_leaves_no_delivery(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        suspend(cloud, inbox)

    assert {row.event_type for row in all_rows()} == {"task.created"}


def test_a_store_that_cannot_keep_the_event_repeats_no_delivery(cloud):
    with Inbox() as inbox, Inbox() as ops:
        subscribe(inbox.url)
        operators(ops)
        with aws_faults.wrong("PutItem", aws_faults.timed_out, "endpoint-ci", times=9):
            suspend(cloud, inbox)

    assert len(inbox.received) == FAILURE_THRESHOLD
    assert rows("ops") == []


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("body_format", ["kanboard", "kanboard-events"])
@pytest.mark.parametrize("event_type", OPERATOR_TYPES)
def test_kanboards_formats_take_none_of_them(body_format, event_type):
    with pytest.raises(Refused, match=f"events: format {body_format} takes no {event_type}"):
        subscribe("https://example.com/", event_types=[event_type], body_format=body_format)


@pytest.mark.usefixtures("cloud")
def test_a_delivery_that_was_given_up_by_a_sweep_of_late_ones_counts_too():
    subscribe("https://example.com/")
    subscribe("https://example.com/", "ops", event_types=["delivery.failed"], body_format="slack")
    late = past_delivery(1, 1.0, status="failed", due_at=None)

    persisting.save([Result(late, None)])

    assert [row.event["delivery"]["id"] for row in rows("ops")] == [late.id]
    assert Delivery.find(rows("ops")[0].id) is not None
