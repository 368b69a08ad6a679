"""`/openapi.json`: valid by others' rules, and true of real answers."""

import json

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

import app
from chalicelib.web import add_task
from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.cloud import API_TOKEN
from tests.support.described import DOCUMENT, misfits, misfits_of_answer
from tests.support.every_procedure import TABLE, build
from tests.support.http_calls import ADMIN, NOBODY, add, basic, call, post_json, post_rpc, rpc
from tests.support.inbound import add_source, send
from tests.support.page_visits import Visitor

TEXTS = {"accept": "*/*"}
AS_JSON = {"accept": "application/json"}
BEARER = {"authorization": f"Bearer {API_TOKEN}"}


def test_the_document_is_valid_openapi():
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def is_page(view):
    return "chalicelib.web.pages" in getattr(view, "__wrapped__", view).__module__


def test_every_url_for_programs_is_described_with_its_methods():
    routes = {
        path: {method for method, route in routes.items() if not is_page(route.view_function)}
        for path, routes in app.app.routes.items()
    }

    described = {
        path: {method.upper() for method in item if method != "parameters"}
        for path, item in DOCUMENT["paths"].items()
    }
    assert described == {
        path: methods - {"HEAD", "OPTIONS"} for path, methods in routes.items() if methods
    }


def test_every_parameter_of_a_new_task_and_every_procedure_is_described():
    named = {one["name"] for one in DOCUMENT["paths"]["/"]["get"]["parameters"]}

    assert named == {"controller", "action", "idempotency_key", "Idempotency-Key"} | set(
        add_task.PARAMETERS
    )
    assert {f"{name}.call" for name in PROCEDURES} <= DOCUMENT["components"]["schemas"].keys()


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("headers", [TEXTS, AS_JSON])
def test_what_adding_a_task_answers_is_what_the_document_says(headers):
    key = {"idempotency-key": "k"}

    answers = [
        add("title=x&more=1", headers=headers | key),
        add("title=x&more=1", headers=headers | key),
        add("title=y", headers=headers | key),
        add("title=&owner_id=x", headers=headers),
        call("controller=task&action=add", headers=headers),
        add("title=x", headers=headers | {"content-encoding": "br"}, method="POST", body="x"),
        add("title=x", headers=headers, method="POST", body="x" * 1_100_000),
        add("title=x", headers=headers | {"purpose": "prefetch"}),
    ]

    assert [answer.status for answer in answers] == [200, 200, 422, 400, 401, 415, 413, 503]
    assert [misfits_of_answer(answer, "/", "get") for answer in answers] == [[]] * len(answers)


@pytest.mark.usefixtures("cloud")
def test_what_a_source_answers_is_what_the_document_says():
    add_source()
    add_source("off", is_active=False)

    answers = [
        send({"title": "x"}),
        send({"title": ""}),
        send("{"),
        send({}, query="token=wrong"),
        send({}, "off"),
        send("x" * 1_100_000),
        send("x", headers={"content-encoding": "br"}),
    ]

    assert [answer.status for answer in answers] == [200, 202, 400, 401, 403, 413, 415]
    found = [misfits_of_answer(answer, "/in/{source_id}", "post") for answer in answers]
    assert found == [[]] * len(answers)


@pytest.mark.usefixtures("cloud")
def test_what_the_api_answers_is_what_the_document_says():
    answers = [
        rpc("createTask", {"title": "x", "project_id": 1, "more": 1}),
        rpc("createTask", {"title": "", "project_id": 1}),
        rpc("getTask", {"task_id": []}),
        rpc("nothing"),
        post_rpc('[{"jsonrpc": "2.0", "method": "getVersion", "id": null}, 1]'),
        post_rpc('{"jsonrpc": "2.0", "method": "getVersion"}'),
        post_rpc("{"),
        rpc("getMe", headers=NOBODY),
        rpc("getMe", headers=basic("admin", "wrong")),
        rpc("getMe"),
        post_rpc("[" * 5_000_000),
    ]

    assert [answer.status for answer in answers] == [
        *(200, 200, 200, 200, 200, 204, 200, 401, 401, 403, 413)
    ]
    found = [misfits_of_answer(answer, "/jsonrpc.php", "post") for answer in answers]
    assert found == [[]] * len(answers)


@pytest.mark.usefixtures("caching")
def test_every_procedure_takes_and_returns_what_the_document_says(cloud):
    build(cloud)
    found = {}
    for name, entry in TABLE.items():
        params = entry.parameters()
        called = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}
        answer = json.loads(post_rpc(json.dumps(called), ADMIN).text)
        whole = misfits(called, {"$ref": "#/components/schemas/Call"}, DOCUMENT)
        result = {"$ref": f"#/components/schemas/{name}.result"}
        found[name] = whole + misfits(answer["result"], result, DOCUMENT)

    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "params", [{"title": "x"}, {"project_id": 1}, [], {"title": [], "project_id": 1}]
)
def test_a_call_that_the_api_refuses_does_not_fit_its_schema(params):
    called = {"jsonrpc": "2.0", "id": 1, "method": "createTask", "params": params}

    assert misfits(called, {"$ref": "#/components/schemas/Call"}, DOCUMENT) != []


@pytest.mark.usefixtures("cloud")
def test_the_document_is_served_to_the_api_token_and_names_the_address():
    answer = call(path="/openapi.json", headers=BEARER | {"host": "tasks.example.com"})

    assert answer.status == 200
    document = json.loads(answer.text)
    assert document["servers"] == [{"url": "http://tasks.example.com"}]
    assert document["paths"] == DOCUMENT["paths"]
    assert misfits_of_answer(answer, "/openapi.json", "get") == []


@pytest.mark.usefixtures("cloud")
def test_without_a_token_the_document_is_refused_in_the_words_of_the_hook():
    answers = [
        call(path="/openapi.json"),
        call(path="/openapi.json", headers={"authorization": "Bearer wrong"}),
        call(path="/metrics", headers=AS_JSON),
    ]

    assert [(answer.status, answer.text) for answer in answers] == [
        (401, "Not Authorized"),
        (401, "Not Authorized"),
        (401, '{"error": "Not Authorized"}'),
    ]
    assert [misfits_of_answer(answer, "/metrics", "get") for answer in answers] == [[], [], []]


@pytest.mark.usefixtures("cloud")
def test_a_user_gets_the_document_from_the_help_page():
    page = Visitor().get("/help")

    assert 'href="/openapi.json"' in page.text
    assert Visitor().get("/openapi.json").status == 200
    assert Visitor(0).get("/openapi.json").status == 401


@pytest.mark.usefixtures("cloud")
def test_a_wrong_token_is_refused_even_with_a_session():
    headers = Visitor().headers | {"authorization": "Bearer wrong"}

    assert call(path="/openapi.json", headers=headers).status == 401


@pytest.mark.usefixtures("cloud")
def test_a_post_in_json_may_say_everything_in_its_body():
    schema = DOCUMENT["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    said = {"title": 12, "owner_id": "01", "color_id": None, "description": ""}

    assert misfits(said, schema, DOCUMENT) == []
    assert post_json(said).status == 200
