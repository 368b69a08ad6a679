"""The pace of an endpoint: kept by all who send, and noticed by nobody else."""

import threading
import time

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.deliveries import monitoring, pinging, redelivery, retrying
from chalicelib.services.deliveries.pacing import Turns
from chalicelib.services.deliveries.redelivery import ReplayRequest
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support import aws_faults
from tests.support.cloud import retry
from tests.support.deliveries import (
    messages_left,
    metrics_told,
    retry_message,
    rows,
    states,
    subscribe,
    task_of_version,
)
from tests.support.receivers import Inbox

ALL_OF_IT = [retry_message(None)]

AT_MOST = 12
"""Attempts that may arrive within a second at a pace of 10: those at its two ends count."""


class Watch(Inbox):
    """Knows by how many seconds this machine was late at most while it received."""

    def __init__(self):
        super().__init__()
        self.late, self._is_over = 0.0, threading.Event()
        self._sleeper = threading.Thread(target=self._sleep)

    def __enter__(self):
        """Serve."""
        self._sleeper.start()
        return super().__enter__()

    def __exit__(self, *error):
        """Stop."""
        self._is_over.set()
        self._sleeper.join()
        super().__exit__(*error)

    def _sleep(self):
        begun = time.monotonic()
        while not self._is_over.wait(0.02):
            now = time.monotonic()
            self.late, begun = max(self.late, now - begun - 0.02), now


@pytest.fixture
def inbox(cloud):  # noqa: ARG001 -- the tables must be there first
    with Watch() as receiver:
        subscribe(receiver.url)
        yield receiver


def wait_for_pace(cloud, count, per_second):
    """Have so many deliveries wait for an endpoint with a pace."""
    endpoints.change_endpoint("ci", per_second=per_second)
    for _ in range(count):
        lifecycle.create_task({"title": "x"})
    cloud.pump()
    cloud.messages()


def assert_pace_of_ten(inbox):
    """Look at each second, wherever it begins.

    Attempts arrive closer together where the machine has let the first of them wait.
    """
    times = sorted(post.at for post in inbox.received)
    most = max(sum(begin <= at < begin + 1 for at in times) for begin in times)
    assert most <= AT_MOST + 20 * inbox.late


def pace_is_over():
    """Let the slots that are taken be over."""
    Endpoint("ci").update(actions=[Endpoint.paced_until.set(round(time.time() - 1, 3))])


def test_what_is_over_the_pace_arrives_spread_evenly(cloud, inbox):
    wait_for_pace(cloud, 18, 10)

    assert inbox.received == []
    retry(ALL_OF_IT)
    assert states() == ["delivered"] * 18
    assert_pace_of_ten(inbox)


@pytest.mark.usefixtures("inbox")
def test_a_clock_that_is_ahead_stops_no_endpoint(cloud):
    wait_for_pace(cloud, 2, 10)
    Endpoint("ci").update(actions=[Endpoint.paced_until.set(round(time.time() + 3600, 3))])

    retry(ALL_OF_IT)

    assert states() == ["delivered"] * 2


