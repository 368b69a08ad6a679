"""Dispatch at its edges: in parallel, to the letter, too large or unreadable."""

import json
import logging
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import __version__
from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint, Task
from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import delivery_log, pinging, saving, under_way
from chalicelib.services.deliveries.delivery_details import body_of
from chalicelib.services.endpoints import effective, endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support import aws_faults
from tests.support.cloud import TOKEN, dispatch
from tests.support.deliveries import logged, subscribe
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox

pytestmark = pytest.mark.usefixtures("cloud")
ALL = ["task.created", "task.modified", "task.removed"]
CLOSED_PORT = "http://127.0.0.1:9/"


def test_the_request_is_made_of_these_headers_and_no_others(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "Größe"})
        [record] = cloud.records()
        begun = int(time.time())

        dispatch([record])

    [received] = inbox.received
    headers = dict(received.headers)
    assert begun <= int(headers.pop("webhook-timestamp")) <= time.time()
    assert headers.pop("webhook-signature").startswith("v1,")
    assert headers == {
        "Host": f"127.0.0.1:{inbox.server_port}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(received.body)),
        "Content-Type": "application/json",
        "User-Agent": f"Taskhook/{__version__}",
        "X-Taskhook-Event": "task.created",
        "X-Taskhook-Attempt": "1",
        "X-Taskhook-Task-Version": "1",
        "webhook-id": f"evt_{record['eventID']}",
    }


@pytest.mark.parametrize(
    ("configured", "called"),
    [
        ("", f"/?token={TOKEN}"),
        ("a/b?x=1&y", f"/a/b?x=1&y&token={TOKEN}"),
        ("hook#part", f"/hook?token={TOKEN}"),
        ("hook?x=1#part?y=2", f"/hook?x=1&token={TOKEN}"),
        ("hook?token=theirs", f"/hook?token=theirs&token={TOKEN}"),
    ],
)
def test_the_token_is_added_after_an_existing_query_and_a_fragment_is_dropped(
    cloud, configured, called
):
    with Inbox() as inbox:
        subscribe(inbox.url + configured)
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [received.path for received in inbox.received] == [called]


