"""What the functions tell of themselves: one line a call, as CloudWatch reads it."""

import logging
import time

import pytest

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.tables import Endpoint, Task
from chalicelib.config import CONFIG
from chalicelib.domain import retries
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import DELIVERIES, listening, timed_out, wrong
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    fail_changes,
    logged,
    metrics_told,
    retry_message,
    rows,
    subscribe,
)
from tests.support.http_calls import add
from tests.support.http_calls import call as ask
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(autouse=True)
def told(caplog):
    """Let the lines be kept, and forget what came before."""
    metrics.flush()
    caplog.set_level(logging.INFO)
    caplog.clear()
    return lambda: metrics_told(caplog)


def test_a_line_is_what_cloudwatch_reads_metrics_of(caplog):
    before = round(time.time() * 1000)

    add("title=x")

    [line] = [vars(record) for record in caplog.records if record.name == metrics.__name__]
    assert (line["message"], line["levelname"], line["Stack"], line["TasksAdded"]) == (
        "metrics",
        "INFO",
        "taskhook-dev",
        1,
    )
    assert before <= line["_aws"].pop("Timestamp") <= round(time.time() * 1000)
    assert line["_aws"] == {
        "CloudWatchMetrics": [
            {
                "Namespace": "Taskhook",
                "Dimensions": [["Stack"]],
                "Metrics": [{"Name": "TasksAdded", "Unit": "Count"}],
            }
        ]
    }


def test_what_is_added_and_refused_is_counted_by_its_reason(told):
    add("title=x")
    add("title=x&idempotency_key=a")
    add("title=x&idempotency_key=a")  # the same task again
    add()
    ask("controller=task&action=add&title=x&token=guess")
    ask("controller=task")
    Task.delete_table()
    add("title=x")

    added = {"TasksAdded": 1}
    assert told() == [
        added,
        added,
        {"RefusedForInput": 1},
        {"RefusedForToken": 1},
        {"RefusedForStore": 1},
    ]


def test_dispatch_counts_what_became_of_each_delivery_and_how_long_it_took(cloud, told):
    with Inbox() as well, Inbox(status=500) as ill, Inbox(status=410) as gone:
        for name, inbox in (("well", well), ("ill", ill), ("gone", gone)):
            subscribe(inbox.url, name)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()
        metrics.flush()
        records[0]["dynamodb"]["ApproximateCreationDateTime"] = happened_at = int(time.time()) - 10

        dispatch(records)

    [arrived] = rows("well")[0].attempts
    took_ms = round((arrived["at"] - happened_at) * 1000 + arrived["duration_ms"])
    assert told()[1:] == [{"Delivered": 1, "AttemptsFailed": 1, "GivenUp": 1, "ArrivalMs": took_ms}]
    assert 10_000 <= took_ms < 60_000


def test_a_line_holds_no_more_values_than_cloudwatch_takes(told):
    for value in range(250):
        metrics.measure("ArrivalMs", value)
    metrics.count("Delivered", 250)

    metrics.flush()
    metrics.flush()

    assert told() == [
        {"ArrivalMs": [*range(100)], "Delivered": 250},
        {"ArrivalMs": [*range(100, 200)]},
        {"ArrivalMs": [*range(200, 250)]},
    ]


def test_retry_counts_what_is_covered_by_a_later_change(cloud, told):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox, 3)
        cloud.make_due()
        metrics.flush()

        retry([retry_message("ci.1")])

    assert told()[-1] == {"Superseded": 2, "Delivered": 1}


def test_a_delivery_that_is_given_up_without_an_attempt_is_counted(cloud, told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        endpoints.remove_endpoint("ci")
        cloud.make_due()

        retry([retry_message("ci.1")])

    assert told()[-1] == {"GivenUp": 1}


def test_a_test_of_an_endpoint_is_not_counted(told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        pinging.ping("ci")

    metrics.flush()

    assert told() == []


def test_the_sweep_tells_how_much_waits_and_how_endpoints_do(cloud, told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        lifecycle.create_task({"title": "y"})
        cloud.pump()
    url = "https://example.com/"
    Endpoint("suspended", url=url, suspended_until=time.time() + 60).save()
    Endpoint("disabled", url=url, is_active=False, disabled_reason="410").save()
    Endpoint("off", url=url, is_active=False).save()  # by hand: somebody knows

    cloud.sweep()

    assert told()[-1] == {
        "RetriesWaiting": 2,
        "OldestDueSeconds": 0,
        "EndpointsSuspended": 1,
        "EndpointsDisabled": 1,
    }


def test_the_sweep_tells_since_when_something_is_due_that_nobody_has_tried(cloud, told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    cloud.make_due(by=700)
    due_at = rows()[0].due_at

    cloud.sweep()

    assert told()[-1]["OldestDueSeconds"] == pytest.approx(time.time() - due_at, abs=20)
    assert told()[-1]["OldestDueSeconds"] >= 700


@pytest.fixture
def overdue(cloud):
    """Two endpoints; at each something has been due for 700 s."""
    with Inbox(status=500) as inbox:
        for name in ("a", "b"):
            subscribe(inbox.url, name)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    cloud.make_due(by=700)


@pytest.mark.usefixtures("overdue")
def test_the_sweep_does_not_say_since_when_something_is_due_where_it_could_not_look(cloud, told):
    with wrong("Query", timed_out, DELIVERIES, '"b"'):
        cloud.sweep()

    assert told()[-1] == {"RetriesWaiting": 2, "EndpointsSuspended": 0, "EndpointsDisabled": 0}


@pytest.mark.usefixtures("overdue")
def test_a_sweep_whose_messages_are_refused_looks_everywhere_and_sends_no_more(cloud, told, caplog):
    with wrong("SendMessageBatch", timed_out), listening() as calls:
        cloud.sweep()

    queries = [call.asked for call in calls if call.operation == "Query"]
    looked = [
        asked["ExpressionAttributeValues"][":0"]
        for asked in queries
        if asked.get("IndexName") == "due"
    ]
    assert {"S": "a"} in looked
    assert {"S": "b"} in looked
    assert told()[-1]["OldestDueSeconds"] >= 700
    assert len(logged(caplog, "queue_unavailable")) == 1


def test_what_waits_for_the_next_probe_of_a_suspended_endpoint_is_not_overdue(cloud, told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    cloud.make_due(by=700)
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(time.time() + 600)])

    cloud.sweep()

    assert told()[-1] == {
        "RetriesWaiting": 1,
        "OldestDueSeconds": 0,
        "EndpointsSuspended": 1,
        "EndpointsDisabled": 0,
    }


def test_what_should_have_been_given_up_at_a_suspended_endpoint_is_overdue_since_then(cloud, told):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    cloud.make_due(by=retries.give_up_at(100, CONFIG.retry_delays, CONFIG.retry_jitter))
    Endpoint("ci").update(actions=[Endpoint.suspended_until.set(time.time() + 600)])

    cloud.sweep()

    assert 100 <= told()[-1]["OldestDueSeconds"] < 200
