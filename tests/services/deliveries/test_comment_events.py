"""Comments: who asks for them is told, in order, by the stream of their own table."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Comment
from chalicelib.domain.errors import Refused
from chalicelib.domain.formats import FORMATS
from chalicelib.services.accounts import users
from chalicelib.services.deliveries import delivery_search, redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import comments, lifecycle, removal
from tests.support import aws_faults
from tests.support.cloud import dispatch, retry
from tests.support.deliveries import ALL, all_rows, edit, rows, states, subscribe
from tests.support.receivers import Inbox

COMMENTS = ["comment.created", "comment.modified", "comment.removed"]


def told(inbox):
    return [post.headers["X-Taskhook-Event"] for post in inbox.received]


def texts(inbox):
    return [json.loads(post.body)["data"]["comment"]["text"] for post in inbox.received]


def subscribed(inbox, endpoint_id="ci", body_format="standard"):
    subscribe(inbox.url, endpoint_id, event_types=COMMENTS, body_format=body_format)


def commented(*replacements):
    """Add a task and a comment on it by user 1, change its text, and return its id."""
    task_id = lifecycle.create_task({"title": "Printer"})
    number = comments.add_comment(task_id, 1, "It beeps", "", "user")
    for text in replacements:
        comments.change_comment(number, text)
    return number


def test_an_event_of_a_comment_has_the_comment_its_author_and_the_task(cloud):
    ada = users.add_user("ada", name="Ada Lovelace")
    with Inbox() as inbox:
        subscribed(inbox)
        task_id = lifecycle.create_task({"title": "Printer"})
        number = comments.add_comment(task_id, int(ada.id), "It beeps", "", "user")
        cloud.pump_comments()

    [row] = rows()
    person = {"id": ada.id, "name": "Ada Lovelace"}
    shown = {name: row.event[name] for name in ("type", "author", "comment", "changes")}
    assert shown == {
        "type": "comment.created",
        "author": person,
        "comment": {"id": number, "text": "It beeps", "author": person},
        "changes": {},
    }
    assert (row.event["data"]["title"], len(row.event["data"])) == ("Printer", 16)
    assert row.event["project"]["name"] == "My project"
    [post] = inbox.received
    assert json.loads(post.body)["data"] == {
        "comment": row.event["comment"],
        "task": row.event["data"],
    }


def test_a_row_keeps_nothing_of_what_a_comment_does_not_have(cloud):
    with Inbox() as inbox:
        subscribed(inbox, body_format="kanboard-events")
        commented()
        cloud.pump_comments()

    [row] = rows()
    assert [name for name, value in row.beside.items() if not value] == []


def test_each_change_of_a_comment_is_told_in_order(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        number = commented("It hums")
        comments.remove_comment(number)
        cloud.pump_comments()

    assert told(inbox) == COMMENTS
    assert texts(inbox) == ["It beeps", "It hums", "It hums"]


@pytest.mark.parametrize(("author", "name"), [(1, "admin"), (0, "application")])
def test_an_event_names_who_changed_or_removed_a_comment(cloud, author, name):
    with Inbox() as inbox:
        subscribed(inbox)
        number = commented()
        comments.change_comment(number, "It hums", author=author)
        comments.remove_comment(number, author=author)
        cloud.pump_comments()

    assert [row.event["author"]["name"] for row in rows()] == ["admin", name, name]
    assert {row.event["comment"]["author"]["name"] for row in rows()} == {"admin"}


def test_an_edit_in_the_console_has_the_console_for_its_author(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        number = commented("It hums")
        key = {"task_id": {"N": "1"}, "id": {"N": str(number)}}
        edit("comments", key, text={"S": "by hand"})
        cloud.pump_comments()

    assert [row.event["author"]["name"] for row in rows()][1:] == ["application", "console"]


def test_a_write_that_leaves_the_text_tells_nothing(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        number = commented()
        cloud.pump_comments()
        Comment(1, number).update(actions=[Comment.reference.set("R-1")])
        comments.change_comment(number, "It beeps")
        cloud.pump_comments()

    assert told(inbox) == ["comment.created"]


@pytest.mark.usefixtures("caching")
def test_where_nobody_asks_for_comments_they_cost_one_read_of_the_endpoints(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        commented()
        cloud.pump()
        records = cloud.records(Comment)
        with aws_faults.listening() as calls:
            dispatch(records)

    assert (told(inbox), [call.operation for call in calls]) == (["task.created"], ["Scan"])


def test_the_comments_of_a_task_wait_behind_the_first_that_fails_and_are_not_coalesced(cloud):
    with Inbox(status=500) as inbox:
        subscribed(inbox)
        commented("It hums", "It sings")
        cloud.pump_comments()
        failed = told(inbox)
        inbox.status = 204
        cloud.retry_due()

    assert failed == ["comment.created"]
    assert texts(inbox) == ["It beeps", "It beeps", "It hums", "It sings"]
    assert states() == ["delivered"] * 3


def test_comments_and_their_task_do_not_wait_for_each_other(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url, event_types=[*ALL, *COMMENTS], body_format="standard")
        commented()
        cloud.pump()
        inbox.status = 204
        cloud.pump_comments()

    assert told(inbox) == ["task.created", "comment.created"]
    assert sorted(states()) == ["delivered", "pending"]


def test_a_suspended_endpoint_is_probed_and_then_gets_the_comments(cloud):
    with Inbox(status=500) as inbox:
        subscribed(inbox)
        for _ in range(6):
            commented()
        cloud.pump_comments()
        suspended = endpoints.find_endpoint("ci").endpoint.suspended_until
        inbox.status = 204
        cloud.retry_due()

    assert suspended is not None
    assert states() == ["delivered"] * 6


def test_a_repeated_record_is_posted_with_the_same_id_and_recorded_once(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        commented()
        records = cloud.records(Comment)
        for record in records:
            record["dynamodb"]["ApproximateCreationDateTime"] -= 100
        dispatch(records)
        dispatch(records)

    assert (len(inbox.received), len(rows())) == (1, 1)


def test_a_comment_is_sent_again_and_found_with_its_task(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        commented()
        cloud.pump_comments()
        [row] = rows()
        redelivery.send_again(row.id)
        retry(cloud.messages())

    first, again = inbox.received
    found = delivery_search.search(delivery_search.Wanted(task_id=1), limit=10).rows
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    assert [one.id for one in found] == [row.id]


def test_a_filter_sees_the_comment(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        endpoints.change_endpoint("ci", filter="contains(comment.text, 'hums')")
        commented("It hums")
        cloud.pump_comments()

    assert texts(inbox) == ["It hums"]


def test_the_comments_of_a_task_that_is_gone_tell_nothing(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        commented()
        removal.remove_task(1)

        answer = cloud.pump_comments()

    assert (answer, told(inbox), all_rows()) == ({"batchItemFailures": []}, [], [])


def test_a_comment_that_was_edited_into_garbage_is_set_aside_and_stops_no_other(cloud):
    with Inbox() as inbox:
        subscribed(inbox)
        number = commented()
        [record] = cloud.records(Comment)
        del record["dynamodb"]["NewImage"]["text"]
        comments.change_comment(number, "It hums")

        dispatch([record, *cloud.records(Comment)])

    assert texts(inbox) == ["It hums"]
    assert [one["kind"] for one in cloud.set_aside()] == ["change"]


@pytest.mark.parametrize("body_format", sorted(set(FORMATS) - {"kanboard", "custom", "telegram"}))
def test_every_format_but_kanboard_takes_them(cloud, body_format):
    with Inbox() as inbox:
        subscribe(inbox.url + "topic", event_types=COMMENTS, body_format=body_format)
        commented()
        cloud.pump_comments()
        cloud.retry_due()

    assert "It beeps" in inbox.received[0].body.decode()


@pytest.mark.usefixtures("cloud")
def test_kanboard_takes_none_and_says_so_when_it_is_saved():
    with pytest.raises(Refused, match="events: format kanboard takes no comment.created"):
        subscribe("https://example.com/", event_types=["comment.created"])
