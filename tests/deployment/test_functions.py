"""The zip at work: four functions under AWS's emulator, each with its template and role."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support import event_sources, function_roles, page_visits
from tests.support.cloud import TICK
from tests.support.http_calls import FORM
from tests.support.packaged_lambdas import PREFIX, Lambdas, running
from tests.support.stack_names import FUNCTIONS
from tools import emulator

pytestmark = ONE_WORKER

UNREADABLE = {"eventID": "broken", "dynamodb": {"Keys": {"task_id": {"N": "7"}}}}

NOT_SEEN = {
    # A secret that another Lambda was quicker to make.
    # What a page of sources lists.
    "APIHandler": {
        ("dynamodb:GetItem", PREFIX + "endpoints"),
        ("dynamodb:Query", PREFIX + "payloads/index/by_source"),
    },
    # What Lambda does in a function's name; another Lambda that was quicker; an event behind one
    # that waits; the record of an event that the store refuses; the tasks of comments, and failed
    # deliveries, for who asks for these; an endpoint that gives up at once; a long column whose
    # tasks are counted.
    "Dispatch": {
        ("dynamodb:DescribeStream", PREFIX + "tasks/stream"),
        ("dynamodb:GetRecords", PREFIX + "tasks/stream"),
        ("dynamodb:GetShardIterator", PREFIX + "tasks/stream"),
        ("dynamodb:ListStreams", PREFIX + "tasks/stream"),
        ("dynamodb:DescribeStream", PREFIX + "comments/stream"),
        ("dynamodb:GetRecords", PREFIX + "comments/stream"),
        ("dynamodb:GetShardIterator", PREFIX + "comments/stream"),
        ("dynamodb:ListStreams", PREFIX + "comments/stream"),
        ("dynamodb:BatchGetItem", PREFIX + "tasks"),
        ("dynamodb:GetItem", PREFIX + "deliveries"),
        ("dynamodb:UpdateItem", PREFIX + "deliveries"),
        ("dynamodb:GetItem", PREFIX + "endpoints"),
        ("dynamodb:Query", PREFIX + "deliveries/index/pending"),
        ("dynamodb:PutItem", PREFIX + "events"),
        ("dynamodb:UpdateItem", PREFIX + "settings"),
        ("dynamodb:Query", PREFIX + "tasks/index/by_column"),
        ("dynamodb:PutItem", PREFIX + "settings"),
    },
    # The names that the format kanboard-events shows; who asks for failed deliveries.
    "Retry": {
        ("dynamodb:GetItem", PREFIX + "deliveries"),
        ("dynamodb:PutItem", PREFIX + "deliveries"),
        ("dynamodb:Scan", PREFIX + "projects"),
        ("dynamodb:Scan", PREFIX + "users"),
        ("sqs:ReceiveMessage", "RetryQueue"),
        ("sqs:DeleteMessage", "RetryQueue"),
        ("sqs:GetQueueAttributes", "RetryQueue"),
        ("dynamodb:GetItem", PREFIX + "endpoints"),
    },
    # An endpoint for which nothing has waited for two minutes; deliveries that are so old that they
    # are counted.
    "Sweep": {
        ("dynamodb:UpdateItem", PREFIX + "endpoints"),
        ("dynamodb:BatchGetItem", PREFIX + "settings"),
        ("dynamodb:PutItem", PREFIX + "settings"),
    },
}
"""What a role allows though the journey has no need of it."""


class Journey(NamedTuple):
    """What became of a task."""

    added: Mapping[str, Any]
    refused: Mapping[str, Any]
    dispatched: list[Any]
    swept: list[Any]
    retried: list[Any]
    called: Mapping[str, list[Any]]
    seen: list[int]  # the statuses of pages that were opened after a sign-in


CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "people": [
        ("createUser", {"username": "ada", "password": "correct horse"}),
        ("updateUser", {"id": 2, "username": "eve", "role": "app-admin"}),
        ("updateUser", {"id": 2, "role": "app-user"}),
        ("createProject", {"name": "Ours", "identifier": "ours", "owner_id": 2}),
        ("updateProject", {"project_id": 2, "identifier": "theirs"}),
        ("getProjectByIdentifier", {"identifier": "theirs"}),
        ("createCategory", {"project_id": 2, "name": "Bug"}),
    ],
    "tasks": [
        (
            "createTask",
            {"title": "Try", "project_id": 2, "category_id": 1, "owner_id": 2, "reference": "R-1"},
        ),
        ("getTaskByReference", {"project_id": 2, "reference": "R-1"}),
        ("moveTaskPosition", {"project_id": 2, "task_id": 2, "column_id": 6, "position": 1}),
        ("createComment", {"task_id": 2, "user_id": 2, "content": "Done"}),
        ("updateComment", {"id": 2 * 2**20 + 1, "content": "Done at last"}),
        ("getBoard", {"project_id": 2}),
        ("getAllTasks", {"project_id": 2, "limit": 10}),
        ("getAllComments", {"task_id": 2}),
        ("createComment", {"task_id": 2, "user_id": 2, "content": "Thanks"}),
        ("removeComment", {"comment_id": 2 * 2**20 + 1}),
        ("getProjectActivity", {"project_id": 2}),
    ],
    "deliveries": [
        ("createEndpoint", {"url": "https://127.0.0.1:1/", "id": "new"}),
        ("updateEndpoint", {"id": "new", "events": ["task.removed"]}),
        ("testEndpoint", {"endpoint_id": "well"}),
        ("testEndpoint", {"endpoint_id": "new"}),
        ("removeEndpoint", {"endpoint_id": "new"}),
        ("getDeliveries", {}),
        ("retryDelivery", {"delivery_id": "well.1.1"}),
    ],
    "sources": [
        ("createSource", {"id": "ci", "secret": "a-secret-of-a-source", "each": "payload"}),
        ("updateSource", {"id": "ci", "name": "CI"}),
        ("trySource", {"id": "ci", "payload": [{"title": "x", "key": "x"}]}),
        ("createSource", {"id": "old"}),
        ("removeSource", {"id": "old"}),
    ],
    "removal": [
        ("removeProject", {"project_id": 2}),
        ("removeUser", {"user_id": 2}),
    ],
}
"""Calls of Kanboard's API that have need of all that the role allows."""


