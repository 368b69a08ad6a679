"""`/asyncapi.json`: valid by AsyncAPI's own rules, and true of what endpoints receive."""

import json

import pytest
from jsonschema import Draft7Validator

from chalicelib.domain.events import EVENT_TYPES, PING
from chalicelib.domain.formats import FORMATS, refused_types
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import comments, lifecycle, moving, removal
from chalicelib.web.schemas import asyncapi
from tests.support.cloud import API_TOKEN
from tests.support.deliveries import ALL, rows
from tests.support.described import closed, misfits_of_answer, resolved
from tests.support.http_calls import call
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox
from tools.package import ROOT

RULES = ROOT / ".venv/asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
DOCUMENT = asyncapi.document()
EVENT = DOCUMENT["components"]["schemas"]["event"]
"""What the template of a custom body sees."""
PATHS = {"ntfy": "topic", "telegram": "bot1/sendMessage?chat_id=-1"}
"""What of a URL a format needs."""


@pytest.mark.skipif(not RULES.exists(), reason="npm did not install AsyncAPI's rules")
def test_the_document_is_valid_asyncapi():
    rules = Draft7Validator(json.loads(RULES.read_text()))

    assert [f"{one.json_path}: {one.message}" for one in rules.iter_errors(DOCUMENT)] == []


def test_every_reference_leads_somewhere():
    def references(value):
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            value = list(value.values())
        for part in value if isinstance(value, list) else []:
            yield from references(part)

    assert all(resolved({"$ref": one}, DOCUMENT) for one in references(DOCUMENT))


def test_every_format_and_type_of_event_is_described():
    described = {name: set(one["messages"]) for name, one in DOCUMENT["channels"].items()}

    assert described == {
        name: {*EVENT_TYPES, PING} - set(refused_types(name, EVENT_TYPES)) for name in FORMATS
    }


def test_every_header_is_described():
    headers = DOCUMENT["components"]["schemas"]["headers"]["properties"]

    assert [name for name, schema in headers.items() if not schema.get("description")] == []


def test_an_example_fits_its_own_message():
    for message in DOCUMENT["components"]["messages"].values():
        for example in message.get("examples", ()):
            assert misfits(example["payload"], message["payload"]) == []


def misfits(value, schema):
    """Return in what a value differs from a schema that allows no further keys."""
    return [
        f"{one.json_path}: {one.message}"
        for one in Draft7Validator(closed(schema)).iter_errors(value)
    ]


def send(cloud):
    """Let every delivery arrive; some formats' first attempts are made by `retry`."""
    cloud.pump()
    for _ in range(20):
        if not any(row.is_pending for row in rows()):
            return
        cloud.retry_due()


def happen(cloud):
    """Let a task be created, changed in many ways and removed."""
    category = project_items.add_part(1, "categories", "Ops")
    plain = lifecycle.create_task({"title": "Plain"})
    full = lifecycle.create_task(
        {
            "title": "Renew",
            "description": "Soon",
            "owner_id": "1",
            "category_id": str(category),
            "date_due": "1799143200",
            "score": "3",
        },
        tags=["tls"],
        author=1,
    )
    send(cloud)
    for changes in ({"title": "Renew it"}, {"owner_id": "0", "category_id": "0"}, {"score": "5"}):
        lifecycle.update_task(full, changes, author=1)
    moving.move_task(full, 2, 1)
    lifecycle.close_task(full)
    lifecycle.reopen_task(full)
    comments.add_comment(full, 1, "Done", "", "user")
    removal.remove_task(plain)
    send(cloud)


@pytest.mark.parametrize("name", FORMATS)
def test_what_an_endpoint_receives_is_what_the_document_says(cloud, name):
    types = [one for one in EVENT_TYPES if one not in refused_types(name, EVENT_TYPES)]
    template = "{{ @ }}" if name == "custom" else None
    with Inbox() as inbox:
        url = inbox.url + PATHS.get(name, "")
        endpoints.add_endpoint(url, types, name, "ci", template=template)
        happen(cloud)
        pinging.ping("ci")

    found: dict[str, list[str]] = {}
    for post in inbox.received:
        event_type = post.headers["X-Taskhook-Event"]
        reference = DOCUMENT["channels"][name]["messages"][event_type]
        message = resolved(reference, DOCUMENT)
        headers = resolved(message["headers"], DOCUMENT)
        sent = {one: post.headers[one] for one in headers["properties"] if one in post.headers}
        payload = EVENT if name == "custom" else message["payload"]
        whole = misfits(sent, headers) + misfits(json.loads(post.body), payload)
        found.setdefault(event_type, []).extend(whole)
        assert post.headers["Content-Type"] == message["contentType"]
    assert [faults for faults in found.values() if faults] == []
    assert {*ALL, PING} <= found.keys()


@pytest.mark.usefixtures("cloud")
def test_the_document_is_served_to_the_api_token():
    bearer = {"authorization": f"Bearer {API_TOKEN}"}

    answers = [call(path="/asyncapi.json", headers=bearer), call(path="/asyncapi.json")]

    assert [answer.status for answer in answers] == [200, 401]
    assert json.loads(answers[0].text) == DOCUMENT
    assert [misfits_of_answer(answer, "/asyncapi.json", "get") for answer in answers] == [[], []]


@pytest.mark.usefixtures("cloud")
def test_the_help_page_names_every_format_and_leads_to_the_document():
    page = Visitor().get("/help")

    assert 'href="/asyncapi.json"' in page.text
    assert [name for name in FORMATS if f"<code>{name}</code>" not in page.text] == []
    assert Visitor().get("/asyncapi.json").status == 200
