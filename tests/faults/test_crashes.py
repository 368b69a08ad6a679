"""A Lambda ends in the middle: out of time, or killed between two writes."""

import json
import time

import pytest

from chalicelib.domain import delivery_states
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.services.deliveries.unrecorded import UNRECORDED
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import DELIVERIES, ENDPOINTS, Killed, killed, timed_out, wrong
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    FINE,
    fail_changes,
    fail_first,
    retry_message,
    rows,
    seen,
    states,
    subscribe,
    task_of_version,
    versions,
)
from tests.support.receivers import Inbox


def last_change(inbox):
    return json.loads(inbox.received[-1].body)["changes"]["title"]


@pytest.mark.parametrize(
    ("operation", "table"), [("UpdateItem", ENDPOINTS), ("PutItem", DELIVERIES)]
)
def test_a_dispatcher_that_is_killed_with_failures_unwritten_is_made_good_by_the_repeat(
    cloud, operation, table
):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        task_of_version(2)
        records = cloud.records()

        with wrong(operation, killed, table, times=1), pytest.raises(Killed):
            dispatch(records)
        UNRECORDED.forget()
        inbox.status = 204
        dispatch(records)
        cloud.retry_due()

    assert states() == ["delivered", "delivered"]
    assert list(dict.fromkeys(versions(inbox))) == ["1", "2"]


def test_a_dispatcher_that_is_killed_before_its_posts_are_answered_is_made_good_by_the_repeat(
    cloud,
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        records = cloud.records()
        # Longer than DELIVERY_TIMEOUT: the answer reaches nobody.
        inbox.before_answer = lambda: time.sleep(1.1)
        with wrong("UpdateItem", killed, ENDPOINTS, times=1), pytest.raises(Killed):
            dispatch(records)
        UNRECORDED.forget()
        inbox.before_answer = lambda: None

        answer = dispatch(records)

    assert (answer, states(), len(inbox.received)) == (FINE, ["delivered"], 2)
    assert len(set(seen(inbox))) == 1


def test_a_dispatcher_that_is_killed_before_it_queues_is_made_good_by_the_sweep(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        with wrong("SendMessageBatch", killed, times=1), pytest.raises(Killed):
            fail_first(cloud, inbox)
        inbox.status = 204

        cloud.retry_due()

    assert (len(inbox.received), states()) == (2, ["delivered"])


def test_a_claim_that_is_never_settled_is_nobody_elses_until_its_lease_is_over(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        [row] = rows()
        row.save_state(delivery_states.claim(row.state, time.time() + 10))

        retry([retry_message("ci.1")])
        retry(cloud.sweep())
        within_the_lease = len(inbox.received)
        cloud.retry_due()

    assert (within_the_lease, len(inbox.received), states()) == (1, 2, ["delivered"])


def test_a_retry_that_is_killed_after_its_post_is_made_again_after_its_lease(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        with wrong("UpdateItem", killed, DELIVERIES, "attempts"):
            retry([retry_message("ci.1")])
        leased_for = (rows()[0].due_at or 0) - time.time()

        cloud.retry_due()

    assert 0 < leased_for <= 10
    assert (len(inbox.received), len(set(seen(inbox))), states()) == (3, 1, ["delivered"])


@pytest.mark.parametrize("skip", [0, 1], ids=["before the first", "before the second"])
@pytest.mark.parametrize("end", [timed_out, killed])
def test_a_crash_between_taking_in_and_superseding_is_folded_again_into_one_body(cloud, skip, end):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox)
        cloud.make_due()
        with wrong("UpdateItem", end, "superseded by", skip=skip):
            retry([retry_message("ci.1")])
        half_way = states()

        cloud.retry_due()

    assert half_way[-1] == "pending"
    assert (versions(inbox), last_change(inbox)) == ("124", ["1", "4"])
    assert states() == ["delivered", "superseded", "superseded", "delivered"]


def test_a_crash_before_the_newest_takes_in_the_others_is_folded_again(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox)
        cloud.make_due()
        with wrong("UpdateItem", timed_out, DELIVERIES, '"event"'):
            retry([retry_message("ci.1")])

        cloud.retry_due()

    assert (versions(inbox), last_change(inbox)) == ("124", ["1", "4"])
    assert states() == ["delivered", "superseded", "superseded", "delivered"]


def test_a_change_that_comes_after_a_crash_in_a_fold_is_folded_too(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox)
        cloud.make_due()
        with wrong("UpdateItem", timed_out, "superseded by"):
            retry([retry_message("ci.1")])
        lifecycle.update_task(1, {"title": "5"})
        cloud.pump()

        cloud.retry_due()

    assert (versions(inbox), last_change(inbox)) == ("125", ["1", "5"])
    assert states() == ["delivered", *["superseded"] * 3, "delivered"]


def test_a_step_of_a_ramp_that_is_never_finished_is_taken_again(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(FAILURE_THRESHOLD):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204
        cloud.make_due()
        with wrong("UpdateItem", timed_out, ENDPOINTS, skip=1):
            retry([retry_message(None)])
        half_way = states()

        cloud.retry_due()

    assert sorted(half_way) == ["delivered", *["pending"] * (FAILURE_THRESHOLD - 1)]
    assert (states(), len(inbox.received)) == (
        ["delivered"] * FAILURE_THRESHOLD,
        2 * FAILURE_THRESHOLD,
    )