@pytest.fixture(scope="module")
def lambdas(unpacked, expanded, tmp_path_factory) -> Iterator[Lambdas]:
    with running(unpacked, expanded["Resources"], tmp_path_factory.mktemp("lambdas")) as begun:
        yield begun


@pytest.fixture(scope="module")
def journey(lambdas) -> Journey:
    """A new task whose event is repeated, its message lost, and a row before it broken."""
    added = lambdas.api.invoke(
        event_sources.adding("the-token", "Büro\u2028", owner_id="1", idempotency_key="once")
    )
    refused = lambdas.api.invoke(event_sources.adding("guess", "Write"))
    _take_off_the_board(lambdas.store_url)
    batch = {
        "Records": [UNREADABLE, *event_sources.records_of(lambdas.store_url, PREFIX + "tasks")]
    }
    dispatched = [lambdas.dispatch.invoke(batch), lambdas.dispatch.invoke(batch)]
    lambdas.retries.lose()
    lambdas.sweep.invoke(TICK)
    swept = lambdas.retries.take(wait=2)
    _spoil_a_row(lambdas.store_url)
    retried = [lambdas.retry.invoke({"Records": swept})]
    lambdas.ill.status = 204
    again = lambdas.retries.take(wait=2)
    lambdas.retries.put({"endpoint_id": "ill", "lane": None})
    retried.append(lambdas.retry.invoke({"Records": [*again, *lambdas.retries.take()]}))
    called = {
        name: json.loads(lambdas.api.invoke(event_sources.rpc(*calls))["body"])
        for name, calls in CALLS.items()
    }
    for _ in range(2):
        items = [{"title": "One"}, {"title": "Two"}]
        lambdas.api.invoke(event_sources.sending("ci", items, "a-secret-of-a-source"))
    me = json.loads(
        lambdas.api.invoke(event_sources.rpc(("getMe", {}), credentials="admin:secret"))["body"]
    )
    seen = _look_around(lambdas.api)
    return Journey(
        added,
        refused,
        dispatched,
        event_sources.contents(swept),
        retried,
        called | {"me": me},
        seen,
    )


def _look_around(api: emulator.Function) -> list[int]:
    """Sign in, keep the first password, and open pages."""

    def visit(method: str, address: str, **fields: str) -> page_visits.Page:
        page = page_visits.page_of(
            api.invoke(page_visits.event_of(method, address, headers, urlencode(fields)))
        )
        for name, value in page.headers.items():
            if name.lower() == "set-cookie":
                headers["cookie"] = page_visits.cookie_of(
                    value[0] if isinstance(value, list) else value
                )
        return page

    headers = {"content-type": FORM, "host": "example.com"}
    visit(
        "POST",
        "/sign-in",
        username="admin",
        password="secret",
        csrf_token=_csrf_token(visit("GET", "/sign-in")),
    )
    visit("POST", "/password", keep="1", csrf_token=_csrf_token(visit("GET", "/password")))
    paths = ("/tasks/1", "/deliveries", "/boards/1/closed", "/deliveries/well.1.1")
    return [visit("GET", path).status for path in paths]


def _csrf_token(page: page_visits.Page) -> str:
    return re.findall('name="?csrf_token"? value="([^"]+)"', page.text)[0]


def _take_off_the_board(store_url: str) -> None:
    """Remove what the board's index goes by, which no body shows."""
    key = {"task_id": {"N": "1"}}
    names = {"#rank": "rank"}
    event_sources.client("dynamodb", store_url).update_item(
        TableName=PREFIX + "tasks",
        Key=key,
        UpdateExpression="REMOVE #rank",
        ExpressionAttributeNames=names,
    )


