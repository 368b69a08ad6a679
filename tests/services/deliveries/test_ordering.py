"""The order within a lane, whatever else happens to it; bugs that were found stay forbidden."""

import json
import logging
import time
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import delivery_states
from chalicelib.services.deliveries import attempts, redelivery
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import client_of, retry
from tests.support.deliveries import logged, messages_left, retry_message, rows, subscribe
from tests.support.receivers import Inbox


def test_what_waits_behind_a_delivery_that_is_sent_again_early_goes_with_it(cloud):
    with Inbox(status=503, answer_headers={"Retry-After": "80000"}) as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "x"})
        cloud.pump()
        lifecycle.close_task(task_id)
        cloud.pump()
        retry(
            [
                {
                    "messageId": "1",
                    "body": json.dumps({"endpoint_id": "ci", "lane": rows()[0].ordering_key}),
                }
            ]
        )  # lines up
        lined_up = {row.due_at for row in rows()}
        inbox.status, inbox.answer_headers = 204, {}

        redelivery.send_again(rows()[0].id)
        retry(cloud.messages())

    assert len(lined_up) == 1
    assert [r.headers["X-Taskhook-Task-Version"] for r in inbox.received] == ["1", "1", "2"]
    assert [row.status for row in rows()] == ["delivered", "delivered"]


def fail_with_more_behind(cloud, inbox):
    """Fail a task's creation, queue its change behind it, and lose the message for both."""
    subscribe(inbox.url)
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()
    lifecycle.close_task(task_id)
    cloud.pump()
    client_of("sqs").purge_queue(QueueUrl=CONFIG.retry_queue_url)


@pytest.mark.parametrize(
    ("seconds", "calls"), [(50, 1), (600, 0)], ids=["soon", "the sweep finds it"]
)
def test_who_comes_for_what_waits_behind_is_called_again_when_the_first_is_due(
    cloud, seconds, calls
):
    """As the first sweep after a crash does: it calls for the earliest time of a lane."""
    with Inbox(status=503, answer_headers={"Retry-After": str(seconds)}) as inbox:
        fail_with_more_behind(cloud, inbox)

        retry(cloud.sweep())
        called = messages_left()
        retry([retry_message("ci.1")])  # all are in line by now

    assert (len(inbox.received), called, messages_left()) == (1, calls, calls)


def test_a_failure_with_more_behind_it_is_called_for_once(cloud):
    with Inbox(status=500) as inbox:
        fail_with_more_behind(cloud, inbox)

        cloud.retry_due()

    assert (len(inbox.received), messages_left()) == (2, 1)


def test_lining_up_takes_no_claim_away(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    seen_by_one, seen_by_other = rows()[0], rows()[0]
    until = time.time() + 60

    seen_by_one.save_state(delivery_states.claim(seen_by_one.state, until))
    moved = seen_by_other.save_state(delivery_states.defer(seen_by_other.state, time.time()))

    assert (moved, rows()[0].due_at) == (False, round(until, 3))


def test_half_of_the_failures_of_the_first_count_for_the_newest_change(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 500
        lifecycle.close_task(task_id)
        cloud.pump()
        for _ in range(3):
            cloud.retry_due()
        lifecycle.reopen_task(task_id)
        cloud.pump()

        cloud.retry_due()

    created, closed, reopened = rows()
    assert (created.status, closed.status, reopened.status) == (
        "delivered",
        "superseded",
        "pending",
    )
    assert (closed.tries, reopened.tries, reopened.state.failures) == (4, 1, 3)


def test_an_endpoint_that_is_removed_and_added_again_keeps_its_order(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204
        endpoints.remove_endpoint("ci")
        subscribe(inbox.url)
        lifecycle.close_task(task_id)
        cloud.pump()

        cloud.retry_due()

    assert [r.headers["X-Taskhook-Task-Version"] for r in inbox.received] == ["1", "1", "2"]


def test_what_waits_is_noted_by_the_sweep_where_the_row_of_its_endpoint_is_new(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    Endpoint("ci", url="http://127.0.0.1:9/").save()  # as the console writes it

    cloud.sweep()

    assert Endpoint.get("ci").waiting_since is not None


def test_what_is_given_up_late_at_a_suspended_endpoint_lets_nothing_past_the_ramp(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        for _ in range(5):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        task_id = lifecycle.create_task({"title": "y"})
        lifecycle.close_task(task_id)
        cloud.pump()
        [late, behind] = [row for row in rows() if row.task_id == task_id]
        late.update(actions=[Delivery.give_up_at.set(time.time() - 1)])

        retry(
            [
                {
                    "messageId": "1",
                    "body": json.dumps({"endpoint_id": "ci", "lane": late.ordering_key}),
                }
            ]
        )

    [late, behind] = [row for row in rows() if row.task_id == task_id]
    assert len(inbox.received) == 5
    assert late.outcome == "given up: the endpoint was suspended until there was no time left"
    assert (late.status, behind.status, behind.tries) == ("failed", "pending", 0)


@pytest.mark.parametrize("secret", ["", "whsec_short"])
def test_a_secret_that_cannot_sign_stops_nobody_else(cloud, secret):
    with Inbox() as well, Inbox() as odd:
        subscribe(well.url, "well")
        Endpoint("odd", url=odd.url, secret=secret).save()
        lifecycle.create_task({"title": "x"})

        answer = cloud.pump()

    assert answer == {"batchItemFailures": []}
    assert len(well.received) == 1
    assert len(odd.received) == (secret == "")  # an empty one is none, and one is made


@pytest.mark.parametrize("byte", [b"\xff", b"\x00", b'"'])
def test_a_receiver_that_talks_too_much_does_not_outgrow_its_row(cloud, byte):
    with Inbox(
        status=302, answer_headers={"Location": "/" + "x" * 60_000}, answer=byte * 2000
    ) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

        for _ in range(12):
            cloud.retry_due()

    [row] = rows()
    assert (row.status, row.tries, len(row.attempts)) == ("failed", 12, 12)
    assert (
        max(
            len(json.dumps(attempt["answer"], ensure_ascii=False).encode())
            for attempt in row.attempts
        )
        <= 1026
    )
    assert max(len(attempt["error"].encode()) for attempt in row.attempts) <= 1100


def test_many_who_hear_gone_at_once_disable_the_endpoint_once(cloud, caplog):
    caplog.set_level(logging.INFO, "chalicelib")
    with Inbox(status=410) as inbox:
        subscribe(inbox.url)
        for _ in range(8):
            lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert len(logged(caplog, "endpoint_disabled")) == 1
    assert Endpoint.get("ci").is_active is False


def test_a_lane_that_is_answered_slowly_goes_on_through_the_queue(cloud, monkeypatch):
    # Slow, but never too slow.
    monkeypatch.setattr(attempts, "SLOW_MS", 50)
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "x"})
        for number in range(6):
            lifecycle.update_task(task_id, {"title": str(number)})
        inbox.before_answer = lambda: time.sleep(0.1)  # what is tested is who takes long

        cloud.pump()

    assert len(inbox.received) == 5
    assert [row.status for row in rows()] == ["delivered"] * 5 + ["pending"] * 2
    assert [json.loads(message["body"])["lane"] for message in cloud.messages()] == [
        f"ci.{task_id}"
    ]
