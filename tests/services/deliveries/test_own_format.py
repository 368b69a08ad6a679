"""A format is one object: whoever adds one finds it in every place that deals with formats."""

import json

import pytest

from chalicelib.domain import formats
from chalicelib.domain.errors import Refused
from chalicelib.domain.formats import Format
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import ALL, rows
from tests.support.http_calls import result
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse

DEEP = Format(
    write=lambda event, _: {"what": event["type"], "of": [{"task": formats.task_of(event)}]},
    says="a task in a list",
    content_type="application/vnd.deep+json",
)


@pytest.fixture
def deep(monkeypatch):
    monkeypatch.setitem(formats.FORMATS, "deep", DEEP)


def run(*arguments):
    args = parse(arguments)
    return getattr(commands, args.command)(args)


@pytest.mark.usefixtures("deep")
def test_a_format_that_nests_the_task_is_sent_coalesced_replayed_and_shown(cloud):
    with Inbox(status=500) as inbox:
        result("createEndpoint", {"url": inbox.url, "id": "ci", "format": "deep", "events": ALL})
        task_id = lifecycle.create_task({"title": "1"})
        lifecycle.update_task(task_id, {"title": "2"})
        lifecycle.update_task(task_id, {"title": "3", "score": "5"})
        cloud.pump()
        inbox.status = 204
        cloud.retry_due()
        created, modified = rows()[0], rows()[-1]
        run("delivery", "retry", modified.id)
        cloud.retry_due()

    bodies = [json.loads(post.body) for post in inbox.received]
    assert [body["what"] for body in bodies] == [
        "task.created",
        "task.created",
        *["task.modified"] * 2,
    ]
    told = bodies[2]["of"][0]["task"]
    changes = {
        "title": ["1", "3"],
        "score": [0, 5],
        "date_modification": [0, told["date_modification"]],
    }
    assert (told["title"], told["changes"]) == ("3", changes)
    assert bodies[3] == bodies[2]
    assert {post.headers["Content-Type"] for post in inbox.received} == {DEEP.content_type}
    assert [row.status for row in rows()] == ["delivered", "superseded", "delivered"]
    assert run("delivery", "show", created.id)["body"] == bodies[0]
    assert {row.format for row in rows()} == {"deep"}


@pytest.mark.usefixtures("cloud", "deep")
def test_each_place_that_names_the_formats_names_a_new_one(capsys):
    endpoints.add_endpoint("http://127.0.0.1:9/", body_format="deep", endpoint_id="ci")
    visitor = Visitor(1)

    with pytest.raises(SystemExit):
        parse(["endpoint", "add", "--help"])

    known = f"one of {', '.join(formats.FORMATS)}"
    assert known.endswith(", deep")
    assert known in " ".join(capsys.readouterr().out.split())
    assert "deep: a task in a list" in visitor.get("/endpoints/ci").seen
    assert run("endpoint", "show", "ci")["format"] == "deep"
    assert result("getEndpoints")[0]["format"] == "deep"
    with pytest.raises(Refused, match=f"takes {known}"):
        endpoints.add_endpoint("http://127.0.0.1:9/", body_format="shallow")
