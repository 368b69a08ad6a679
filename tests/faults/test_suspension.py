"""A suspended endpoint: a probe when it is time, then its ramp; and given up at last."""

import time

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD, BreakerState
from chalicelib.services.deliveries import retrying
from chalicelib.services.endpoints import circuit_breaker
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import retry
from tests.support.deliveries import (
    FINE,
    age,
    fail_changes,
    logged,
    messages_left,
    retry_message,
    rows,
    states,
    subscribe,
    versions,
)
from tests.support.receivers import Inbox


def suspend(cloud, tasks=FAILURE_THRESHOLD):
    """Fail an endpoint until it is suspended, with a delivery of each of so many tasks pending."""
    for _ in range(tasks):
        lifecycle.create_task({"title": "x"})
    cloud.pump()


def pass_give_up():
    """Let the time have come at which all that waits is given up."""
    for row in Delivery.scan():
        by = row.give_up_at - time.time() + 1
        row.update(
            actions=[
                Delivery.give_up_at.set(row.give_up_at - by),
                Delivery.due_at.set(row.created_at - by),
            ]
        )


def test_what_has_waited_too_long_at_a_suspended_endpoint_is_given_up_without_a_post(cloud, caplog):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        pass_give_up()

        retry(cloud.sweep())

    assert len(inbox.received) == FAILURE_THRESHOLD
    assert {(row.status, row.due_at is None, row.outcome) for row in rows()} == {
        ("failed", True, retrying.SUSPENDED)
    }
    assert len(logged(caplog, "delivery_given_up")) == FAILURE_THRESHOLD


def test_what_waits_behind_a_delivery_that_is_given_up_waits_for_the_ramp(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        pass_give_up()
        lifecycle.close_task(1)
        cloud.pump()

        retry(cloud.sweep())

    assert len(inbox.received) == FAILURE_THRESHOLD
    assert states() == ["failed"] * FAILURE_THRESHOLD + ["pending"]


def test_changes_are_not_folded_to_get_past_a_suspension(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_changes(cloud, inbox, 2)
        Endpoint("ci").update(
            actions=[Endpoint.suspended_until.set(2_000_000_000), Endpoint.failures.set(5)]
        )
        first = rows()[1]
        first.update(actions=[Delivery.give_up_at.set(time.time() - 1), Delivery.due_at.set(1)])

        retry(cloud.sweep())

    assert (versions(inbox), states()[-1]) == ("12", "pending")


def test_a_suspended_endpoint_with_nothing_due_is_left_in_peace_until_something_is(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        cloud.messages()
        Endpoint("ci").update(actions=[Endpoint.suspended_until.set(1)])
        for row in rows():
            row.update(actions=[Delivery.due_at.set(round(time.time() + 3600, 3))])
        left_before = messages_left()

        answer = retry([retry_message(None)])

    assert (answer, len(inbox.received)) == (FINE, FAILURE_THRESHOLD)
    assert (messages_left() - left_before, cloud.sweep()) == (0, [])


def test_what_falls_due_at_a_suspended_endpoint_is_probed_though_its_pause_was_over_before(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        Endpoint("ci").update(actions=[Endpoint.suspended_until.set(1)])
        inbox.status = 204
        retry([retry_message(None)])
        nothing = len(inbox.received)

        cloud.make_due()
        retry(cloud.sweep())

    assert nothing == FAILURE_THRESHOLD
    assert (states(), Endpoint.get("ci").breaker) == (
        ["delivered"] * FAILURE_THRESHOLD,
        BreakerState(),
    )


def test_a_call_for_a_lane_of_a_suspended_endpoint_does_not_get_past_its_pause(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        for row in rows():
            row.update(actions=[Delivery.due_at.set(row.created_at)])

        answer = retry(
            [retry_message(row.ordering_key, message_id=row.ordering_key) for row in rows()]
        )

    assert (answer, len(inbox.received)) == (FINE, FAILURE_THRESHOLD)


def test_an_endpoint_that_fails_again_as_it_comes_back_is_suspended_for_the_shortest_pause(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud, 8)
        age(5000)
        inbox.before_answer = lambda: setattr(
            inbox, "status", 204 if len(inbox.received) == 8 + 1 else 500
        )
        begun_at = time.time()

        cloud.retry_due()

    after, shortest = Endpoint.get("ci").breaker, CONFIG.retry_delays[0]
    assert len(inbox.received) == 8 + 1 + 2
    assert begun_at + shortest <= (after.suspended_until or 0) <= time.time() + shortest
    assert (after.failures, after.half_open_limit) == (2, 1)


def test_a_step_that_somebody_has_taken_is_nobody_elses_until_its_lease_is_over(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        suspend(cloud)
        cloud.make_due()
        one, other = Endpoint.get("ci"), Endpoint.get("ci")
        now = time.time()

        held = (
            circuit_breaker.acquire_probe(one, now, 5),
            circuit_breaker.acquire_probe(other, now, 5),
        )
        retry([retry_message(None)])

    assert (held, len(inbox.received)) == ((True, False), FAILURE_THRESHOLD)
    assert Endpoint.get("ci").suspended_until == round(
        now + CONFIG.retry_timeout + circuit_breaker.LEASE_MARGIN, 3
    )
