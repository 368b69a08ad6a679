"""The stream repeats a batch, whole or from the middle: nothing is undone, lost or overtaken."""

import time

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import delivery_states
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import dispatching
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.tasks import removal
from tests.support.aws_faults import DELIVERIES, listening, timed_out, wrong
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    FINE,
    fail_first,
    rows,
    seen,
    states,
    subscribe,
    task_of_version,
    versions,
)
from tests.support.receivers import Inbox

whole_and_from_the_middle = pytest.mark.parametrize(
    "start", [0, 1], ids=["whole", "from the middle"]
)


def standing():
    return [(row.sequence, row.status, row.due_at, row.body) for row in rows()]


@whole_and_from_the_middle
def test_what_was_delivered_repeats_with_its_ids_and_stays_delivered(cloud, start):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()
        dispatch(records)
        before = standing()

        answer = dispatch(records[start:])

    posts = seen(inbox)
    assert (answer, standing()) == (FINE, before)
    assert posts[3:] in ([], posts[start:3])


@whole_and_from_the_middle
def test_what_waits_is_left_alone(cloud, start):
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox, 3)
        before = standing()

        answer = dispatch(records[start:])

    assert (answer, standing(), versions(inbox)) == (FINE, before, "1")


@whole_and_from_the_middle
def test_where_one_is_delivered_and_one_waits_the_repeat_changes_nothing(cloud, start):
    with Inbox() as inbox:
        subscribe(inbox.url)
        inbox.before_answer = lambda: setattr(
            inbox, "status", 204 if len(inbox.received) == 1 else 500
        )
        task_of_version(3)
        records = cloud.records()
        dispatch(records)
        before = standing()
        inbox.before_answer = lambda: setattr(inbox, "status", 204)

        answer = dispatch(records[start:])
        unchanged = standing() == before
        cloud.retry_due()

    assert (answer, unchanged, versions(inbox)) == (FINE, True, "123")
    assert states() == ["delivered", "superseded", "delivered"]


@whole_and_from_the_middle
def test_what_a_retry_has_claimed_is_left_to_it(cloud, start):
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox, 3)
        cloud.make_due()
        messages = cloud.sweep()
        inbox.before_answer = lambda: (
            dispatch(records[start:]) if len(inbox.received) == 2 else None
        )

        answer = retry(messages)

    assert (answer, versions(inbox)) == (FINE, "113")
    assert states() == ["delivered", "superseded", "delivered"]


@whole_and_from_the_middle
def test_what_was_superseded_is_not_sent_after_what_covers_it(cloud, start):
    """A receiver that drops ids it has seen would take the covered change for a new one."""
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox, 3)
        cloud.retry_due()
        before = standing()

        answer = dispatch(records[start:])

    first_seen = list(dict.fromkeys(seen(inbox)))
    assert [post.version for post in first_seen] == ["1", "3"]
    assert (answer, standing()) == (FINE, before)


@whole_and_from_the_middle
def test_what_was_given_up_stays_given_up(cloud, start):
    with Inbox(status=500, answer_headers={"webhook-delivery": "abort-message"}) as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()
        dispatch(records)
        before = standing()
        inbox.answer_headers = {}

        answer = dispatch(records[start:])
        cloud.retry_due()

    assert (answer, states()) == (FINE, ["failed"] * 3)
    assert standing() == before


@pytest.mark.parametrize(
    "actions",
    [
        [Endpoint.slow_answers.set(FAILURE_THRESHOLD)],
        [Endpoint.failures.set(FAILURE_THRESHOLD), Endpoint.suspended_until.set(2_000_000_000)],
        [Endpoint.waiting_since.remove()],
    ],
    ids=["slow", "suspended", "nothing has waited lately"],
)
@whole_and_from_the_middle
def test_however_the_endpoint_does_a_repeat_undoes_nothing(cloud, start, actions):
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox, 3)
        cloud.retry_due()
        before = standing()
        Endpoint("ci").update(actions=actions)
        inbox.status = 500

        answer = dispatch(records[start:])

    assert (answer, standing()) == (FINE, before)


def test_a_record_of_each_attempt_survives_a_repeat(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox)
        cloud.retry_due()

        dispatch(records)

    [row] = rows()
    assert (row.status, [attempt["status"] for attempt in row.attempts]) == (
        "delivered",
        [500, 204],
    )


def test_a_later_event_does_not_overtake_one_that_waits_when_only_it_is_repeated(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        removal.remove_task(1)
        records = cloud.records()

        dispatch(records)
        dispatch(records)
        cloud.retry_due()

    assert (versions(inbox), states()) == ("112", ["delivered", "delivered"])


def test_what_was_posted_and_not_recorded_waits_behind_nothing_that_is_later(cloud):
    """The first was delivered and its row was lost; the second failed, and its row was written."""
    with Inbox() as inbox:
        subscribe(inbox.url)
        inbox.before_answer = lambda: setattr(
            inbox, "status", 204 if len(inbox.received) != 2 else 500
        )
        task_of_version(2)
        records = cloud.records()

        with wrong("BatchWriteItem", timed_out, DELIVERIES):
            dispatch(records)
        dispatch(records)
        cloud.retry_due()

    assert (versions(inbox), states()) == ("122", ["delivered", "delivered"])
    assert len(set(seen(inbox))) == 2


def test_what_another_process_has_posted_and_not_recorded_waits_behind_nothing_that_is_later(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        inbox.before_answer = lambda: setattr(
            inbox, "status", 204 if len(inbox.received) != 2 else 500
        )
        task_of_version(2)
        records = cloud.records()

        with wrong("BatchWriteItem", timed_out, DELIVERIES):
            dispatch(records)
        UNRECORDED.forget()
        dispatch(records)
        cloud.retry_due()

    assert (versions(inbox), states()) == ("1212", ["delivered", "delivered"])
    assert len(set(seen(inbox))) == 2


def test_of_what_may_have_been_told_before_this_process_began_the_recorded_is_not_posted_again(
    cloud, monkeypatch
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_of_version(2)
        records = cloud.records()
        dispatch(records[:1])
        monkeypatch.setattr(dispatching, "_STARTED_AT", time.time() + 1)

        answer = dispatch(records)

    assert (answer, versions(inbox), states()) == (FINE, "12", ["delivered", "delivered"])


@pytest.mark.usefixtures("caching")
def test_what_is_new_is_not_asked_for(cloud):
    with Inbox() as inbox, Inbox() as other:
        subscribe(inbox.url)
        subscribe(other.url, "other")
        task_of_version(2)
        settings.CACHE.get()
        records = cloud.records()
        for record in records:
            record["dynamodb"]["ApproximateCreationDateTime"] += (
                1  # the second in which this process began
            )
        with listening() as calls:
            dispatch(records)

    operations = sorted(call.operation for call in calls)
    assert operations == ["BatchWriteItem", "Scan"]


def test_what_was_sent_again_by_hand_is_not_settled_by_a_repeat(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        records = fail_first(cloud, inbox)
        cloud.retry_due()
        [row] = rows()
        again = "is to be sent again"
        row.save_state(
            delivery_states.send_again(row.state, 1, row.give_up_at, row.state.expires_at, again)
        )

        dispatch(records)
        waits = [row.due_at for row in Delivery.scan()]
        cloud.retry_due()

    assert (waits, len(inbox.received), states()) == ([1], 3, ["delivered"])
