"""Sending again to a suspended endpoint: it is sent, or says what it waits for."""

import json
import time

import pytest

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries import delivery_log, redelivery
from chalicelib.services.deliveries.redelivery import ReplayRequest
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import retry
from tests.support.deliveries import rows, states, subscribe, versions
from tests.support.receivers import Inbox


@pytest.fixture
def inbox(cloud):
    """A receiver that failed until its endpoint was suspended; five deliveries wait."""
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        probe_at = round(time.time() + 600)
        Endpoint("ci").update(actions=[Endpoint.suspended_until.set(probe_at)])
        for row in rows():
            row.update(actions=[Delivery.due_at.set(row.created_at)])
        cloud.messages()
        inbox.received.clear()
        yield inbox


def test_what_somebody_sends_again_does_not_wait_for_the_probe(cloud, inbox):
    asked = rows()[3]

    redelivery.send_again(asked.id)
    retry(cloud.messages())

    [post] = inbox.received
    assert json.loads(post.body)["task_id"] == asked.task_id
    assert delivery_log.find_delivery(asked.id).outcome == "500"


def test_a_failure_of_what_somebody_sent_again_changes_no_probe(cloud, inbox):
    before = Endpoint.get("ci").breaker

    redelivery.send_again(rows()[3].id)
    retry(cloud.messages())
    retry(cloud.messages())

    assert (Endpoint.get("ci").breaker, len(inbox.received)) == (before, 1)
    assert states() == ["pending"] * 5


def test_a_success_of_what_somebody_sent_again_opens_the_way_back(cloud, inbox):
    inbox.status = 204

    redelivery.send_again(rows()[3].id)
    retry(cloud.messages())
    first = states()
    retry(cloud.messages())

    assert first == ["pending"] * 3 + ["delivered", "pending"]
    assert states() == ["delivered"] * 5
    assert Endpoint.get("ci").suspended_until is None


def test_of_a_task_with_several_events_that_wait_one_attempt_is_made(cloud, inbox):
    lifecycle.close_task(1)
    cloud.pump()
    cloud.messages()
    inbox.status = 204

    redelivery.send_again(rows()[0].id)
    retry(cloud.messages())

    assert versions(inbox) == "1"


def test_what_is_asked_for_twice_is_sent_once(cloud, inbox):
    inbox.status = 204
    redelivery.send_again(rows()[3].id)
    messages = cloud.messages()

    retry([{**message, "messageId": name} for message in messages for name in "ab"])

    assert len(inbox.received) == 1


def test_a_replay_does_not_get_past_a_suspension(cloud, inbox):
    put_all([rows()[0]])
    rows()[0].update(actions=[Delivery.status.set("failed"), Delivery.due_at.remove()])

    redelivery.replay(ReplayRequest("ci", 0, time.time()))
    endpoint = Endpoint.get("ci")
    is_held = delivery_log.is_held(rows()[0], endpoint)
    retry(cloud.messages())

    assert (inbox.received, is_held) == ([], True)


def test_what_is_sent_again_does_not_overtake_an_earlier_event_of_its_task(cloud, inbox):
    lifecycle.close_task(1)
    cloud.pump()
    created, *_, closed = rows()
    created.update(actions=[Delivery.due_at.set(round(time.time() + 300, 3))])
    inbox.status = 204

    redelivery.send_again(closed.id)
    waits_for = delivery_log.waits_behind(delivery_log.find_delivery(closed.id))
    retry(cloud.messages())

    assert (waits_for.id if waits_for else None, inbox.received) == (created.id, [])


def test_where_an_earlier_event_of_its_task_is_due_that_goes_first(cloud, inbox):
    lifecycle.close_task(1)
    cloud.pump()
    inbox.status = 204

    redelivery.send_again(rows()[-1].id)
    for _ in range(3):
        retry(cloud.messages())

    assert [version for version in versions(inbox) if version != "1"] == ["2"]
    assert states() == ["delivered"] * 6
    assert inbox.received[0].headers["webhook-id"] == rows()[0].event_id


def test_what_somebody_has_just_sent_again_waits_for_no_probe(inbox):  # noqa: ARG001 -- its endpoint is suspended
    asked = rows()[3]
    endpoint = Endpoint.get("ci")

    before = delivery_log.is_held(asked, endpoint)
    redelivery.send_again(asked.id)
    after = delivery_log.is_held(delivery_log.find_delivery(asked.id), endpoint)

    assert (before, after) == (True, False)
