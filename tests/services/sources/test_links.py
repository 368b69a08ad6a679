"""Which task stands for a key is known as long as the task is open, and a year more."""

import time

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.sources import sources
from chalicelib.services.tasks import lifecycle, removal
from tests.support import aws_faults
from tests.support.cloud import client_of
from tests.support.inbound import add_source, came_of, links, outcome, send, tasks

YEAR = 365 * 86400


@pytest.fixture(autouse=True)
def source(cloud):  # noqa: ARG001 -- the tables must be there first
    add_source()


def alert(**fields):
    return {"key": "disk", "title": "The disk is full", **fields}


def days_left():
    """Return for each link in how many days it expires, None for never."""
    ends = [link.expires_at for link in links()]
    return [end and round((end - time.time()) / 86400) for end in ends]


def test_the_link_of_an_open_task_never_expires_and_costs_no_call_when_it_is_made(cloud):
    with aws_faults.listening() as calls:
        send(alert())
        send(alert(title="The disk is still full"))
        cloud.pump()

    assert days_left() == [None]
    assert [one for one in calls if one.operation == "UpdateItem" and "link:" in str(one)] == []


@pytest.mark.parametrize(
    "end",
    [
        lambda: send(alert(closed=True)),
        lambda: lifecycle.close_task(1),
        lambda: removal.remove_task(1),
    ],
    ids=["closed by its source", "closed by a person", "removed"],
)
def test_a_year_after_its_task_a_link_expires(cloud, end):
    send(alert())
    cloud.pump()

    end()
    cloud.pump()

    assert days_left() == [365]


def test_the_link_of_a_task_that_is_reopened_lasts_again(cloud):
    send(alert())
    lifecycle.close_task(1)
    cloud.pump()

    lifecycle.reopen_task(1)
    cloud.pump()

    assert days_left() == [None]
    assert came_of(send(alert(title="Still full"))) == outcome(changed=[1])


def test_a_task_that_is_closed_and_reopened_in_one_batch_keeps_its_link(cloud):
    send(alert())

    lifecycle.close_task(1)
    lifecycle.reopen_task(1)
    cloud.pump()

    assert days_left() == [None]


def test_the_close_of_an_earlier_task_lets_no_later_one_lose_its_key(cloud):
    send(alert())
    send(alert(closed=True))
    send(alert())

    cloud.pump()

    assert [task.is_active for task in tasks()] == [0, 1]
    assert days_left() == [None]


def test_the_keys_of_a_removed_source_end_with_their_tasks(cloud):
    send(alert())
    sources.remove_source("ci")
    cloud.pump()

    lifecycle.close_task(1)
    cloud.pump()

    assert days_left() == [365]


def test_a_source_that_is_made_again_goes_on_with_its_open_tasks():
    send(alert())
    sources.remove_source("ci")
    add_source()

    assert came_of(send(alert(title="Still full"))) == outcome(changed=[1])


@pytest.mark.parametrize("edited", [{"S": ""}, {"S": "link:none"}])
def test_a_link_that_was_edited_by_hand_keeps_nobody_from_hearing_of_the_task(cloud, edited):
    send(alert())
    cloud.pump()
    client_of("dynamodb").update_item(
        TableName="taskhook-dev-tasks",
        Key={"task_id": {"N": "1"}},
        UpdateExpression="SET link = :edited",
        ExpressionAttributeValues={":edited": edited},
    )

    lifecycle.close_task(1)
    cloud.pump()

    assert days_left() == [None]
    assert [event.event_type for event in PastEvent.query(1)] == ["task.created", "task.modified"]
