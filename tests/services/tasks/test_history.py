"""What has happened is recorded, whether or not anybody listens."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent, Task
from chalicelib.config import CONFIG
from chalicelib.services.projects import projects
from chalicelib.services.tasks import history, lifecycle, removal
from tests.support.aws_faults import DELIVERIES, EVENTS, timed_out, wrong
from tests.support.cloud import dispatch
from tests.support.deliveries import FINE, seen, states, subscribe
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox


def recorded():
    return sorted(PastEvent.scan(), key=lambda event: event.sequence)


def test_an_event_is_recorded_where_there_is_no_endpoint(cloud):
    task_id = lifecycle.create_task({"title": "Buy milk"}, author=1)
    [record] = records = cloud.records()

    dispatch(records)

    [event] = recorded()
    happened_at = int(record["dynamodb"]["ApproximateCreationDateTime"])
    task = json.loads(event.task)
    assert event.attribute_values == {
        "task_id": task_id,
        "sequence": record["dynamodb"]["SequenceNumber"].zfill(40),
        "event_id": f"evt_{record['eventID']}",
        "event_type": "task.created",
        "project_id": 1,
        "happened_at": happened_at,
        "author": 1,
        "task": event.task,
        "expires_at": happened_at + CONFIG.delivery_retention,
    }
    assert "changes" not in task
    assert (task["title"], task["creator_id"]) == ("Buy milk", 1)


def test_each_event_says_who_did_it(cloud):
    task_id = lifecycle.create_task({"title": "1"})
    lifecycle.update_task(task_id, {"title": "2"}, author=1)
    Task(task_id).update(actions=[Task.title.set("by hand")])
    lifecycle.close_task(task_id)
    removal.remove_task(task_id, author=1)

    cloud.pump()

    types = ["task.created", *["task.modified"] * 3, "task.removed"]
    assert [(event.event_type, event.author) for event in recorded()] == list(
        zip(types, [None, 1, None, None, 1], strict=True)
    )


def test_a_change_is_recorded_with_what_was_and_what_is(cloud):
    task_id = lifecycle.create_task({"title": "old"})
    lifecycle.update_task(task_id, {"title": "new", "color_id": "red"})

    cloud.pump()

    task = json.loads(recorded()[1].task)
    changed = {name: task["changes"][name] for name in ("title", "color_id")}
    assert (task["title"], changed) == (
        "new",
        {"title": ["old", "new"], "color_id": ["blue", "red"]},
    )


def test_long_texts_are_cut(cloud):
    whole, long, longer = "x" * 1000, "y" * 1001, "z" * 300_000
    task_id = lifecycle.create_task({"title": "1", "description": whole})
    for description in (long, longer):
        lifecycle.update_task(task_id, {"description": description})

    cloud.pump()

    first, second, third = (json.loads(event.task) for event in recorded())
    assert first["description"] == whole
    assert second["changes"]["description"] == [whole, "y" * 999 + "…"]
    assert third["changes"]["description"] == ["y" * 999 + "…", "z" * 999 + "…"]
    assert third["description"] == "z" * 999 + "…"


def test_a_repeated_batch_writes_the_same_rows(cloud):
    lifecycle.create_task({"title": "1"})
    removal.remove_task(lifecycle.create_task({"title": "2"}))
    records = cloud.records()
    dispatch(records)
    first = [event.attribute_values for event in recorded()]

    dispatch(records)

    assert [event.attribute_values for event in recorded()] == first
    assert len(first) == 3


def test_more_events_than_one_write_takes_are_all_recorded(cloud):
    ids = [lifecycle.create_task({"title": "x"}) for _ in range(60)]

    cloud.pump()

    assert [event.task_id for event in recorded()] == ids


def test_a_change_that_nobody_hears_of_is_not_recorded(cloud):
    task_id = lifecycle.create_task({"title": "1"})
    cloud.pump()
    Task(task_id).update(actions=[Task.version.add(1)])

    cloud.pump()

    assert [event.event_type for event in recorded()] == ["task.created"]


def test_where_the_record_cannot_be_written_it_is_set_aside_and_nobody_is_called_twice(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "1"})

        with wrong("BatchWriteItem", timed_out, EVENTS):
            answer = cloud.pump()

    [aside] = cloud.set_aside()
    assert (answer, len(seen(inbox)), states(), recorded()) == (FINE, 1, ["delivered"], [])
    assert (aside["kind"], aside["task_id"], aside["content"]["event_type"]) == (
        "event",
        1,
        "task.created",
    )


def test_where_the_store_is_away_the_repeat_writes_the_record_and_nothing_is_set_aside(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "1"})
        records = cloud.records()

        with (
            wrong("BatchWriteItem", timed_out, EVENTS) as lost,
            wrong("BatchWriteItem", timed_out, DELIVERIES),
        ):
            refused = dispatch(records)
            wait_until(lambda: len(lost.calls) == 3)
        answer = dispatch(records)

    [first] = refused["batchItemFailures"]
    assert first["itemIdentifier"] == records[0]["dynamodb"]["SequenceNumber"]
    assert (answer, len(seen(inbox))) == (FINE, 1)
    assert ([event.task_id for event in recorded()], cloud.set_aside()) == ([1], [])


@pytest.mark.parametrize(
    ("project_ids", "limit", "titles"),
    [
        ([1, 2], 9, "dcba"),
        ([1, 2], 3, "dcb"),
        ([1], 9, "ca"),
        ([2, 2], 9, "db"),
        ([9], 9, ""),
        ([], 9, ""),
    ],
)
def test_the_newest_events_of_some_projects_come_first(cloud, project_ids, limit, titles):
    projects.add_project("Second")
    for number, title in enumerate("abcd"):
        lifecycle.create_task({"title": title, "project_id": str(number % 2 + 1)})
    cloud.pump()

    found = history.of_projects(project_ids, limit)

    assert "".join(json.loads(event.task)["title"] for event in found) == titles