def _spoil_a_row(store_url: str) -> None:
    """Put an unreadable delivery before the others of its lane, like a slip in the console."""
    row = {
        "lane": {"S": "ill.1"},
        "sequence": {"S": "0"},
        "endpoint_id": {"S": "ill"},
        "due_at": {"N": "1"},
    }
    event_sources.client("dynamodb", store_url).put_item(TableName=PREFIX + "deliveries", Item=row)


def test_a_task_is_added_and_its_event_reaches_every_endpoint_in_the_end(journey, lambdas):
    posts = lambdas.ill.received

    assert (journey.added["statusCode"], journey.added["body"]) == (200, "OK")
    assert journey.dispatched == [{"batchItemFailures": []}, {"batchItemFailures": []}]
    assert journey.retried == [{"batchItemFailures": []}, {"batchItemFailures": []}]
    assert [post.headers["X-Taskhook-Attempt"] for post in posts] == ["1", "2", "3"]
    assert {post.path for post in posts} == {"/hook?from=ci&token=the-token"}
    body = json.loads(posts[-1].body)
    assert (body["task_id"], body["title"]) == (1, "Büro\u2028")


@pytest.mark.parametrize("group", [*CALLS, "me"])
def test_kanboards_api_answers(journey, group):
    refused = [
        answer
        for answer in journey.called[group]
        if not answer.get("result") and answer["id"] != "getProjectActivity"
    ]

    assert refused == []


def test_the_pages_show_a_task_the_deliveries_and_what_is_closed(journey):
    assert journey.seen == [200, 200, 200, 200]  # though a row among the deliveries is spoilt


def test_a_wrong_token_is_refused(journey):
    assert (journey.refused["statusCode"], journey.refused["body"]) == (401, "Not Authorized")


def test_a_batch_that_comes_again_is_posted_once_and_retried_with_the_same_id(journey, lambdas):
    """The batch is older than the process, so that what is recorded is asked for."""
    posts = [post for post in lambdas.well.received if post.headers["X-Taskhook-Event"] != "ping"]

    assert (len(posts), len(journey.dispatched)) == (1, 2)
    assert len({post.headers["webhook-id"] for post in posts + lambdas.ill.received}) == 1


def test_the_sweep_finds_what_a_lost_message_would_have_brought_back(journey):
    assert journey.swept == [{"endpoint_id": "ill", "lane": "ill.1"}]


@pytest.mark.usefixtures("journey")
def test_what_cannot_be_used_lies_in_the_failure_queue(lambdas):
    held = event_sources.contents(lambdas.failures.take())

    assert [(aside["kind"], aside.get("sequence")) for aside in held] == [
        ("record", None),
        ("record", None),
        ("delivery", "0"),
    ]


@pytest.mark.usefixtures("journey")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_calls_nothing_that_its_role_does_not_allow(lambdas, resources, function):
    assert lambdas.relays[function].calls - function_roles.allowed(resources, function) == set()


@pytest.mark.usefixtures("journey")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_nothing_that_its_function_never_calls(lambdas, resources, function):
    assert (
        function_roles.allowed(resources, function) - lambdas.relays[function].calls
        == NOT_SEEN[function]
    )


@pytest.mark.usefixtures("journey")
def test_every_attempt_is_logged_with_its_request_its_event_and_its_delivery(lambdas):
    [post, *_] = lambdas.well.received

    told = [line for line in lambdas.dispatch.told("attempt") if line["endpoint_id"] == "well"]

    assert {(line["event_id"], line["status"]) for line in told} == {
        (post.headers["webhook-id"], "delivered")
    }
    assert {line["delivery_id"].rpartition(".")[0] for line in told} == {"well.1"}
    # The repeat of the batch finds it recorded.
    assert len({line["requestId"] for line in told}) == len(told) == 1


@pytest.mark.usefixtures("journey")
def test_every_function_tells_its_metrics_in_one_line_of_a_call(lambdas):
    dispatched = lambdas.dispatch.told("metrics")

    assert metric_names(lambdas.api) == {"TasksAdded", "RefusedForToken"}
    assert metric_names(lambdas.dispatch) == {"Delivered", "AttemptsFailed", "ArrivalMs"}
    # On a slow machine it fails twice.
    assert metric_names(lambdas.retry) - {"Delivered"} == {"AttemptsFailed"}
    assert metric_names(lambdas.sweep) == {
        *("RetriesWaiting", "OldestDueSeconds", "EndpointsSuspended", "EndpointsDisabled")
    }
    stack = PREFIX.removesuffix("-")
    told = [(line["Delivered"], line.get("AttemptsFailed"), line["Stack"]) for line in dispatched]
    assert told == [(1, 1, stack)]  # the repeat of the batch finds all of it recorded


def metric_names(function: emulator.Function) -> set[str]:
    """Return the names of the metrics that CloudWatch reads out of a function's log."""
    directives = [line["_aws"]["CloudWatchMetrics"][0] for line in function.told("metrics")]
    return {metric["Name"] for directive in directives for metric in directive["Metrics"]}
