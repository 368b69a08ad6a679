"""Deliveries to chats, to receivers of Kanboard's webhooks and to any API, over real HTTP."""

import json
import re

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint, Task
from chalicelib.domain import chats
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.domain.errors import Refused
from chalicelib.services.deliveries import pinging, redelivery
from chalicelib.services.deliveries.delivery_details import request_of
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import comments, lifecycle, moving, removal
from tests.support.chats import Chat
from tests.support.deliveries import edit, past_delivery, rows, subscribe
from tests.support.http_calls import result
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox


@pytest.mark.parametrize("name", chats.NAMES)
def test_a_new_task_is_posted_in_a_chat_and_calls_nobody(cloud, name):
    with Chat(name) as chat:
        subscribe(chat.url, body_format=name)
        lifecycle.create_task({"title": "<!channel> *x* @everyone", "color_id": "red"})
        cloud.pump()
        cloud.retry_due()

    [row] = rows()
    assert (row.status, row.outcome) == ("delivered", str(row.attempts[-1]["status"]))
    assert "token=" not in chat.received[0].path
    [message] = chat.posted
    assert message.calls == []
    assert "Task created" in message.text
    assert "#1 <!channel> *x* @everyone" in message.text.replace("\u200b", "")


@pytest.mark.parametrize("name", chats.NAMES)
@pytest.mark.usefixtures("cloud")
def test_a_test_of_an_endpoint_is_posted_in_a_chat(name):
    with Chat(name) as chat:
        subscribe(chat.url, body_format=name)
        sent = pinging.ping("ci")

    assert sent.status == "delivered"
    [message] = chat.posted
    assert "Taskhook can post here" in message.text


def test_each_event_of_one_change_is_a_message_of_its_own(cloud):
    with Chat("slack") as chat:
        lifecycle.create_task({"title": "Printer"})
        cloud.pump()
        types = ["task.modified", "task.moved", "task.assigned", "task.closed"]
        subscribe(chat.url, event_types=types, body_format="slack")
        endpoints.change_endpoint("ci", per_second=50)
        moving.move_task(1, 3, 1)
        lifecycle.update_task(1, {"owner_id": "1"})
        lifecycle.close_task(1)
        cloud.pump()
        cloud.retry_due()

    assert [message.text.partition("*")[2].partition("*")[0] for message in chat.posted] == [
        *("Task moved", "Task moved to Work in progress"),
        *("Task assigned", "Task assigned to admin"),
        *("Task closed", "Task closed"),
    ]


def test_an_operator_learns_in_a_chat_that_an_endpoint_is_suspended(cloud):
    with Chat("slack") as chat, Inbox(status=500) as inbox:
        subscribe(inbox.url)
        types = ["endpoint.suspended", "endpoint.recovered"]
        subscribe(chat.url, "ops", event_types=types, body_format="slack")
        for _ in range(FAILURE_THRESHOLD):
            lifecycle.create_task({"title": "Printer"})
        cloud.pump()
        cloud.retry_due()
        inbox.status = 204
        for _ in range(4):
            cloud.retry_due()

    suspended, recovered = (message.text.splitlines() for message in chat.posted)
    assert suspended[:2] == ["*Endpoint suspended* ci", "Last failure: 500"]
    assert re.fullmatch(r"Next attempt: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", suspended[2])
    assert recovered == ["*Endpoint recovered* ci"]


def test_a_chat_that_asks_to_wait_is_obeyed(cloud):
    with Chat("telegram") as chat:
        chat.status, chat.answer_headers = 429, {"Retry-After": "3600"}
        subscribe(chat.url, body_format="telegram")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.retry_due()

    [row] = rows()
    assert row.status == "pending"
    assert row.due_at - row.created_at >= 3600


def test_what_telegram_needs_goes_from_the_url_into_the_body(cloud):
    with Chat("telegram") as chat:
        subscribe(chat.url, body_format="telegram")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.retry_due()

    [post] = chat.received
    assert post.path == "/bot123:secret/sendMessage"
    body = json.loads(post.body)
    assert (body["chat_id"], body["message_thread_id"]) == (-1001, 4)
    [row] = rows()
    assert json.loads(row.body) == {
        name: body[name] for name in ("text", "parse_mode", "link_preview_options")
    }


def test_ntfy_is_called_before_the_topic(cloud):
    with Chat("ntfy") as chat:
        subscribe(chat.url, body_format="ntfy")
        lifecycle.create_task({"title": "x"})
        cloud.pump()
        cloud.retry_due()

    [post] = chat.received
    assert post.path == "/"
    assert json.loads(post.body)["topic"] == "Tasks_1"
    [row] = rows()
    assert "Tasks_1" not in row.body


