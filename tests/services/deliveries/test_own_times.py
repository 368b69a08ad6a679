"""Timeouts and delays of an endpoint's own: kept, and paid for by nobody else."""

import threading
import time

import pytest

from chalicelib.config import CONFIG
from chalicelib.domain.errors import Refused
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import retry
from tests.support.deliveries import rows, states, subscribe, task_of_version
from tests.support.receivers import Inbox, Peer, stay_silent

URL = "http://127.0.0.1:9/"


def test_an_endpoint_without_delays_is_called_once(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", retry_delays=[])
        task_of_version(1)
        cloud.pump()

    [row] = rows()
    assert (row.status, row.outcome, len(inbox.received)) == ("failed", "500", 1)
    assert endpoints.find_endpoint("ci").endpoint.breaker.failures == 1


def test_an_endpoint_is_called_again_after_its_own_delays(cloud):
    begun_at = time.time()
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", retry_delays="[4000, 2]")
        task_of_version(1)
        cloud.pump()
        due_at = rows()[0].due_at
        for _ in range(3):
            cloud.retry_due()

    assert begun_at + 4000 <= due_at <= time.time() + 4000
    assert (states(), len(inbox.received)) == (["failed"], 3)


def test_an_endpoint_without_delays_that_fails_is_suspended_as_any_other(cloud):
    begun_at = time.time()
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", retry_delays=[])
        for _ in range(5):
            task_of_version(1)
        cloud.pump()

    until = endpoints.find_endpoint("ci").endpoint.suspended_until
    assert until >= begun_at + CONFIG.retry_delays[0]


@pytest.mark.parametrize(
    ("field", "value", "takes"),
    [
        ("retry_delays", [0.5], "takes up to 20 numbers of 1 to 86,400"),
        ("retry_delays", [86_401], "takes up to 20 numbers of 1 to 86,400"),
        ("retry_delays", [1] * 21, "takes up to 20 numbers of 1 to 86,400"),
        ("retry_delays", "5, 30", "takes a list of numbers, such as [5, 30, 300]"),
        ("timeout", 0.05, "takes 0.1 to 10"),
        ("timeout", "10.5", "takes 0.1 to 10"),
        ("timeout", True, "takes a number"),
    ],
)
@pytest.mark.usefixtures("cloud")
def test_times_that_no_endpoint_may_have_are_refused(field, value, takes):
    with pytest.raises(Refused) as refusal:
        endpoints.add_endpoint(URL, **{field: value})

    assert refusal.value.reasons == {field: takes}


def test_an_attempt_takes_no_longer_than_its_endpoint_allows(cloud):
    with Peer(stay_silent) as peer:
        subscribe(f"http://127.0.0.1:{peer.port}/")
        endpoints.change_endpoint("ci", timeout=0.3)
        task_of_version(1)
        cloud.pump()

    [row] = rows()
    assert row.outcome == "no answer within 0.3 s: connected, nothing sent back"


@pytest.mark.usefixtures("cloud")
def test_a_retry_has_the_longer_of_two_times():
    added = [endpoints.add_endpoint(URL, timeout=timeout) for timeout in (None, 0.3, 9)]

    assert [effective.first_timeout(endpoint) for endpoint in added] == [1, 0.3, 9]
    assert [effective.retry_timeout(endpoint) for endpoint in added] == [5, 5, 9]


def test_an_endpoint_that_may_take_long_is_called_from_the_queue_alone(cloud):
    with Inbox() as inbox, Inbox() as quick:
        subscribe(inbox.url)
        subscribe(quick.url, "quick")
        endpoints.change_endpoint("ci", timeout=1.5)
        task_of_version(1)
        cloud.pump()
        at_first = [len(receiver.received) for receiver in (inbox, quick)]
        retry(cloud.messages())

    assert at_first == [0, 1]
    assert (states(), len(inbox.received)) == (["delivered"], 1)


def test_no_more_than_eight_wait_at_once_for_an_endpoint_that_may_take_long(cloud):
    met, under_way, most = threading.Barrier(8, timeout=30), set(), []

    def wait_for_seven_others():
        under_way.add(threading.get_ident())
        most.append(len(under_way))
        met.wait()
        under_way.discard(threading.get_ident())

    with Inbox() as inbox:
        inbox.before_answer = wait_for_seven_others
        subscribe(inbox.url)
        endpoints.change_endpoint("ci", timeout=10)
        for _ in range(16):
            lifecycle.create_task({"title": "x"})
        cloud.pump()
        retry(cloud.messages())

    assert states() == ["delivered"] * 16
    assert max(most) == 8
