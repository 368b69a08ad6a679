"""URLs that are themselves the right to send: shown by their beginning, and called whole."""

import logging

import pytest

from chalicelib.domain import formats, targets
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints, url_lists
from tests.support.deliveries import edit, rows, subscribe, task_of_version
from tests.support.http_calls import result
from tests.support.page_visits import Visitor, form_of
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse

PATH = "services/T0000/B0000/hunter2andmore?thread=hunter2thread"


@pytest.fixture
def inbox(cloud, monkeypatch):  # noqa: ARG001 -- the tables must be there first
    chat = formats.FORMATS["standard"]._replace(has_secret_url=True)
    monkeypatch.setitem(formats.FORMATS, "chat", chat)
    with Inbox() as receiver:
        subscribe(receiver.url + PATH, body_format="chat")
        yield receiver


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://chat.example/services/T0/B0/x", "https://chat.example/service…"),
        ("https://chat.example/api/web/", "https://chat.example/api/web…"),
        ("https://chat.example/hook", "https://chat.example/hook"),
        ("https://chat.example/hook?key=x", "https://chat.example/hook…"),
        ("https://chat.example", "https://chat.example"),
        ("https://[", ""),
    ],
)
def test_of_a_secret_url_scheme_host_and_eight_characters_are_shown(url, shown):
    assert targets.masked(url) == shown


def test_no_list_record_log_answer_or_page_shows_a_secret_url(cloud, inbox, caplog):
    caplog.set_level(logging.INFO)
    inbox.status, inbox.answer = 404, f"no route for /{PATH} nor hunter2andmore".encode()
    inbox.answer_headers = {"Location": f"/{PATH}"}
    task_of_version(1)
    cloud.pump()
    inbox.status = 302
    pinging.ping("ci")

    admin, args = Visitor(), parse
    shown = [
        result("getEndpoints"),
        commands.endpoint_list(args(["endpoint", "list"])),
        commands.endpoint_show(args(["endpoint", "show", "ci"])),
        [row.attribute_values for row in rows()],
        *(admin.get(path).text for path in ("/settings", "/deliveries", "/deliveries/replay")),
        *(admin.get(f"/deliveries/{row.id}").text for row in rows()),
        admin.get("/tasks/1").text,
        [vars(record) for record in caplog.records if record.name.startswith("chalicelib")],
    ]
    assert [one for one in shown if "hunter2" in str(one)] == []
    assert inbox.received[0].path == f"/{PATH}"
    assert [endpoint["url"] for endpoint in shown[0]] == [f"{inbox.url}service…"]
    assert rows()[0].attempts[0]["answer"] == "no route for [secret] nor [secret]"


@pytest.mark.parametrize(
    "fields",
    [
        {"format": {"S": "slak"}},
        {"format": {"N": "5"}},
        {"format": {"S": "slack"}, "timeout": {"S": "soon"}},
    ],
)
@pytest.mark.usefixtures("cloud")
def test_a_row_that_cannot_be_used_does_not_show_the_url_of_what_may_be_a_chat(fields):
    edit("endpoints", {"id": {"S": "chat"}}, url={"S": f"https://chat.example/{PATH}"}, **fields)

    admin, args = Visitor(), parse
    shown = [
        result("getEndpoints"),
        commands.endpoint_list(args(["endpoint", "list"])),
        commands.endpoint_show(args(["endpoint", "show", "chat"])),
        *(admin.get(path).text for path in ("/settings", "/deliveries", "/deliveries/replay")),
    ]
    assert [one for one in shown if "hunter2" in str(one)] == []
    assert shown[0][0]["url"] == "https://chat.example/service…"


def test_a_secret_url_is_shown_whole_where_it_is_edited_and_where_secrets_are_asked_for(inbox):
    args = parse(["endpoint", "show", "ci", "--secrets"])

    assert commands.endpoint_show(args)["url"] == inbox.url + PATH
    page = Visitor().get("/endpoints/ci")
    assert form_of(page, "save")["url"] == inbox.url + PATH


def test_a_client_that_gives_back_what_it_was_shown_changes_no_url(inbox):
    [shown] = result("getEndpoints")
    result("updateEndpoint", {"id": "ci", "url": shown["url"], "name": "Chat"})

    kept = endpoints.find_endpoint("ci").endpoint
    assert (kept.url, kept.name) == (inbox.url + PATH, "Chat")


def test_the_lists_of_urls_neither_show_nor_remove_an_endpoint_with_a_secret_url(inbox):
    subscribe("http://127.0.0.1:9/", "plain")

    url_lists.replace_subscribed_urls({"task.created": [], "task.modified": []})

    assert endpoints.find_endpoint("ci").endpoint.url == inbox.url + PATH
    assert endpoints.ids_of_all() == ["ci", "plain"]  # it has task.removed left