REFUSED = [
    (
        "http://127.0.0.1:9/",
        "ntfy",
        {},
        {"url": "must end in the topic: 1 to 64 of A-Z a-z 0-9 _ -"},
    ),
    (
        "http://127.0.0.1:9/bot1:a/sendMessage",
        "telegram",
        {},
        {"url": "must name the chat: ?chat_id=ID or ?chat_id=@channel"},
    ),
    ("http://127.0.0.1:9/", "custom", {}, {"template": "is required with format custom"}),
    (
        "http://127.0.0.1:9/",
        "slack",
        {"template": {"a": "b"}},
        {"template": "is for format custom alone"},
    ),
    (
        "http://127.0.0.1:9/",
        "custom",
        {"template": {"a": "{{ data.title | }}"}},
        {"template": "a, column 17: ends too early"},
    ),
    (
        "http://127.0.0.1:9/",
        "custom",
        {"template": '{"id": {{ data.task_id }}}'},
        {"template": "line 1, column 9: this is no JSON; a placeholder stands within quotes"},
    ),
]


@pytest.mark.parametrize(("url", "body_format", "fields", "reasons"), REFUSED)
@pytest.mark.usefixtures("cloud")
def test_what_could_never_be_sent_is_refused_when_it_is_saved(url, body_format, fields, reasons):
    with pytest.raises(Refused) as refusal:
        endpoints.add_endpoint(url, body_format=body_format, endpoint_id="ci", **fields)

    assert refusal.value.reasons == reasons


def kanboard(cloud, inbox):
    cloud.pump()
    return [json.loads(post.body) for post in inbox.received]


def test_a_receiver_of_kanboards_webhooks_gets_its_events(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, body_format="kanboard-events")
        task_id = lifecycle.create_task({"title": "Printer"})
        lifecycle.update_task(task_id, {"title": "Fax"})
        lifecycle.close_task(task_id)
        removal.remove_task(task_id)
        bodies = kanboard(cloud, inbox)

    assert [body["event_name"] for body in bodies] == [
        *("task.create", "task.update", "task.close", "task.remove")
    ]
    assert bodies[1]["event_data"]["changes"] == {"title": "Fax"}
    task = bodies[0]["event_data"]["task"]
    assert (task["column_title"], task["column_position"]) == ("Backlog", 1)
    assert {body["event_author"] for body in bodies} == {None}


def test_the_author_of_a_kanboard_event_is_a_username(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, body_format="kanboard-events")
        lifecycle.create_task({"title": "Printer"}, author=1)
        [body] = kanboard(cloud, inbox)

    task = body["event_data"]["task"]
    assert (body["event_author"], task["creator_username"]) == ("admin", "admin")


def test_a_kanboard_event_shows_what_other_formats_do_not_hold(cloud):
    with Inbox() as inbox:
        subscribe(inbox.url, body_format="kanboard-events")
        subscribe(inbox.url, "plain")
        fields = {"title": "Printer", "reference": "R-1", "priority": "3"}
        task_id = lifecycle.create_task(fields, author=1)
        created_at = int(Task.get(task_id).date_creation)
        moving.move_task(task_id, 3, 1)
        moving.move_task(task_id, 2, 1)
        cloud.pump()

    moves = [json.loads(row.body)["event_data"] for row in rows()[1:]]
    told = [(move["src_column_id"], move["dst_column_id"]) for move in moves]
    assert told == [(1, 3), (3, 2)]
    assert moves[0]["date_moved"] == created_at
    assert moves[1]["date_moved"] == moves[0]["task"]["date_moved"] >= created_at
    assert (moves[0]["task"]["reference"], moves[0]["task"]["priority"]) == ("R-1", 3)
    assert {row.beside for row in rows("plain")} == {None}


def test_a_comment_is_sent_as_kanboard_sends_it(cloud):
    with Inbox() as inbox:
        types = ["comment.created", "comment.modified", "comment.removed"]
        subscribe(inbox.url, event_types=types, body_format="kanboard-events")
        task_id = lifecycle.create_task({"title": "Printer", "reference": "R-1"})
        number = comments.add_comment(task_id, 1, "It beeps", "c-1", "manager")
        made_at = int(comments.find_comment(number).date_creation)
        comments.change_comment(number, "It hums", author=1)
        comments.remove_comment(number)
        cloud.pump_comments()

    bodies = [json.loads(post.body) for post in inbox.received]
    told = [body["event_data"]["comment"] for body in bodies]
    assert [(body["event_name"], body["event_author"]) for body in bodies] == [
        ("comment.create", "admin"),
        ("comment.update", "admin"),
        ("comment.delete", None),
    ]
    assert told[0] == {
        "id": number,
        "task_id": task_id,
        "user_id": 1,
        "date_creation": made_at,
        "date_modification": made_at,
        "comment": "It beeps",
        "reference": "c-1",
        "visibility": "app-manager",
        "username": "admin",
        "name": None,
        "email": "",
        "avatar_path": None,
    }
    assert [comment["comment"] for comment in told[1:]] == ["It hums", "It hums"]
    assert bodies[0]["event_data"]["task"]["reference"] == "R-1"