def test_two_processes_that_send_at_once_share_the_pace(cloud, inbox):
    wait_for_pace(cloud, 18, 10)

    threads = [threading.Thread(target=retry, args=(ALL_OF_IT,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states() == ["delivered"] * 18
    assert_pace_of_ten(inbox)


def test_of_two_that_take_slots_at_the_same_moment_one_gets_them(inbox):  # noqa: ARG001 -- it has the pace
    endpoints.change_endpoint("ci", per_second=10)
    one, other = (Turns(endpoints.find_endpoint("ci").endpoint) for _ in range(2))

    first, beside, next_ones = one.take(5), other.take(5), other.take(5)

    assert (len(first), beside, len(next_ones)) == (5, (), 5)
    assert next_ones[0] == pytest.approx(first[-1] + 0.1, abs=1e-3)


def test_a_pace_costs_no_write_of_the_endpoint_for_each_attempt(cloud, inbox):
    wait_for_pace(cloud, 60, 60)

    with aws_faults.listening() as calls:
        retry(ALL_OF_IT)

    taken = [call for call in calls if "paced_until" in str(call)]
    assert len(inbox.received) == 60
    assert len(taken) < 15


def test_another_endpoint_does_not_wait_for_the_pace(cloud, inbox):
    with Inbox() as other:
        subscribe(other.url, "other")
        wait_for_pace(cloud, 5, 0.01)
        retry([*ALL_OF_IT, retry_message(None, "other", "b")])

    assert (len(other.received), len(inbox.received)) == (5, 1)


def test_nineteen_neighbours_get_all_while_a_paced_endpoint_is_called(cloud, inbox):
    is_over = threading.Event()
    inbox.before_answer = is_over.wait
    with Inbox() as others:
        for number in range(19):
            subscribe(f"{others.url}{number}", f"neighbour-{number}")
        wait_for_pace(cloud, 3, 0.01)
        before = len(inbox.received), len(others.received)
        sender = threading.Thread(target=retry, args=(ALL_OF_IT,))
        sender.start()
        inbox.wait_for(1)
        lifecycle.create_task({"title": "the last"})
        cloud.pump()
        beside = len(inbox.received), len(others.received)
        is_over.set()
        sender.join()

    assert (before, beside) == ((0, 3 * 19), (1, 4 * 19))
    assert len({post.path for post in others.received[-19:]}) == 19


def test_a_slow_pace_leaves_one_message_for_its_next_slot(cloud, inbox):
    wait_for_pace(cloud, 3, 0.01)

    retry(ALL_OF_IT)
    after_the_first = len(inbox.received), messages_left()
    retry(ALL_OF_IT)
    retry(ALL_OF_IT)

    assert after_the_first == (1, 1)
    assert (len(inbox.received), messages_left()) == (1, 1)
    pace_is_over()
    retry(ALL_OF_IT)
    assert len(inbox.received) == 2


def test_what_comes_while_another_sends_is_looked_for_again(cloud, inbox):
    wait_for_pace(cloud, 1, 2)
    retry(ALL_OF_IT)
    wait_for_pace(cloud, 1, 2)

    at_first, give_up_at = len(inbox.received), time.monotonic() + 30
    while "pending" in states() and time.monotonic() < give_up_at:
        retry(cloud.messages())  # the one that was left for the time after the last slot
        time.sleep(0.02)

    assert at_first == 1
    assert states() == ["delivered"] * 2


def test_one_process_takes_over_from_another_at_the_same_pace(cloud, inbox, monkeypatch):
    monkeypatch.setattr(retrying, "TIME_TO_WORK", 0.5)
    wait_for_pace(cloud, 18, 10)
    handed_over, batches, threads = 0, [ALL_OF_IT], []

    give_up_at = time.monotonic() + 60
    while "pending" in states() and time.monotonic() < give_up_at:
        batches.append(cloud.messages())
        for batch in filter(None, batches):
            handed_over += sum("takes_over" in message["body"] for message in batch)
            threads.append(threading.Thread(target=retry, args=(batch,)))
            threads[-1].start()
        batches = []
        time.sleep(0.02)
    for thread in threads:
        thread.join()

    assert states() == ["delivered"] * 18
    assert handed_over >= 1
    assert_pace_of_ten(inbox)


def test_the_events_of_one_task_go_out_one_after_the_other(cloud, inbox):
    endpoints.change_endpoint("ci", per_second=50)
    task_of_version(2)
    removal.remove_task(1)
    cloud.pump()
    cloud.messages()

    retry(ALL_OF_IT)

    told = [post.headers["X-Taskhook-Event"] for post in inbox.received]
    assert told == ["task.created", "task.modified", "task.removed"]


def test_retries_and_replays_count(cloud, inbox):
    wait_for_pace(cloud, 7, 10)
    inbox.status = 500
    retry(ALL_OF_IT)
    inbox.status = 204
    pace_is_over()
    cloud.make_due()
    endpoints.set_active("ci", is_active=True)  # five failures have suspended it
    retry(ALL_OF_IT)
    redelivery.replay(ReplayRequest("ci", 0, time.time() + 60))
    retry(ALL_OF_IT)

    assert states() == ["delivered"] * 7
    assert len(inbox.received) >= 19
    assert_pace_of_ten(inbox)


def test_a_test_neither_waits_for_the_pace_nor_counts(cloud, inbox):
    wait_for_pace(cloud, 2, 0.01)
    retry(ALL_OF_IT)
    until = endpoints.find_endpoint("ci").endpoint.paced_until

    pinging.ping("ci")

    assert len(inbox.received) == 2
    assert endpoints.find_endpoint("ci").endpoint.paced_until == until


def test_what_waits_for_the_pace_goes_on_being_coalesced(cloud, inbox):
    wait_for_pace(cloud, 1, 0.01)
    retry(ALL_OF_IT)
    for title in ("2", "3", "4"):
        lifecycle.update_task(1, {"title": title})
        cloud.pump()
    pace_is_over()
    retry(ALL_OF_IT)

    assert states() == ["delivered", "superseded", "superseded", "delivered"]
    assert len(inbox.received) == 2


def test_waiting_for_the_pace_is_neither_a_failure_nor_an_age(cloud, inbox, caplog):
    wait_for_pace(cloud, 3, 0.01)
    retry(ALL_OF_IT)
    for row in rows():
        if row.due_at:
            row.update(actions=[type(row).due_at.set(1000)])
    caplog.clear()

    cloud.sweep()

    told = [line["OldestDueSeconds"] for line in metrics_told(caplog) if "OldestDueSeconds" in line]
    assert told == [0]
    [reading] = monitoring.READINGS.get()
    assert reading.backlog == monitoring.Backlog(waiting=2, oldest_due_s=0)
    assert len(inbox.received) == 1
    assert endpoints.find_endpoint("ci").endpoint.breaker.failures == 0
    assert [row.tries for row in rows()].count(0) == 2


def test_what_nobody_sends_any_more_has_an_age(cloud, inbox, caplog):  # noqa: ARG001 -- it receives
    wait_for_pace(cloud, 1, 1)
    rows()[0].update(actions=[type(rows()[0]).due_at.set(1000)])
    pace_is_over()

    cloud.sweep()

    told = [line["OldestDueSeconds"] for line in metrics_told(caplog) if "OldestDueSeconds" in line]
    assert len(told) == 1
    assert 1 <= told[0] < 60


def test_a_suspended_endpoint_comes_back_at_its_pace(cloud, inbox):
    wait_for_pace(cloud, 20, 10)
    inbox.status = 500
    retry(ALL_OF_IT)
    failed = len(inbox.received)
    inbox.status = 204
    pace_is_over()
    cloud.make_due()
    retry(ALL_OF_IT)

    assert 5 <= failed <= 20
    assert endpoints.find_endpoint("ci").endpoint.suspended_until is None
    assert states() == ["delivered"] * 20
    assert_pace_of_ten(inbox)


def test_an_endpoint_that_asks_for_no_more_is_called_no_more(cloud, inbox):
    wait_for_pace(cloud, 10, 5)
    inbox.status = 410
    retry(ALL_OF_IT)
    cloud.messages()
    retry(ALL_OF_IT)
    retry(cloud.messages())

    assert len(inbox.received) <= 3
    assert set(states()) == {"failed"}


def test_an_endpoint_of_a_chat_has_its_own_pace(cloud):
    with Watch() as inbox:
        endpoints.add_endpoint(inbox.url + "services/T/B/x", (), "slack", "ci")
        task_of_version(1)
        task_of_version(1)
        cloud.pump()
        retry(cloud.messages())
        retry(ALL_OF_IT)

    times = [post.at for post in inbox.received]
    assert len(times) == 2
    assert times[1] - times[0] >= 0.9 - inbox.late
