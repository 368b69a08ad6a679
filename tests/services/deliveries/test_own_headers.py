"""An endpoint's own headers on their way: sent, and shown nowhere."""

import base64
import json
import logging

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from tests.support.cloud import client_of
from tests.support.deliveries import fail_first, rows, subscribe, task_of_version
from tests.support.http_calls import result, rpc
from tests.support.page_visits import Visitor, form_of
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse

SECRET = "hunter2-and-more"
HEADERS = {"Authorization": f"Bearer {SECRET}", "X-Kind": "{{ type }}"}


@pytest.fixture
def inbox(cloud):  # noqa: ARG001 -- the tables must be there first
    with Inbox() as receiver:
        yield receiver


@pytest.fixture
def admin(cloud):  # noqa: ARG001 -- as above
    return Visitor()


def test_an_endpoint_gets_its_own_headers_with_every_attempt(cloud, inbox):
    subscribe(inbox.url)
    endpoints.change_endpoint("ci", headers=HEADERS)
    fail_first(cloud, inbox)
    cloud.retry_due()

    sent = [(post.headers["Authorization"], post.headers["X-Kind"]) for post in inbox.received]
    assert sent == [(f"Bearer {SECRET}", "task.created")] * 2


def test_no_list_record_log_answer_or_page_shows_a_header(cloud, inbox, admin, caplog):
    caplog.set_level(logging.INFO)
    inbox.status, inbox.answer = 500, f"no {SECRET} Bearer {SECRET} here".encode()
    inbox.answer_headers = {"Location": f"/?{SECRET}"}
    result("createEndpoint", {"url": inbox.url, "id": "ci", "headers": HEADERS})
    task_of_version(1)
    cloud.pump()
    inbox.status = 302
    pinging.ping("ci")

    args = parse
    shown = [
        result("getEndpoints"),
        commands.endpoint_list(args(["endpoint", "list"])),
        commands.endpoint_show(args(["endpoint", "show", "ci", "--secrets"])),
        [row.attribute_values for row in rows()],
        *(admin.get(path).text for path in ("/settings", "/endpoints/ci", "/deliveries")),
        *(admin.get(f"/deliveries/{row.id}").text for row in rows()),
        [vars(record) for record in caplog.records],
    ]
    assert [one for one in shown if "hunter2" in str(one)] == []
    assert [endpoint["headers"] for endpoint in shown[0]] == [dict.fromkeys(HEADERS, "[secret]")]
    assert rows()[0].attempts[0]["answer"] == "no [secret] [secret] here"
    assert "Set: Authorization, X-Kind." in admin.get("/endpoints/ci").seen


def test_the_parts_of_basic_authentication_are_hidden_too(cloud, inbox):
    coded = base64.b64encode(b"me:hunter2").decode()
    inbox.status, inbox.answer = 500, f"bad {coded}".encode()
    subscribe(inbox.url)
    endpoints.change_endpoint("ci", headers={"Authorization": f"Basic {coded}"})
    task_of_version(1)
    cloud.pump()

    assert rows()[0].attempts[0]["answer"] == "bad [secret]"


def test_a_header_that_cannot_be_made_gives_the_delivery_up_and_blames_nobody(cloud, inbox):
    subscribe(inbox.url)
    endpoints.change_endpoint("ci", headers={"X-Key": f"{SECRET} {{{{ lower('日本') }}}}"})
    for _ in range(6):
        task_of_version(1)
    cloud.pump()

    said = {(row.status, row.outcome) for row in rows()}
    assert said == {("failed", "headers: X-Key takes visible characters of Latin-1")}
    assert inbox.received == []
    breaker = endpoints.find_endpoint("ci").endpoint.breaker
    assert (breaker.failures, breaker.suspended_until) == (0, None)


def test_a_row_with_headers_that_cannot_be_read_tells_where_and_not_what(cloud):  # noqa: ARG001 -- as above
    headers = {"S": json.dumps({"X-Key": f"{SECRET} {{{{ join('{SECRET}' }}}}"})}
    item = {"id": {"S": "ci"}, "url": {"S": "http://127.0.0.1:9/"}, "headers": headers}
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)

    [listed] = endpoints.list_endpoints()

    assert "headers: X-Key, column " in str(listed.broken)
    assert "hunter2" not in str(listed.broken)


def test_a_refusal_of_headers_does_not_repeat_them(cloud):  # noqa: ARG001 -- as above
    headers = {"X-Key": f"{SECRET} {{{{ '{SECRET}' ! }}}}"}

    answer = rpc("createEndpoint", {"url": "http://127.0.0.1:9/", "id": "ci", "headers": headers})

    assert "headers: X-Key, column " in answer.headers["X-Failure-Reason"]
    assert "hunter2" not in str(answer)


def test_the_form_keeps_headers_that_it_does_not_show_until_others_are_typed(inbox, admin):
    endpoints.add_endpoint(inbox.url, endpoint_id="ci", headers=HEADERS)
    form = form_of(admin.get("/endpoints/ci"), "save") | {"do": "save"}

    admin.post("/endpoints/ci", **form | {"name": "The wiki"})
    kept = endpoints.find_endpoint("ci").endpoint.headers
    admin.post("/endpoints/ci", **form | {"headers": "{}"})

    assert kept == HEADERS
    assert endpoints.find_endpoint("ci").endpoint.headers == {}
