"""Two do the same at the same time: one post for each due time, and rows that agree."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from standardwebhooks import Webhook

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import delivery_states
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import DELIVERIES, ENDPOINTS, afterwards, meanwhile, wrong
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import (
    FINE,
    age,
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


def at_once(act, argument, count=2):
    """Do the same with the same in several threads, and return what came of it."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(act, [argument] * count))


def attempts_made():
    return sum(len(row.attempts) for row in rows())


@pytest.mark.parametrize(("status", "stands"), [(204, ["delivered"] * 3), (500, ["pending"] * 3)])
def test_two_dispatchers_of_the_same_records_record_each_event_once(cloud, status, stands):
    together = Barrier(2)
    with Inbox(status=status) as inbox:
        subscribe(inbox.url)
        task_of_version(3)
        records = cloud.records()

        with wrong("Scan", afterwards(together.wait), ENDPOINTS, times=2):
            answers = at_once(dispatch, records)

    assert (answers, states()) == ([FINE, FINE], stands)
    assert len(set(seen(inbox))) == (3 if status == 204 else 1)


def test_two_that_have_read_the_same_delivery_post_it_once(cloud):
    together = Barrier(2)
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()

        with wrong("Query", afterwards(together.wait), DELIVERIES, '"ci.1"', times=2):
            answers = at_once(retry, [retry_message("ci.1")])

    assert (answers, len(inbox.received), states()) == ([FINE, FINE], 2, ["delivered"])


def test_two_that_have_read_the_same_changes_fold_and_post_them_once(cloud):
    together = Barrier(2)
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox)
        cloud.make_due()

        with wrong("Query", afterwards(together.wait), DELIVERIES, '"ci.1"', times=2):
            at_once(retry, [retry_message("ci.1")])

    assert (versions(inbox), states()) == (
        "124",
        ["delivered", "superseded", "superseded", "delivered"],
    )


def test_however_many_messages_and_sweeps_a_due_time_is_one_post(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        cloud.make_due()
        messages = cloud.sweep() + cloud.sweep() + cloud.sweep()

        at_once(retry, messages, count=4)
        retry(cloud.sweep())

    [row] = rows()
    assert (len(messages), len(inbox.received), len(row.attempts)) == (3, 2, 2)


def test_a_fold_under_way_is_not_begun_again_by_another(cloud):
    """The second caller comes when the first of three changes may be settled, not the second."""
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox)
        cloud.make_due()

        another = meanwhile(lambda: retry([retry_message("ci.1", message_id="b")]))
        with wrong("UpdateItem", another, "superseded by", skip=1, times=1):
            answer = retry([retry_message("ci.1")])

    assert (answer, versions(inbox)) == (FINE, "124")
    assert states() == ["delivered", "superseded", "superseded", "delivered"]


@pytest.mark.parametrize("write", ["lined up", "claimed"])
def test_what_one_has_claimed_another_who_read_it_before_cannot_take(cloud, write):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        [read_before], [claimed] = rows(), rows()
        claimed.save_state(delivery_states.claim(claimed.state, 2_000_000_000))

        change = delivery_states.claim if write == "claimed" else delivery_states.defer
        taken = read_before.save_state(change(read_before.state, 1_900_000_000))

    assert (taken, rows()[0].due_at) == (False, 2_000_000_000)


def test_a_call_that_comes_as_a_suspension_ends_is_no_step_of_the_ramp_and_is_answered(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        cloud.make_due()
        Endpoint("ci").update(actions=[Endpoint.suspended_until.set(1)])
        another_step = meanwhile(
            lambda: Endpoint("ci").update(actions=[Endpoint.suspended_until.remove()])
        )

        with wrong("UpdateItem", another_step, ENDPOINTS, "suspended_until", times=1):
            answer = retry([retry_message("ci.1")])

    assert (answer, states()) == (FINE, ["delivered"])


def test_a_claim_that_ran_out_settles_nothing(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        [slow], [quick] = rows(), rows()
        slow.save_state(delivery_states.claim(slow.state, 1_900_000_000))
        quick.due_at = slow.due_at
        quick.save_state(delivery_states.claim(quick.state, 2_000_000_000))
        slow.become(delivery_states.postpone(slow.state, 5, 0))

        settled = slow.save_outcome(1_900_000_000)

    assert (settled, rows()[0].due_at) == (False, 2_000_000_000)


def test_a_sweep_forgets_no_waiting_that_began_since_it_looked(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        Endpoint("ci").update(actions=[Endpoint.waiting_since.set(1)])
        begin = meanwhile(lambda: fail_first(cloud, inbox))

        with wrong("UpdateItem", begin, ENDPOINTS, "waiting_since", times=1):
            cloud.sweep()

    assert (Endpoint.get("ci").waiting_since or 0) > 1


def test_all_posts_of_a_batch_are_signed_with_the_one_secret_that_the_first_of_them_made(cloud):
    with Inbox() as inbox:
        Endpoint("ci", url=inbox.url).save()
        for _ in range(20):
            lifecycle.create_task({"title": "x"})

        cloud.pump()

    secret = Webhook(Endpoint.get("ci").secret)
    signed = [secret.verify(post.body, dict(post.headers))["task_id"] for post in inbox.received]
    assert sorted(signed) == list(range(1, 21))


def test_two_that_take_the_same_step_of_a_ramp_take_it_once(cloud):
    together = Barrier(2)
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(FAILURE_THRESHOLD):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()
        age(800)  # the next pause is as long

        with wrong("UpdateItem", meanwhile(together.wait), ENDPOINTS, "suspended_until", times=2):
            at_once(retry, [retry_message(None)])

    assert (attempts_made(), Endpoint.get("ci").failures) == (
        FAILURE_THRESHOLD + 1,
        FAILURE_THRESHOLD + 1,
    )


def test_the_messages_of_one_batch_take_one_step_of_a_ramp(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(8):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.make_due()
        age(800)  # the next pause is as long

        retry(
            [
                retry_message(lane, message_id=str(lane))
                for lane in (None, *(f"ci.{number}" for number in range(1, 9)))
            ]
        )

    assert (attempts_made(), Endpoint.get("ci").failures) == (9, 9)