TEMPLATE = {
    "note": "{{ data.title }} is {{ column.name }}",
    "score": "{{ data.score }}",
    "tags": "{{ tags }}",
    "owner": "{{ owner.name }}",
}


def custom(url, template, **fields):
    return endpoints.add_endpoint(
        url, body_format="custom", endpoint_id="ci", template=template, **fields
    )


@pytest.mark.parametrize("template", [TEMPLATE, json.dumps(TEMPLATE)], ids=["JSON", "text"])
def test_any_api_gets_a_body_of_its_own_shape(cloud, template):
    with Inbox() as inbox:
        custom(inbox.url, template)
        lifecycle.create_task({"title": 'A "quoted" {{ title }}', "score": "5"})
        cloud.pump()

    [post] = inbox.received
    assert json.loads(post.body) == {
        "note": 'A "quoted" {{ title }} is Backlog',
        "score": 5,
        "tags": [],
        "owner": None,
    }
    assert post.headers["Content-Type"] == "application/json"


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": FORM}, b"title=a%26b&score=0"),
        ({"content-type": "application/vnd.x+json"}, b'"title=a%26b&score=0"'),
        ({}, b'"title=a%26b&score=0"'),
        ({"Content-Type": "application/x-ndjson"}, b"title=a%26b&score=0"),
    ],
)
def test_a_body_of_text_goes_out_as_its_content_type_says(cloud, headers, body):
    with Inbox() as inbox:
        custom(inbox.url, "title={{ url(data.title) }}&score={{ data.score }}", headers=headers)
        lifecycle.create_task({"title": "a&b"})
        cloud.pump()

    [post] = inbox.received
    assert post.body == body
    assert post.headers["Content-Type"] == [*headers.values(), "application/json"][0]


def test_a_template_that_fails_gives_its_delivery_up_at_once_and_blames_no_endpoint(cloud):
    with Inbox() as inbox:
        custom(inbox.url, {"sum": "{{ sum(data.title) }}"})
        lifecycle.create_task({"title": "x"})
        cloud.pump()

        assert inbox.received == []
        [row] = rows()
        reason = "the template failed: sum: sum() takes a list of numbers"
        assert (row.status, row.outcome, row.due_at) == ("failed", reason, None)
        [listed] = endpoints.list_endpoints()
        assert listed.endpoint.breaker.failures == 0

        endpoints.change_endpoint("ci", template={"title": "{{ data.title }}"})
        redelivery.send_again(row.id)
        cloud.retry_due()

    [row] = rows()
    assert row.status == "delivered"
    assert [post.body for post in inbox.received] == [b'{"title":"x"}']


@pytest.mark.usefixtures("cloud")
def test_a_row_with_a_template_that_cannot_be_read_is_broken():
    subscribe("http://127.0.0.1:9/")
    edit("endpoints", {"id": {"S": "ci"}}, format={"S": "custom"}, template={"S": "{{ x | }}"})

    [listed] = endpoints.list_endpoints()

    assert listed.broken == "cannot be read: template: column 8: ends too early"


@pytest.mark.usefixtures("cloud")
def test_a_template_is_set_by_the_api_and_on_the_page():
    endpoint = {"url": "http://127.0.0.1:9/", "id": "ci", "format": "custom"}
    result("createEndpoint", {**endpoint, "template": TEMPLATE})
    visitor = Visitor(1)

    page = visitor.get("/endpoints/ci")
    changed = {"do": "save", "url": endpoint["url"], "format": "custom", "task.created": "yes"}
    refused = visitor.post("/endpoints/ci", **changed, template='{"a": "{{ b | }}"}')
    saved = visitor.post("/endpoints/ci", **changed, template='{"a": "{{ url }}"}')

    assert "{{ data.title }} is {{ column.name }}" in page.seen
    assert "a, column 8: ends too early" in refused.seen
    assert saved.status == 303
    assert result("getEndpoints")[0]["template"] == {"a": "{{ url }}"}


@pytest.mark.usefixtures("cloud")
def test_a_delivery_that_waits_is_shown_though_its_endpoint_has_become_another():
    waiting = past_delivery(1, 1000.0, format="telegram", tries=0)

    request = request_of(waiting, Endpoint("ci", url="http://127.0.0.1:9/x", format="slack"))

    assert request is not None
    assert request.url == "http://127.0.0.1:9/x"
