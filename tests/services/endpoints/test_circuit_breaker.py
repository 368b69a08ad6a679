"""Endpoint health: disabled, given up while suspended, queued while slow."""

import logging
import time
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD, BreakerState, Tally
from chalicelib.services.deliveries import attempts
from chalicelib.services.endpoints import circuit_breaker, effective, endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.aws_faults import listening
from tests.support.cloud import retry
from tests.support.deliveries import (
    age,
    fail_first,
    logged,
    messages_left,
    rows,
    states,
    subscribe,
    task_of_version,
    versions,
)
from tests.support.receivers import Inbox

TOO_LONG = CONFIG.endpoint_disable_after


def test_an_endpoint_with_nothing_but_failures_for_too_long_is_disabled_and_it_is_told(
    cloud, caplog
):
    caplog.set_level(logging.INFO, "chalicelib")
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        age(TOO_LONG)

        cloud.retry_due()

    endpoint = endpoints.find_endpoint("ci").endpoint
    [event] = logged(caplog, "endpoint_disabled")
    assert not endpoint.is_active
    assert endpoint.disabled_reason == event["reason"]
    assert event["reason"].startswith("nothing but failures since 20")


def test_what_waits_for_an_endpoint_that_was_disabled_is_given_up_and_later_events_are_not_sent(
    cloud,
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox, 2)
        inbox.status = 500
        age(TOO_LONG)
        cloud.retry_due()
        inbox.status = 204
        lifecycle.create_task({"title": "x"})
        cloud.pump()

        cloud.retry_due()

    assert len(inbox.received) == 2
    assert [(row.status, row.outcome) for row in rows()] == [("failed", attempts.DISABLED)] * 2


def test_a_failure_seen_by_dispatch_disables_too(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        age(TOO_LONG)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert (Endpoint.get("ci").is_active, states()) == (False, ["pending", "pending"])


@pytest.mark.parametrize(
    ("by", "status"), [(TOO_LONG - 60, 500), (TOO_LONG, 204)], ids=["not long", "success"]
)
def test_an_endpoint_is_not_disabled_before_its_time_nor_after_a_success(cloud, by, status):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = status
        age(by)

        cloud.retry_due()

    endpoint = Endpoint.get("ci")
    assert (endpoint.is_active, endpoint.failing_since is None) == (True, status == 204)


def test_an_endpoint_that_is_enabled_again_begins_anew(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        fail_first(cloud, inbox)
        inbox.status = 500
        age(TOO_LONG)
        cloud.retry_due()
        inbox.status = 204

        endpoints.set_active("ci", is_active=True)
        cloud.retry_due()

    endpoint = Endpoint.get("ci")
    assert endpoint.disabled_reason is None
    assert (endpoint.is_active, endpoint.breaker) == (True, BreakerState())
    assert states() == ["delivered"]


def answer_slowly_once(cloud, inbox):
    inbox.before_answer = lambda: time.sleep(0.55)
    lifecycle.create_task({"title": "x"})
    with pytest.MonkeyPatch.context() as patient:
        # Slow, but never too slow.
        patient.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
        cloud.pump()
    inbox.before_answer = lambda: None


def test_an_endpoint_that_is_slow_time_after_time_is_called_through_the_queue_until_it_is_quick(
    cloud,
):
    with Inbox() as inbox:
        subscribe(inbox.url)
        Endpoint("ci").update(actions=[Endpoint.slow_answers.set(FAILURE_THRESHOLD - 1)])
        answer_slowly_once(cloud, inbox)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        through_the_queue = states()

        retry(cloud.messages())
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    assert through_the_queue == ["delivered", "pending"]
    assert (states(), messages_left(), len(inbox.received)) == (["delivered"] * 3, 0, 3)


def test_slow_answers_are_counted_until_a_quick_one_forgives_them(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        counts = []
        for _ in range(2):
            answer_slowly_once(cloud, inbox)
            counts.append(Endpoint.get("ci").slow_answers)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert ([*counts, Endpoint.get("ci").slow_answers], states()) == (
        [1, 2, None],
        ["delivered"] * 3,
    )


@pytest.mark.usefixtures("cloud")
def test_who_has_waited_for_an_answer_reads_what_others_have_noted_before_it_notes_its_own():
    subscribe("https://example.com/")
    read_before = Endpoint.get("ci")
    Endpoint("ci").update(
        actions=[Endpoint.failures.set(2), Endpoint.failing_since.set(round(time.time()))]
    )

    with listening() as calls:
        circuit_breaker.note_attempts(read_before, Tally(failures=1, slow=1))

    assert [call.operation for call in calls] == ["GetItem", "UpdateItem"]
    assert Endpoint.get("ci").failures == 3


def test_the_events_of_a_slow_endpoint_keep_their_order_in_the_queue(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        Endpoint("ci").update(actions=[Endpoint.slow_answers.set(FAILURE_THRESHOLD)])
        task_of_version(1)
        lifecycle.close_task(1)
        removal.remove_task(1)
        cloud.pump()

        retry(cloud.messages())

    assert (versions(inbox), states()) == ("123", ["delivered"] * 3)
