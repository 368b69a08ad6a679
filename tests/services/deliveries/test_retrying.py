"""What failed is attempted again: when, how often, once at a time, in order."""

import json
import time
from dataclasses import replace

import pytest
from standardwebhooks import Webhook

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import BreakerState
from chalicelib.services.deliveries import retrying
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import answering, wrong
from tests.support.cloud import client_of, retry
from tests.support.deliveries import rows, subscribe
from tests.support.receivers import Inbox


def test_a_failed_delivery_is_attempted_again_with_the_same_id_and_a_new_signature(cloud):
    with Inbox(status=500) as inbox:
        secret = subscribe(inbox.url).secret
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204

        answer = cloud.retry_due()

    first, second = inbox.received
    [row] = rows()
    assert answer == {"batchItemFailures": []}
    assert (row.status, row.due_at, [attempt["number"] for attempt in row.attempts]) == (
        "delivered",
        None,
        [1, 2],
    )
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [r.headers["X-Taskhook-Attempt"] for r in inbox.received] == ["1", "2"]
    assert first.body == second.body
    assert Webhook(secret).verify(second.body, dict(second.headers))


def test_a_failure_is_queued_for_its_time(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    attributes = client_of("sqs").get_queue_attributes(
        QueueUrl=CONFIG.retry_queue_url, AttributeNames=["All"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
    assert cloud.messages() == []


def test_two_messages_post_once(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()
        messages = cloud.sweep()
        inbox.status = 204

        retry(messages)
        retry(messages)

    assert len(inbox.received) == 2
    assert [row.status for row in rows()] == ["delivered"]


def test_a_delivery_is_given_up_after_the_last_delay(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

        for _ in CONFIG.retry_delays:
            cloud.retry_due()
        cloud.retry_due()

    [row] = rows()
    assert (row.status, row.due_at, row.outcome) == ("failed", None, "500")
    assert len(inbox.received) == len(row.attempts) == len(CONFIG.retry_delays) + 1


def test_waiting_changes_are_folded_into_the_newest(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "one", "color_id": "red"})
        cloud.pump()
        for fields in ({"title": "two"}, {"color_id": "blue"}, {"title": "three"}):
            lifecycle.update_task(task_id, fields)
            cloud.pump()
        inbox.status = 204

        cloud.retry_due()

    created, first, second, third = rows()
    assert [r.headers["X-Taskhook-Event"] for r in inbox.received[1:]] == [
        "task.created",
        "task.modified",
    ]
    body = json.loads(inbox.received[-1].body)
    assert (body["title"], body["color_id"]) == ("three", "blue")
    assert {name: body["changes"][name] for name in ("title", "color_id")} == {
        "title": ["one", "three"],
        "color_id": ["red", "blue"],
    }
    assert inbox.received[-1].headers["X-Taskhook-Task-Version"] == "4"
    assert [row.status for row in (created, first, second, third)] == [
        "delivered",
        "superseded",
        "superseded",
        "delivered",
    ]
    assert first.outcome == second.outcome == f"superseded by {third.id}"


def test_an_endpoint_that_fails_is_suspended_and_comes_back_by_a_ramp(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        begun_at = time.time()
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
            cloud.pump()
        suspended, noted_at = Endpoint.get("ci").breaker, time.time()
        for _ in range(20):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        while_suspended = len(inbox.received)
        begun = []
        inbox.before_answer = lambda: begun.append(Endpoint.get("ci").half_open_limit)
        inbox.status = 204

        cloud.retry_due()

    assert suspended.failures == 5
    assert begun_at + 5 <= (suspended.suspended_until or 0) <= noted_at + 5 + noted_at - begun_at
    assert while_suspended == 5
    assert begun == [1] + [2] * 2 + [4] * 4 + [8] * 8 + [16] * 10
    assert {row.status for row in rows()} == {"delivered"}
    assert Endpoint.get("ci").breaker == BreakerState()


def test_a_probe_that_fails_lengthens_the_pause(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        begun_at = time.time()
        Endpoint("ci").update(actions=[Endpoint.failing_since.set(begun_at - 100)])

        cloud.retry_due()

    health, took = Endpoint.get("ci").breaker, time.time() - begun_at
    assert len(inbox.received) == 6
    assert health.failures == 6
    assert 100 <= (health.suspended_until or 0) - begun_at <= 100 + 2 * took


@pytest.mark.parametrize("how", ["removed", "disabled"])
def test_what_waits_for_an_endpoint_that_is_no_more_is_given_up(cloud, how):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.close_task(lifecycle.create_task({"title": "x"}))
        cloud.pump()
        if how == "removed":
            endpoints.remove_endpoint("ci")
        else:
            endpoints.set_active("ci", is_active=False)

        cloud.retry_due()

    assert len(inbox.received) == 1
    outcome = {
        "removed": "given up: the endpoint was removed",
        "disabled": "given up: the endpoint is disabled",
    }[how]
    assert [(row.status, row.outcome) for row in rows()] == [("failed", outcome)] * 2


def test_a_retry_has_more_time_than_a_first_attempt(cloud, monkeypatch):
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=0.2))
    with Inbox() as inbox:
        inbox.before_answer = lambda: time.sleep(0.4)  # what is tested is who takes that long
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

        cloud.retry_due()

    [row] = rows()
    first, second = row.attempts
    assert first["error"] == "no answer within 0.2 s: connected, nothing sent back"
    assert (row.status, second["status"]) == ("delivered", 204)
    assert 400 <= second["timings"]["first_byte"] < 5000


def test_what_a_function_has_no_time_for_is_called_again(cloud, monkeypatch):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()
        messages = cloud.sweep()
        monkeypatch.setattr(retrying, "TIME_TO_WORK", 0.0)

        answer = retry(messages)

    assert (answer, len(inbox.received)) == ({"batchItemFailures": []}, 1)
    [asked], [again] = (
        [json.loads(message["body"]) for message in one] for one in (messages, cloud.messages())
    )
    assert again == asked | {"hops": 1}


def test_the_way_back_of_a_suspended_endpoint_goes_on_where_the_time_was_over(cloud, monkeypatch):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()
        cloud.messages()
        messages = cloud.sweep()
        monkeypatch.setattr(retrying, "TIME_TO_WORK", 0.0)
        retry(messages)
        again = cloud.messages()
        monkeypatch.undo()
        inbox.status = 204

        retry(again)

    assert [message["body"] for message in again] == [
        '{"endpoint_id": "ci", "lane": null, "hops": 1}'
    ]
    assert {row.status for row in rows()} == {"delivered"}


def sent_by(message):
    """Return the messages that are sent while one is worked on."""
    with wrong("SendMessageBatch", answering({"Successful": [], "Failed": []})) as batches:
        retry([message])
    return [
        json.loads(entry["MessageBody"])
        for batch in batches.calls
        for entry in json.loads(batch)["Entries"]
    ]


def failing_once_more(cloud, hops):
    """Make a failed delivery due; return its message after so many others."""
    lifecycle.create_task({"title": "x"})
    cloud.pump()
    cloud.messages()
    cloud.make_due()
    return {
        "messageId": "a",
        "body": json.dumps({"endpoint_id": "ci", "lane": "ci.1", "hops": hops}),
    }


def test_each_message_counts_those_that_it_follows_from(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        message = failing_once_more(cloud, hops=4)

        sent = sent_by(message)

    assert sent == [{"endpoint_id": "ci", "lane": "ci.1", "hops": 5}]


def test_a_chain_that_is_too_long_is_left_to_the_sweep_which_begins_a_new_one(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        message = failing_once_more(cloud, hops=queue.MAX_HOPS)

        sent = sent_by(message)

    assert (len(inbox.received), sent) == (2, [])
    cloud.make_due()
    assert [json.loads(message["body"]) for message in cloud.sweep()] == [
        {"endpoint_id": "ci", "lane": "ci.1"}
    ]
