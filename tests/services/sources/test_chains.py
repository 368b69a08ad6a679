"""One Taskhook tells another: what is taken of it, how far it goes, and who is the author."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.endpoints import endpoints
from chalicelib.services.sources import payload_log
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import ALL, subscribe
from tests.support.inbound import add_source, came_of, outcome, send, tasks
from tests.support.receivers import Inbox


def told(hops=None):
    """Return the headers of a delivery of Taskhook."""
    return {"x-taskhook-event": "task.created"} | (
        {} if hops is None else {"x-taskhook-hops": hops}
    )


@pytest.mark.usefixtures("cloud")
def test_what_taskhook_sends_is_ignored_unless_the_source_takes_it():
    add_source()
    add_source("chain", from_taskhook=True)

    ignored, taken = (
        send({"title": "x"}, headers=told()),
        send({"title": "x"}, "chain", headers=told()),
    )
    uncounted = send({"title": "x"}, headers=told("0") | {"webhook-id": "0"})

    assert (came_of(ignored), came_of(taken)) == (outcome(ignored=1), outcome(created=[1]))
    assert came_of(uncounted) == outcome(ignored=1)
    [kept, _] = payload_log.list_payloads("ci")
    assert payload_log.find_payload(kept.id).outcomes[0].reason == (
        "comes from Taskhook, which this source does not take"
    )


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("hops", "is_taken"),
    [
        *[("0", True), ("1", True), ("5", True), ("6", False)],
        *[("006", False), ("999999", False), ("9" * 30, False), ("many", True)],
    ],
)
def test_a_chain_of_taskhooks_ends_after_five(hops, is_taken):
    add_source("chain", from_taskhook=True)

    answer = send({"title": "x"}, "chain", headers=told(hops))

    assert came_of(answer) == (outcome(created=[1]) if is_taken else outcome(ignored=1))


def test_a_delivery_says_how_many_taskhooks_its_change_has_passed(cloud):
    add_source("chain", from_taskhook=True)
    with Inbox() as inbox:
        subscribe(inbox.url)
        send({"title": "x", "key": 1}, "chain", headers=told("2"))
        send({"title": "y", "key": 1}, "chain", headers=told())
        send({"title": "z", "key": 1}, "chain")
        lifecycle.update_task(1, {"title": "by hand"})
        send({"key": 1, "closed": True}, "chain", headers=told("4"))
        cloud.pump()

    hops = [post.headers.get("X-Taskhook-Hops") for post in inbox.received]
    assert hops == ["3", "2", None, None, "5"]


def test_two_taskhooks_that_tell_each_other_come_to_an_end(cloud):
    add_source("chain", from_taskhook=True, key="`null`", task={"title": "{{ payload.title }}"})
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "round and round"})
        for _ in range(10):
            cloud.pump()
            post = inbox.received[-1]
            headers = {name.lower(): value for name, value in post.headers.items()}
            send(post.body, "chain", headers=headers)

    assert len(tasks()) == 1 + 5


def test_a_source_is_named_as_the_author(cloud):
    add_source()
    with Inbox() as inbox:
        endpoints.add_endpoint(inbox.url, ALL, "standard", "ci")
        send({"title": "x", "key": 1})
        lifecycle.update_task(1, {"title": "y"})
        send({"title": "z", "key": 1})
        cloud.pump()

    authors = [json.loads(post.body)["author"] for post in inbox.received]
    assert authors == ["source: ci", "application", "source: ci"]
    history = sorted(PastEvent.query(1), key=lambda row: row.sequence)
    assert [row.source for row in history] == ["source: ci", None, "source: ci"]
