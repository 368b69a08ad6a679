"""What is made, closed or opened in the console is listed, and nobody is called twice."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Task, task_lists
from chalicelib.services.tasks import lifecycle
from tests.support.aws_faults import listening, meanwhile, throttled, wrong
from tests.support.cloud import client_of, dispatch
from tests.support.deliveries import FINE, edit, seen, subscribe, versions
from tests.support.receivers import Inbox


def by_hand(update, **values):
    """Change task 1 as somebody would at the store itself."""
    client_of("dynamodb").update_item(
        TableName="taskhook-dev-tasks",
        Key={"task_id": {"N": "1"}},
        UpdateExpression=update,
        ExpressionAttributeValues={f":{name}": {"N": str(value)} for name, value in values.items()},
    )


def close_by_hand():
    by_hand("SET is_active = :no", no=0)


def test_changes_by_hand_are_counted_like_all_others(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        for score in (1, 2):
            by_hand("SET score = :score", score=score)
            cloud.pump()
        lifecycle.update_task(1, {"title": "y"})

        cloud.pump()

    assert versions(inbox) == "1234"
    assert Task.get(1).version == 4


def test_a_field_that_was_spoilt_and_mended_by_hand_is_heard_of(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        for score in ({"S": "five"}, {"N": "5"}):
            edit("tasks", {"task_id": {"N": "1"}}, score=score)
            cloud.pump()

    assert [json.loads(received.body).get("changes") for received in inbox.received] == [
        None,
        {"score": [0, 5]},
    ]


def test_a_row_that_was_put_back_by_hand_is_newer_than_what_it_replaces(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        old = client_of("dynamodb").get_item(
            TableName="taskhook-dev-tasks", Key={"task_id": {"N": "1"}}
        )["Item"]
        for title in "yz":
            lifecycle.update_task(1, {"title": title})
        cloud.pump()
        client_of("dynamodb").put_item(TableName="taskhook-dev-tasks", Item=old)
        cloud.pump()
        lifecycle.update_task(1, {"title": "y"})

        cloud.pump()

    assert versions(inbox) == "12345"


def test_a_change_by_hand_is_counted_once_whatever_comes_with_it_and_however_often(cloud):
    lifecycle.create_task({"title": "x"})
    by_hand("SET score = :score", score=1)
    by_hand("SET note = :note", note=1)
    records = cloud.records()

    for _ in range(2):
        dispatch(records)
    dispatch(cloud.records())

    assert Task.get(1).version == 2


def lists():
    """Return the ids of the tasks on the board, and of the closed ones."""
    return task_lists.open_ids(1, 0, 9)[0], [
        int(task.task_id) for task in task_lists.closed_of(1, 9)
    ]


def test_a_task_that_is_closed_by_hand_is_among_the_closed_ones_and_not_on_the_board(cloud):
    lifecycle.create_task({"title": "x"})
    close_by_hand()
    records = cloud.records()

    dispatch(records)

    assert lists() == ([], [1])
    assert Task.get(1).closed_at == int(records[-1]["dynamodb"]["ApproximateCreationDateTime"])


def test_it_stays_where_it_is_when_it_is_changed_later(cloud):
    lifecycle.create_task({"title": "x"})
    close_by_hand()
    cloud.pump()
    closed_at = Task.get(1).closed_at

    lifecycle.update_task(1, {"title": "y"})

    assert (Task.get(1).closed_at, lists()) == (closed_at, ([], [1]))


def test_a_task_that_is_opened_by_hand_is_on_the_board_again(cloud):
    lifecycle.create_task({"title": "x"})
    lifecycle.close_task(1)
    by_hand("SET is_active = :yes", yes=1)

    cloud.pump()

    assert lists() == ([1], [])


def test_a_task_that_is_made_by_hand_is_listed(cloud):
    by_hand("SET project_id = :one, column_id = :one", one=1)

    cloud.pump()

    assert (lists(), task_lists.ids_of(1, 1)) == (([1], []), [1])


def test_a_task_that_was_closed_before_there_was_such_a_list_comes_into_it_with_its_next_change(
    cloud,
):
    lifecycle.create_task({"title": "x"})
    by_hand("SET is_active = :no, date_completed = :then", no=0, then=100)

    cloud.pump()

    assert Task.get(1).closed_at == 100


@pytest.mark.usefixtures("caching")
def test_nobody_is_called_and_nothing_is_written_for_what_was_written_so(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        close_by_hand()
        cloud.pump()
        records = cloud.records()

        with listening() as calls:
            dispatch(records)

        assert (len(records), calls, len(seen(inbox))) == (1, [], 2)


@pytest.mark.parametrize("change", [lambda: lifecycle.reopen_task(1), lambda: Task(1).delete()])
def test_what_has_changed_since_is_left_as_it_is(cloud, change):
    lifecycle.create_task({"title": "x"})
    close_by_hand()

    with wrong("UpdateItem", meanwhile(change), "closed_at", times=1):
        cloud.pump()

    assert lists()[1] == []


def test_where_the_store_is_away_the_change_comes_again_and_nobody_was_called(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        close_by_hand()
        records = cloud.records()

        with wrong("UpdateItem", throttled):
            answer = dispatch(records)
        heard = len(seen(inbox))
        again = dispatch(records)

        assert answer != FINE
        assert (heard, again, len(seen(inbox)), lists()) == (0, FINE, 2, ([], [1]))
