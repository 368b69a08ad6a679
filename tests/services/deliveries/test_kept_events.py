"""A row keeps its event; each attempt's body is made of it, as the endpoint's format is then."""

import json
import secrets

import pytest

from chalicelib.domain import formats
from chalicelib.domain.event_objects import EventObject
from chalicelib.domain.formats import Format
from chalicelib.services.accounts import settings, users
from chalicelib.services.deliveries import bodies, redelivery
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import lifecycle
from tests.support import aws_faults
from tests.support.cloud import PASSWORD, dispatch, retry
from tests.support.deliveries import past_delivery, rows, subscribe
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox


def spoken(event: EventObject, _: object) -> dict[str, object]:
    """Return a body that a later release may write in another way."""
    return {"text": f"{event['project']['name']}: {event['data']['title']}"}


@pytest.fixture
def chat(monkeypatch):
    monkeypatch.setitem(formats.FORMATS, "chat", Format(spoken, "a line of text"))


def received(inbox):
    return [json.loads(post.body) for post in inbox.received]


def test_an_event_names_what_its_task_points_to(cloud):
    ada = users.add_user("ada", name="Ada Lovelace")
    board = projects.add_project("Website", columns=["Inbox"])
    category_id = project_items.add_part(int(board.id), "categories", "Bugs")
    with Inbox() as inbox:
        subscribe(inbox.url)
        points_to = {"project_id": board.id, "column_id": board.columns[0].id}
        points_to |= {"owner_id": ada.id, "category_id": category_id}
        lifecycle.create_task({"title": "x"} | {name: str(it) for name, it in points_to.items()})
        cloud.pump()

    [row] = rows()
    named = {name: row.event[name] for name in ("project", "column", "owner", "category", "author")}
    assert named == {
        "project": {"id": board.id, "name": "Website"},
        "column": {"id": board.columns[0].id, "name": "Inbox"},
        "owner": {"id": ada.id, "name": "Ada Lovelace", "username": "ada"},
        "category": {"id": category_id, "name": "Bugs"},
        "author": {"id": 0, "name": "application"},
    }


@pytest.mark.usefixtures("caching")
def test_names_cost_a_warm_process_no_call_of_the_store(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x", "owner_id": "1"})
        cloud.pump()
        lifecycle.create_task({"title": "y", "owner_id": "1"})
        records = cloud.records()

        with aws_faults.listening() as calls:
            dispatch(records)

    assert sorted(call.operation for call in calls) == ["BatchWriteItem", "Scan"]
    assert rows()[-1].event["owner"]["name"] == "admin"


@pytest.mark.usefixtures("caching")
def test_a_column_that_was_just_added_has_its_name_in_a_warm_process(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        known = projects.CACHE.get()
        column_id = project_items.add_part(1, "columns", "Review")
        lifecycle.create_task({"title": "y", "column_id": str(column_id)})
        projects.CACHE._value = known  # as another process has it
        cloud.pump()

    assert rows()[-1].event["column"] == {"id": column_id, "name": "Review"}


@pytest.mark.usefixtures("cloud")
def test_the_address_of_a_sign_in_is_written_once_and_links_to_the_task(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        visitor = Visitor(0)
        with aws_faults.listening() as calls:
            for _ in range(2):
                visitor.post("/sign-in", username="admin", password=PASSWORD)
        lifecycle.create_task({"title": "y"})
        cloud.pump()

    first, second = rows()
    written = [call for call in calls if {"#0": "address"} in call.asked.values()]
    assert (first.event["url"], second.event["url"]) == (None, f"{settings.address()}/tasks/2")
    assert len(written) == 1


def test_an_attempt_has_the_format_that_its_endpoint_has_by_then(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        inbox.status = 204
        endpoints.change_endpoint("ci", body_format="standard")
        cloud.retry_due()

    [row] = rows()
    assert received(inbox)[1]["data"] == received(inbox)[0]
    assert [post.headers["Content-Type"] for post in inbox.received] == ["application/json"] * 2
    assert (row.format, json.loads(bodies.body_of(row))) == ("standard", received(inbox)[1])


@pytest.mark.usefixtures("chat")
def test_a_body_is_kept_as_sent_unless_event_and_format_tell_it(cloud, monkeypatch):
    with Inbox() as inbox:
        subscribe(inbox.url)
        subscribe(inbox.url, "talk", body_format="chat")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        monkeypatch.setitem(
            formats.FORMATS, "chat", Format(lambda event, _: dict(event), "another release")
        )

    [plain], [talk] = rows(), rows("talk")
    assert (plain.body, talk.body) == (None, '{"text":"My project: x"}')
    assert sorted(map(bodies.body_of, (plain, talk))) == sorted(
        post.body.decode() for post in inbox.received
    )


@pytest.mark.usefixtures("chat")
def test_what_is_sent_again_has_the_format_as_it_is_now(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        endpoints.change_endpoint("ci", body_format="chat")
        redelivery.replay(redelivery.ReplayRequest("ci", 0, 1e10))
        retry(cloud.messages())

    first, again = inbox.received
    assert json.loads(again.body) == {"text": "My project: x"}
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert rows()[0].body == again.body.decode()


def test_a_row_from_before_goes_out_as_it_is(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        row = past_delivery(1, 1e9, body='{"of": "before"}', status="pending", due_at=1e9)
        row.give_up_at = 1e10
        row.save()
        endpoints.change_endpoint("ci", body_format="cloudevents")
        cloud.retry_due()

    [post], [row] = inbox.received, rows()
    assert (post.body, post.headers["Content-Type"]) == (b'{"of": "before"}', "application/json")
    assert (row.status, row.format, row.body) == ("delivered", "kanboard", '{"of": "before"}')


def test_changes_from_before_are_not_coalesced_and_keep_their_order(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url)
        for number in (1, 2):
            old = past_delivery(1, 1e9, event_type="task.modified", status="pending", due_at=1e9)
            old.sequence, old.body, old.give_up_at = str(number).zfill(40), str(number), 1e10
            old.save()
        cloud.retry_due()

    assert [post.body for post in inbox.received] == [b"1", b"2"]


def test_a_body_that_does_not_fit_beside_its_event_is_dropped_and_can_be_sent_again(
    cloud, monkeypatch
):
    monkeypatch.setitem(
        formats.FORMATS, "chat", Format(lambda event, _: {"twice": event["data"]}, "")
    )
    title_and_text = {"title": "x", "description": secrets.token_urlsafe(150_000)}
    with Inbox() as inbox:
        subscribe(inbox.url, body_format="chat")
        lifecycle.create_task(title_and_text)
        cloud.pump()
        dropped = rows()[0].body
        redelivery.send_again(rows()[0].id)
        retry(cloud.messages())

    first, again = inbox.received
    assert (dropped, first.body, rows()[0].status) == ("null", again.body, "delivered")
