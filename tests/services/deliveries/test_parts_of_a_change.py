"""Closed, reopened, moved, assigned: events of a change beside `task.modified`, for who asks."""

import json

import pytest

from chalicelib.domain.formats import FORMATS, body_of
from chalicelib.services.deliveries import delivery_log, redelivery
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, moving
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import ALL, recorded_history, rows, states, subscribe
from tests.support.event_objects import task_event
from tests.support.receivers import Inbox

PARTS = ["task.moved", "task.assigned", "task.closed", "task.reopened"]


def told(inbox):
    """Return the types of what has arrived, in order."""
    return [post.headers["X-Taskhook-Event"] for post in inbox.received]


def ids(inbox):
    return [post.headers["webhook-id"] for post in inbox.received]


def reassigned_and_closed():
    """Create a task, then change its title and owner, move and close it, in one write."""
    task_id = lifecycle.create_task({"title": "x"})
    fields = {"title": "y", "owner_id": 1, "column_id": 2, "is_active": 0, "date_completed": 5}
    lifecycle.change_task(task_id, lambda _: fields)
    return task_id


def test_an_endpoint_that_does_not_ask_for_them_gets_none(cloud):
    with Inbox() as seed, Inbox() as all_of_them:
        subscribe(seed.url, "seed", event_types=[])
        subscribe(all_of_them.url)
        reassigned_and_closed()
        cloud.pump()

    assert told(seed) == told(all_of_them) == ["task.created", "task.modified"]


def test_the_events_of_one_change_share_its_id_and_come_in_their_order(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=[*ALL, *PARTS])
        reassigned_and_closed()
        cloud.pump()

    changed = ids(inbox)[1]
    assert told(inbox) == [
        "task.created",
        "task.modified",
        "task.moved",
        "task.assigned",
        "task.closed",
    ]
    assert ids(inbox)[2:] == [f"{changed}.moved", f"{changed}.assigned", f"{changed}.closed"]
    assert {post.headers["X-Taskhook-Task-Version"] for post in inbox.received[1:]} == {"2"}
    assert states() == ["delivered"] * 5


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lifecycle.close_task, "task.closed"),
        (lambda task_id: lifecycle.close_task(task_id) and lifecycle.reopen_task(task_id), None),
        (lambda task_id: moving.move_task(task_id, 3, 1), "task.moved"),
        (lambda task_id: lifecycle.update_task(task_id, {"owner_id": "1"}), "task.assigned"),
        (lambda task_id: lifecycle.update_task(task_id, {"title": "y"}), "none"),
    ],
    ids=["closed", "reopened", "moved", "assigned", "renamed"],
)
def test_each_of_them_is_told_alone_to_who_wants_it_alone(cloud, change, wanted):
    expected = {None: ["task.closed", "task.reopened"], "none": []}.get(wanted, [wanted])
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=PARTS)
        change(lifecycle.create_task({"title": "x"}))
        cloud.pump()

    assert told(inbox) == expected


def test_a_move_to_another_project_is_a_move(cloud):
    other = projects.add_project("Other")
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=PARTS)
        task_id = lifecycle.create_task({"title": "x"})
        moving.move_to_project(task_id, {"project_id": str(other.id)})
        cloud.pump()

    assert told(inbox) == ["task.moved"]
    assert rows()[0].event["project"]["name"] == "Other"


@pytest.mark.parametrize("body_format", ["kanboard", "standard", "cloudevents"])
def test_their_bodies_are_those_of_the_modification_under_their_own_type(cloud, body_format):
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=["task.modified", *PARTS], body_format=body_format)
        reassigned_and_closed()
        cloud.pump()

    whole, *parts = [json.loads(post.body) for post in inbox.received]
    own = {"type", "id"} & whole.keys()
    assert [{name: body.pop(name) for name in own} for body in parts] == [
        {name: post.headers[header] for name, header in _OWN.items() if name in own}
        for post in inbox.received[1:]
    ]
    assert all(body == {n: v for n, v in whole.items() if n not in own} for body in parts)


_OWN = {"type": "X-Taskhook-Event", "id": "webhook-id"}


@pytest.mark.parametrize("event_type", PARTS)
@pytest.mark.parametrize("body_format", sorted(set(FORMATS) - {"custom"}))
def test_every_format_has_a_body_for_each_of_them(body_format, event_type):
    event = task_event(event_type, changes={"is_active": [1, 0], "owner_id": [0, 2]})

    assert json.loads(body_of(event, body_format))


def test_changes_are_not_coalesced_over_another_event_that_waits_between(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url, event_types=[*ALL, "task.closed"])
        task_id = lifecycle.create_task({"title": "1"})
        cloud.pump()
        for title in ("2", "3"):
            lifecycle.update_task(task_id, {"title": title})
        lifecycle.close_task(task_id)
        for title in ("4", "5"):
            lifecycle.update_task(task_id, {"title": title})
        cloud.pump()
        inbox.status = 204
        cloud.retry_due()

    received = inbox.received[1:]
    assert [post.headers["X-Taskhook-Event"] for post in received] == [
        "task.created",
        "task.modified",
        "task.closed",
        "task.modified",
    ]
    changes = [json.loads(post.body).get("changes", {}) for post in received]
    assert [one.get("title") for one in changes] == [None, ["1", "3"], None, ["3", "5"]]
    assert [one.get("is_active") for one in changes] == [None, [1, 0], [1, 0], None]


def test_parts_wait_behind_the_modification_that_fails(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url, event_types=[*ALL, *PARTS])
        reassigned_and_closed()
        cloud.pump()
        failed = told(inbox)
        inbox.status = 204
        cloud.retry_due()

    assert failed == ["task.created"]
    assert told(inbox)[1:] == [
        "task.created",
        "task.modified",
        "task.moved",
        "task.assigned",
        "task.closed",
    ]


def test_a_repeat_sends_no_part_twice(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=[*ALL, *PARTS])
        reassigned_and_closed()
        records = cloud.records()
        for record in records:
            record["dynamodb"]["ApproximateCreationDateTime"] -= 100

        dispatch(records)
        dispatch(records)

    assert len(inbox.received) == 5


def test_a_part_has_an_id_by_which_it_is_found_and_sent_again(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=PARTS)
        reassigned_and_closed()
        cloud.pump()
        closed = rows()[-1]

        found = delivery_log.find_delivery(closed.id)
        redelivery.send_again(closed.id)
        retry(cloud.messages())

    assert (found.id, found.event_type) == (closed.id, "task.closed")
    assert told(inbox) == ["task.moved", "task.assigned", "task.closed", "task.closed"]


def test_the_history_of_a_task_has_each_change_once(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, event_types=PARTS)
        task_id = reassigned_and_closed()
        cloud.pump()

    assert recorded_history(task_id) == ["task.created", "task.modified"]