def test_a_rotated_token_is_sent_at_once(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        token = settings.rotate_webhook_token()

        cloud.pump()

    assert [received.path for received in inbox.received] == [f"/?token={token}"]


def test_tasks_go_side_by_side_to_one_endpoint_each_in_its_own_order(cloud):
    """The first events are answered only when all of them have arrived."""
    tasks = range(1, 9)
    with Inbox() as inbox:
        inbox.before_answer = lambda: inbox.wait_for(len(tasks), timeout=0.8)
        subscribe(inbox.url)
        for _ in tasks:
            lifecycle.create_task({"title": "x"})
        for task_id in tasks:
            lifecycle.close_task(task_id)
            removal.remove_task(task_id)

        cloud.pump()

    heard: dict[int, list[str]] = {task_id: [] for task_id in tasks}
    for received in inbox.received:
        heard[json.loads(received.body)["task_id"]].append(received.headers["X-Taskhook-Event"])
    assert heard == dict.fromkeys(tasks, ALL)
    assert {row.status for row in Delivery.scan()} == {"delivered"}


def test_who_does_not_answer_keeps_nobodys_record_back(cloud, monkeypatch):
    """One receiver answers only when the delivery to the other is recorded."""
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
    # On a busy machine the other one takes a while, too.
    monkeypatch.setattr(saving, "SLOW_MS", 3000)
    recorded = []
    with Inbox() as quick, Inbox() as slow:
        slow.before_answer = lambda: recorded.append(wait_until(lambda: list(Delivery.scan()), 10))
        subscribe(quick.url, "quick")
        subscribe(slow.url, "slow")
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    assert [[(row.endpoint_id, row.status) for row in rows] for rows in recorded] == [
        [("quick", "delivered")]
    ]
    assert {row.endpoint_id: row.status for row in Delivery.scan()} == {
        "quick": "delivered",
        "slow": "delivered",
    }


def test_an_endpoint_that_hangs_holds_up_no_more_calls_than_it_takes_to_suspend_it(
    cloud, monkeypatch
):
    """Its first POSTs are answered once a later event is left to the queue, without a POST."""
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
    answered = threading.Event()
    with Inbox() as inbox:
        inbox.before_answer = lambda: answered.wait(30)
        subscribe(inbox.url, "ci")
        with ThreadPoolExecutor(FAILURE_THRESHOLD) as calls:
            for number in range(FAILURE_THRESHOLD):
                lifecycle.create_task({"title": "x"})
                calls.submit(cloud.pump)
                inbox.wait_for(number + 1)
            wait_until(lambda: under_way.FIRST_ATTEMPTS_UNDER_WAY.is_hanging("ci"))
            later = lifecycle.create_task({"title": "later"})

            cloud.pump()

            [row] = Delivery.scan()
            left = row.task_id, row.status, row.tries, row.due_at > time.time()
            posted = len(inbox.received)
            answered.set()
        cloud.retry_due()

    assert (left, posted) == ((later, "pending", 0, True), FAILURE_THRESHOLD)
    assert [json.loads(post.body)["task_id"] for post in inbox.received[posted:]] == [later]
    assert {row.status for row in Delivery.scan()} == {"delivered"}


def test_what_was_delivered_is_recorded_while_others_of_its_batch_are_under_way(cloud, monkeypatch):
    """The last task's POST is answered only when the other deliveries are recorded."""
    monkeypatch.setattr(effective, "CONFIG", replace(CONFIG, delivery_timeout=60))
    monkeypatch.setattr(saving, "SLOW_MS", 60_000)
    others = saving.GROUP
    recorded = []

    class Last(Inbox):
        def reply_to(self, received):
            if json.loads(received.body)["title"] == "last":
                wait_until(lambda: len(list(Delivery.scan())) == others, 30)
                recorded.append([row.status for row in Delivery.scan()])
            return super().reply_to(received)

    with Last() as inbox:
        subscribe(inbox.url)
        for title in ["last", *["x"] * others]:
            lifecycle.create_task({"title": title})

        cloud.pump()

    assert recorded == [["delivered"] * others]
    assert [row.status for row in Delivery.scan()] == ["delivered"] * (others + 1)
    assert len(inbox.received) == others + 1


def test_a_small_batch_is_recorded_in_one_call(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        for _ in range(saving.GROUP):
            lifecycle.create_task({"title": "x"})
        records = cloud.records()

        with aws_faults.listening() as calls:
            dispatch(records)

    assert [call.operation for call in calls].count("BatchWriteItem") == 1


def test_each_endpoint_hears_what_it_asked_for_and_an_inactive_one_nothing(cloud):
    with Inbox() as created, Inbox() as removed, Inbox() as off:
        subscribe(created.url, "created", event_types=["task.created"])
        subscribe(removed.url, "removed", event_types=["task.removed"])
        subscribe(off.url, "off")
        endpoints.set_active("off", is_active=False)
        task_id = lifecycle.create_task({"title": "x"})
        lifecycle.close_task(task_id)
        removal.remove_task(task_id)

        cloud.pump()

    heard = [
        [r.headers["X-Taskhook-Event"] for r in inbox.received] for inbox in (created, removed, off)
    ]
    assert heard == [["task.created"], ["task.removed"], []]


def test_a_change_that_no_body_shows_is_recorded_nowhere(cloud):
    subscribe(CLOSED_PORT)
    task_id = lifecycle.create_task({"title": "x"})
    cloud.records()
    Task(task_id).update(actions=[Task.version.set(5)])

    answer = cloud.pump()

    assert (answer, list(Delivery.scan())) == ({"batchItemFailures": []}, [])


@pytest.mark.parametrize("description", ["x" * 404_000, '"' * 404_000, "\N{PILE OF POO}" * 101_000])
def test_the_largest_tasks_arrive_whole_and_are_recorded(cloud, description):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x", "description": description})

        answer = cloud.pump()

    assert answer == {"batchItemFailures": []}
    assert [json.loads(received.body)["description"] for received in inbox.received] == [
        description
    ]
    assert [row.status for row in Delivery.scan()] == ["delivered"]


def test_a_change_of_a_large_description_shows_both(cloud):
    old, new = secrets.token_hex(95_000), secrets.token_hex(95_000)
    with Inbox() as inbox:
        subscribe(inbox.url)
        task_id = lifecycle.create_task({"title": "x", "description": old})
        lifecycle.update_task(task_id, {"description": new})

        answer = cloud.pump()

    assert answer == {"batchItemFailures": []}
    written = sorted(Delivery.scan(), key=lambda row: row.task_version)
    bodies = [body_of(row) for row in written]
    assert bodies == [json.loads(received.body) for received in inbox.received]
    assert bodies[1]["changes"]["description"] == [old, new]


def test_a_change_that_no_body_can_show_is_set_aside_and_logged(cloud, caplog):
    caplog.set_level(logging.INFO, "chalicelib")
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        lifecycle.create_task({"title": "y"})
        poison, fine = cloud.records()
        poison["dynamodb"]["NewImage"]["score"] = {"S": "high"}

        answer = dispatch([poison, fine])

    [set_aside] = logged(caplog, "set_aside")
    assert (answer, len(inbox.received)) == ({"batchItemFailures": []}, 1)
    assert set_aside["event_id"] == poison["eventID"]


def test_no_token_or_secret_is_logged_or_recorded(cloud, caplog):
    caplog.set_level(logging.DEBUG, "chalicelib")
    with Inbox(
        status=302, answer_headers={"Location": f"/?token={TOKEN}"}, answer=TOKEN.encode()
    ) as inbox:
        secret = subscribe(inbox.url).secret
        subscribe(f"{CLOSED_PORT}?x=1", "closed")
        lifecycle.create_task({"title": "x"})

        cloud.pump()

    recorded = json.dumps([row.attribute_values for row in Delivery.scan()], default=str)
    for told in (str([vars(record) for record in caplog.records]), recorded):
        assert "ci" in told
        assert TOKEN not in told
        assert secret not in told


def test_a_connection_refused_is_due_again(cloud):
    subscribe(CLOSED_PORT)
    lifecycle.create_task({"title": "x"})
    begun_at = time.time()

    cloud.pump()

    [row] = Delivery.scan()
    assert (row.status, row.outcome, len(row.attempts)) == (
        "pending",
        "connection refused by 127.0.0.1",
        1,
    )
    assert row.due_at >= begun_at + CONFIG.retry_delays[0]


def test_an_address_that_may_not_be_called_is_refused_when_sending_too(cloud):
    Endpoint("ci", url="http://10.0.0.1/").save()
    lifecycle.create_task({"title": "x"})

    cloud.pump()

    [row] = Delivery.scan()
    assert "private" in row.outcome


def test_a_ping_is_signed_sent_once_and_recorded():
    with Inbox(status=200) as inbox:
        subscribe(inbox.url)

        delivery = pinging.ping("ci")

    [received] = inbox.received
    assert (received.headers["X-Taskhook-Event"], received.body) == ("ping", b'{"ping":"ci"}')
    assert received.headers["webhook-signature"].startswith("v1,")
    assert delivery_log.find_delivery(delivery.id).status == "delivered"


def test_a_failed_ping_is_not_tried_again():
    subscribe(CLOSED_PORT)

    delivery = pinging.ping("ci")

    assert delivery.status == "failed"
    assert delivery.due_at is None


def test_an_endpoint_that_cannot_be_used_cannot_be_pinged():
    Endpoint("broken", url="ftp://example.com/").save()

    with pytest.raises(Refused):
        pinging.ping("broken")
    with pytest.raises(NotFound):
        pinging.ping("unknown")
