"""A row that the store will never take keeps nobody else from theirs."""

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import DELIVERIES, EVENTS, saying, wrong
from tests.support.deliveries import FINE, fail_first, rows, states, subscribe
from tests.support.receivers import Inbox

refused = saying(400, "com.amazon.coral.validate#ValidationException")


def test_a_new_row_that_the_store_refuses_is_set_aside_and_the_others_are_written(cloud):
    with Inbox(status=500) as inbox, Inbox() as other:
        subscribe(inbox.url)
        subscribe(other.url, "other")
        lifecycle.create_task({"title": "x"})

        with wrong("PutItem", refused, DELIVERIES):
            answer = cloud.pump()

    [aside] = cloud.set_aside()
    assert (answer, rows(), states("other")) == (FINE, [], ["delivered"])
    assert aside["id"].startswith("ci.1.")
    assert aside["kind"] == "delivery"


def test_of_a_batch_of_delivered_rows_the_one_that_is_refused_is_set_aside(cloud):
    with Inbox() as inbox, Inbox() as other:
        subscribe(inbox.url)
        subscribe(other.url, "other")
        lifecycle.create_task({"title": "x"})

        with wrong("BatchWriteItem", refused), wrong("PutItem", refused, DELIVERIES, '"ci.1"'):
            answer = cloud.pump()

    [aside] = cloud.set_aside()
    assert (answer, rows(), states("other")) == (FINE, [], ["delivered"])
    assert aside["id"].startswith("ci.1.")


def test_a_record_that_the_store_refuses_closes_its_delivery(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)

        with wrong("UpdateItem", refused, DELIVERIES, '"attempts"'):
            answer = cloud.retry_due()

    [row] = rows()
    assert (answer, row.status) == (FINE, "failed")
    assert row.due_at is None
    assert row.outcome.startswith("set aside: the store refuses its record")


def test_a_record_of_an_event_that_the_store_refuses_is_set_aside_and_the_others_are_written(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        kept, lost = (lifecycle.create_task({"title": title}) for title in "xy")

        with (
            wrong("BatchWriteItem", refused, EVENTS),
            wrong("PutItem", refused, EVENTS, f'"{lost}"'),
        ):
            answer = cloud.pump()

    [aside] = cloud.set_aside()
    assert (answer, len(inbox.received)) == (FINE, 2)
    assert [event.task_id for event in PastEvent.scan()] == [kept]
    assert (aside["kind"], aside["task_id"]) == ("event", lost)
