"""The store refuses, is too late, or does what it was asked and its answer is lost."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.endpoints import effective
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import (
    DELIVERIES,
    ENDPOINTS,
    answering,
    broken,
    condition_failed,
    lost,
    over_capacity,
    throttled,
    timed_out,
    wrong,
)
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    FINE,
    fail_first,
    logged,
    rows,
    seen,
    states,
    subscribe,
    task_of_version,
)
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox


def again(records):
    """Return the answer that asks for these records again."""
    return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}


@pytest.mark.parametrize("answer", [throttled, over_capacity, broken, timed_out])
def test_where_the_store_refuses_before_the_posts_nobody_is_posted_until_the_batch_comes_again(
    cloud, answer
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with wrong("Scan", answer, ENDPOINTS):
            refused = dispatch(records)
        posted_meanwhile = len(inbox.received)
        repeated = dispatch(records)

    assert (refused, posted_meanwhile) == (again(records), 0)
    assert (repeated, len(inbox.received), states()) == (FINE, 1, ["delivered"])


def test_a_refusal_that_the_client_gets_over_is_not_noticed(cloud):
    with Inbox() as inbox, wrong("Scan", broken, ENDPOINTS, times=1) as refused:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()

    assert (len(refused.calls), answer, len(inbox.received)) == (1, FINE, 1)


def test_a_batch_comes_again_only_once_all_its_posts_are_over(cloud, monkeypatch):
    """A receiver answers only when the store has refused the record of the other one."""
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
    with (
        Inbox() as quick,
        Inbox() as slow,
        wrong("BatchWriteItem", throttled, DELIVERIES, '"quick') as refused,
    ):
        slow.before_answer = lambda: wait_until(lambda: refused.calls, 10)
        subscribe(quick.url, "quick")
        subscribe(slow.url, "slow")
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        answer = dispatch(records)

    assert (answer, states("slow"), states("quick")) == (again(records), ["delivered"], [])


@pytest.mark.parametrize("answer", [throttled, timed_out])
@pytest.mark.parametrize("status", [204, 500])
def test_where_the_store_refuses_after_the_posts_they_are_recorded_by_the_repeat_and_not_made_again(
    cloud, answer, status
):
    with Inbox(status=status) as inbox:
        subscribe(inbox.url)
        for _ in range(3):
            lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with wrong("BatchWriteItem", answer, DELIVERIES), wrong("PutItem", answer, DELIVERIES):
            refused = [dispatch(records), dispatch(records)]
        repeated = dispatch(records)

    assert (refused, repeated, len(seen(inbox))) == ([again(records)] * 2, FINE, 3)
    assert [[attempt["status"] for attempt in row.attempts] for row in rows()] == [[status]] * 3


def test_another_process_repeats_the_posts_that_nobody_has_recorded_with_the_same_ids(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()

        with wrong("BatchWriteItem", throttled, DELIVERIES):
            dispatch(records)
        UNRECORDED.forget()
        repeated = dispatch(records)

    posts = seen(inbox)
    assert (repeated, posts[:3], [post.version for post in posts[:3]]) == (
        FINE,
        posts[3:],
        ["1", "2", "3"],
    )
    assert [(row.status, len(row.attempts)) for row in rows()] == [("delivered", 1)] * 3


def test_what_comes_behind_a_failure_that_is_not_recorded_waits_behind_it(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()

        with wrong("PutItem", throttled, DELIVERIES):
            dispatch(records[:1])
        inbox.status = 204
        dispatch(records)

    assert (len(seen(inbox)), states()) == (1, ["pending"] * 3)


def test_what_an_endpoint_that_cannot_be_disabled_has_said_is_recorded_by_the_repeat(cloud):
    with Inbox(status=410) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with wrong("UpdateItem", timed_out, ENDPOINTS):
            refused = dispatch(records)
        repeated = dispatch(records)

    assert (refused, repeated, len(seen(inbox)), states()) == (again(records), FINE, 1, ["failed"])


def test_rows_that_were_written_though_nobody_was_told_are_as_good_as_others(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()

        with wrong("BatchWriteItem", lost, DELIVERIES):
            refused = dispatch(records)
        repeated = dispatch(records)

    assert (refused, repeated, states()) == (again(records), FINE, ["delivered"] * 3)
    assert [post.version for post in seen(inbox)] == ["1", "2", "3"]


def test_rows_that_the_store_leaves_undone_are_asked_for_again(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()
        undone = answering(
            {"UnprocessedItems": {"taskhook-dev-deliveries": [{"PutRequest": {"Item": {}}}]}}
        )

        with wrong("BatchWriteItem", undone, DELIVERIES):
            refused = dispatch(records)
        repeated = dispatch(records)

    assert (refused, repeated, states()) == (again(records), FINE, ["delivered"])


@pytest.mark.parametrize(
    ("operation", "table"), [("PutItem", DELIVERIES), ("UpdateItem", ENDPOINTS)]
)
def test_a_failure_that_cannot_be_written_is_written_by_the_repeat_and_not_attempted_again(
    cloud, operation, table
):
    with Inbox(status=500) as inbox, Inbox() as other:
        subscribe(inbox.url)
        subscribe(other.url, "other")
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with wrong(operation, timed_out, table):
            refused = dispatch(records)
        repeated = dispatch(records)

    assert (refused, repeated) == (again(records), FINE)
    assert (len(seen(inbox)), len(seen(other)), states(), states("other")) == (
        1,
        1,
        ["pending"],
        ["delivered"],
    )


def test_a_failure_whose_write_was_made_but_not_confirmed_is_found_by_the_sweep(cloud):
    with Inbox(status=500) as inbox, wrong("PutItem", lost, DELIVERIES, times=1):
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()
        inbox.status = 204
        cloud.retry_due()

    assert (answer, len(inbox.received), states()) == (FINE, 2, ["delivered"])


def test_a_lane_that_cannot_be_read_is_repeated_alone_with_its_ids(cloud):
    with Inbox() as inbox, Inbox() as other:
        for endpoint_id, box in (("ci", inbox), ("other", other)):
            subscribe(box.url, endpoint_id).note_waiting(1)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with wrong("Query", timed_out, DELIVERIES, '"ci.1"'):
            refused = dispatch(records)
        states_then = states(), states("other")
        repeated = dispatch(records)

    assert (refused, states_then) == (again(records), ([], ["delivered"]))
    assert (repeated, states(), set(seen(other))) == (FINE, ["delivered"], set(seen(inbox)))


@pytest.mark.parametrize("answer", [over_capacity, timed_out])
def test_a_retry_that_cannot_claim_posts_nothing_and_asks_for_its_message_again(cloud, answer):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        [message] = cloud.sweep()

        with wrong("UpdateItem", answer, DELIVERIES):
            refused = retry([message])
        posted = len(inbox.received)
        repeated = retry([message])

    assert (refused, posted) == (
        {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]},
        1,
    )
    assert (repeated, len(inbox.received), states()) == (FINE, 2, ["delivered"])


def test_a_claim_that_was_made_but_not_confirmed_runs_out_and_the_delivery_is_attempted_then(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        messages = cloud.sweep()

        with wrong("UpdateItem", lost, DELIVERIES, times=1):
            retry(messages)
        posted = len(inbox.received)
        cloud.retry_due()

    assert (posted, len(inbox.received), states()) == (1, 2, ["delivered"])


def test_an_attempt_that_cannot_be_settled_is_made_again_once_its_lease_is_over(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        [message] = cloud.sweep()

        with wrong("UpdateItem", timed_out, DELIVERIES, "attempts"):
            refused = retry([message])
        within_the_lease = retry([message]), len(inbox.received)
        cloud.retry_due()

    assert refused == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    assert within_the_lease == (FINE, 2)
    assert (len(set(seen(inbox))), len(inbox.received), states()) == (1, 3, ["delivered"])


def test_an_attempt_that_was_settled_though_not_confirmed_is_not_made_again(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()

        with wrong("UpdateItem", lost, DELIVERIES, "attempts", times=1):
            answer = retry(cloud.sweep())
        cloud.retry_due()

    assert (answer, len(inbox.received), states()) == (FINE, 2, ["delivered"])


@pytest.mark.usefixtures("cloud")
def test_a_retry_that_knows_no_endpoints_asks_for_all_its_messages_again():
    message = {"messageId": "1", "body": '{"endpoint_id": "ci", "lane": "ci.1"}'}

    with wrong("Scan", timed_out, ENDPOINTS), pytest.raises(StoreUnavailable):
        retry([message])


def test_health_that_others_always_change_first_is_given_up_and_the_deliveries_are_not(
    cloud, caplog
):
    with Inbox(status=500) as inbox, wrong("UpdateItem", condition_failed, ENDPOINTS, "failures"):
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()

    assert (answer, states(), Endpoint.get("ci").breaker.failures) == (FINE, ["pending"], 0)
    assert [event["endpoint_id"] for event in logged(caplog, "health_not_noted")] == ["ci"]


def test_a_claim_that_another_was_quicker_to_make_is_left_to_it(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()

        with wrong("UpdateItem", condition_failed, DELIVERIES, times=1):
            answer = retry(cloud.sweep())

    assert (answer, len(inbox.received), states()) == (FINE, 1, ["pending"])


def test_a_table_that_is_gone_loses_no_message(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        [message] = cloud.sweep()
        Delivery.delete_table()

        answer = retry([message])

    assert answer == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}


def test_what_the_store_says_of_its_own_failure_is_logged_once(cloud, caplog):
    full = "commit failed (backend: database or disk is full)"
    lifecycle.create_task({"title": "x"})
    records = cloud.records()

    with wrong(
        "Scan", answering({"__type": "#InternalServerError", "message": full}, 500), ENDPOINTS
    ):
        refused = [dispatch(records), dispatch(records)]

    assert refused == [again(records)] * 2
    assert logged(caplog, "store_failed") == [{"code": "InternalServerError", "reason": full}]
