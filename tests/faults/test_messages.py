"""Messages lost, late, doubled, out of order or garbage: the sweep finds the rows."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.aws_faults import DELIVERIES, answering, saying, timed_out, wrong
from tests.support.cloud import retry
from tests.support.deliveries import (
    FINE,
    fail_first,
    logged,
    retry_message,
    rows,
    seen,
    states,
    subscribe,
    versions,
)
from tests.support.receivers import Inbox

REFUSED = {"Successful": [], "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}


@pytest.mark.parametrize("answer", [saying(500, "InternalError"), timed_out, answering(REFUSED)])
def test_a_failure_that_cannot_be_queued_is_due_all_the_same_and_the_sweep_queues_it(cloud, answer):
    with Inbox() as inbox:
        subscribe(inbox.url)
        with wrong("SendMessageBatch", answer):
            fail_first(cloud, inbox)
        cloud.make_due()
        cloud.messages()

        messages = cloud.sweep()
        retry(messages)

    assert [json.loads(message["body"])["lane"] for message in messages] == ["ci.1"]
    assert (len(inbox.received), states()) == (2, ["delivered"])


def test_a_second_failure_that_cannot_be_queued_is_found_by_the_sweep(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        with wrong("SendMessageBatch", timed_out):
            answer = (
                retry([retry_message("ci.1")]),
                cloud.make_due(),
                retry([retry_message("ci.1")]),
            )
        inbox.status = 204

        cloud.retry_due()

    assert answer == (FINE, None, FINE)
    assert (len(inbox.received), states()) == (3, ["delivered"])


def test_a_sweep_that_cannot_queue_leaves_all_to_the_next(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()

        with wrong("SendMessageBatch", timed_out):
            nothing = cloud.sweep()
        retry(cloud.sweep())

    assert (nothing, states()) == ([], ["delivered"])


def test_a_message_that_comes_again_for_what_is_settled_does_nothing(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.retry_due()
        settled = [row.attribute_values for row in rows()]

        answer = (
            retry([retry_message("ci.1")]),
            retry([retry_message("ci.1"), retry_message("ci.1", message_id="b")]),
        )

    assert (answer, len(inbox.received)) == ((FINE, FINE), 2)
    assert [row.attribute_values for row in rows()] == settled


def test_a_message_that_comes_too_early_posts_nothing(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)

        answer = retry([retry_message("ci.1")])

    assert (answer, len(inbox.received), states()) == (FINE, 1, ["pending"])


def test_messages_out_of_order_deliver_each_lane_in_its_order(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 3)
        removal.remove_task(1)
        cloud.pump()
        cloud.make_due()
        cloud.messages()
        of_the_lane = cloud.sweep() * 3

        for one in reversed(of_the_lane):
            retry([one])

    assert versions(inbox) == "1134"
    assert states() == ["delivered", "superseded", "delivered", "delivered"]


def test_a_message_half_an_hour_late_delivers(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        cloud.make_due(by=1800)

        answer = retry([retry_message("ci.1")])

    assert (answer, versions(inbox), states()) == (FINE, "112", ["delivered", "delivered"])


@pytest.mark.parametrize(
    ("endpoint_id", "lane"), [("ci", "ci.7"), ("nobody", "nobody.1"), ("nobody", None)]
)
def test_a_message_for_what_is_not_there_does_nothing(cloud, endpoint_id, lane):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)

        answer = retry([retry_message(lane, endpoint_id)])

    assert (answer, len(inbox.received), states()) == (FINE, 1, ["pending"])


def test_a_message_for_an_endpoint_that_is_gone_gives_up_what_waits(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        endpoints.remove_endpoint("ci")
        cloud.make_due()

        answer = retry([retry_message("ci.1")])

    assert (answer, len(inbox.received)) == (FINE, 1)
    assert [(row.status, row.outcome) for row in rows()] == [
        ("failed", "given up: the endpoint was removed")
    ] * 2


def test_garbage_comes_again_and_the_others_of_its_batch_are_done(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        garbage = [
            {"messageId": body, "body": body} for body in ("not JSON", "[1]", '{"lane": "ci.1"}')
        ]

        answer = retry([*garbage, retry_message("ci.1")])

    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == [
        one["body"] for one in garbage
    ]
    assert states() == ["delivered"]


def test_no_message_is_lost_with_a_lane_that_fails_beside_it(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        inbox.status = 500
        for _ in range(2):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204
        cloud.make_due()

        with wrong("UpdateItem", timed_out, '"ci.1"'):
            answer = retry(
                [retry_message("ci.1", message_id="1"), retry_message("ci.2", message_id="2")]
            )

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert {row.ordering_key: row.status for row in Delivery.scan()} == {
        "ci.1": "pending",
        "ci.2": "delivered",
    }
    assert len(set(seen(inbox))) == 2


def test_where_one_endpoint_cannot_be_swept_the_others_are(cloud, caplog):
    with Inbox(status=500) as inbox:
        for endpoint_id in ("a", "b", "c"):
            subscribe(inbox.url, endpoint_id)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()

        with wrong("Query", timed_out, DELIVERIES, '"b"'):
            bodies = [message["body"] for message in cloud.sweep()]

    assert sorted(bodies) == [f'{{"endpoint_id": "{one}", "lane": "{one}.1"}}' for one in "ac"]
    assert [event["endpoint_id"] for event in logged(caplog, "sweep_failed")] == ["b"]
