"""Empty parameters count as absent, and a number is a number, wherever tasks are added."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import TOKEN
from tests.support.http_calls import (
    FORM,
    JSON,
    add,
    call,
    error,
    post_form,
    post_json,
    post_rpc,
    result,
    rpc,
)

pytestmark = pytest.mark.usefixtures("cloud")

OPTIONAL = (
    "description",
    "color_id",
    "project_id",
    "column_id",
    "owner_id",
    "category_id",
    "idempotency_key",
)
BLANKS = ["", " ", "\t \r\n", "\u00a0", "\u200b", "\ufeff "]


def kept(task_id):
    """Return what a task holds, but for what every task has of its own."""
    own = {"task_id", "position", "rank", "date_creation"}
    return {
        name: value
        for name, value in lifecycle.find_task(task_id).attribute_values.items()
        if name not in own
    }


@pytest.mark.parametrize("post", [post_form, lambda **fields: post_json(fields)])
def test_what_is_given_and_is_blank_refuses_no_task(post):
    plain = post(title="x")

    answers = [post(title="x", **dict.fromkeys(OPTIONAL, blank)) for blank in BLANKS]

    assert [answer.status for answer in (plain, *answers)] == [200] * (1 + len(BLANKS))
    assert [kept(number) for number in range(2, 2 + len(BLANKS))] == [kept(1)] * len(BLANKS)


def test_the_seven_parameters_of_a_spreadsheet_may_all_be_empty_but_the_title():
    others = "&".join(f"{name}=" for name in OPTIONAL[:-1])

    added, refused = add(f"title=x&{others}"), add(f"title=&{others}")

    assert (added.status, kept(1)["owner_id"], kept(1)["column_id"], kept(1)["color_id"]) == (
        200,
        0,
        1,
        "blue",
    )
    assert (refused.status, refused.headers["X-Failure-Reason"]) == (400, "title: is required")


def test_null_says_no_more_than_nothing():
    answer = post_json({"title": "x", **dict.fromkeys(OPTIONAL)})

    assert (answer.status, kept(1)["owner_id"], kept(1)["project_id"]) == (200, 0, 1)


def test_an_empty_token_hides_no_bearer_and_an_empty_query_no_body():
    query, header = "controller=task&action=add", {"Authorization": f"Bearer {TOKEN}"}
    bearer = call(f"{query}&token=&title=x", headers=header)
    body = post_json(
        {"title": "body", "owner_id": 1, "color_id": "red"}, "title=query&owner_id=&color_id=%20"
    )

    assert (bearer.status, body.status) == (200, 200)
    assert [kept(2)[name] for name in ("title", "owner_id", "color_id")] == ["query", 1, "red"]


def test_an_empty_token_is_no_token():
    assert call("controller=task&action=add&token=%20&title=x").status == 401


def test_an_empty_key_is_the_key_of_nothing():
    answers = [
        add("title=x&idempotency_key="),
        add("title=x", headers={"Idempotency-Key": ""}),
        add("title=x&idempotency_key=k", headers={"Idempotency-Key": " "}),
        add("title=x&idempotency_key=k"),
    ]

    assert [answer.headers["X-Task-Id"] for answer in answers] == ["1", "2", "3", "3"]


def test_leading_zeros_change_no_id():
    projects.add_project("Second")

    answer = add(f"title=x&project_id=002&column_id=0{'0' * 30}6&owner_id=01&category_id=00")

    assert (answer.status, kept(1)["project_id"], kept(1)["column_id"], kept(1)["owner_id"]) == (
        200,
        2,
        6,
        1,
    )


@pytest.mark.parametrize("number", ["1", "1.0", "1e0", "10e-1", "1.000"])
def test_a_json_number_is_one_id_however_it_is_written(number):
    body = f'{{"title": "x", "project_id": {number}, "column_id": {number}, "owner_id": {number}}}'

    by_hook = add(method="POST", headers={"content-type": JSON}, body=body)
    by_api = result("createTask", json.loads(body, parse_float=float))

    assert (by_hook.status, by_api) == (200, 2)
    assert [
        (kept(one)["project_id"], kept(one)["column_id"], kept(one)["owner_id"]) for one in (1, 2)
    ] == [(1, 1, 1)] * 2


TITLES = ["21.5", "21.50", "1e400", "-0.0", "12345678901234567890123", "1" * 200]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_that_is_a_json_number_is_its_text_as_written(title):
    call_of_api = f'{{"jsonrpc": "2.0", "id": 1, "method": "createTask", "params": [{title}, 1]}}'

    by_hook = add(method="POST", headers={"content-type": JSON}, body=f'{{"title": {title}}}')
    by_api = post_rpc(call_of_api)

    assert (by_hook.status, json.loads(by_api.text)["result"]) == (200, 2)
    assert [task.title for task in Task.scan()] == [title] * 2


def test_a_huge_number_that_counts_for_nothing_is_ignored():
    body = f'{{"title": "x", "n": 1{"0" * 5000}, "e": 1e400}}'

    answer = add(method="POST", headers={"content-type": FORM}, body=body)

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, "n, e")


LEFT_EMPTY = {
    "color_id",
    "column_id",
    "owner_id",
    "creator_id",
    "date_due",
    "description",
    "category_id",
    "score",
}
LEFT_EMPTY |= {
    "swimlane_id",
    "priority",
    "reference",
    "date_started",
    "time_spent",
    "time_estimated",
}
LEFT_EMPTY |= {
    f"recurrence_{name}" for name in ("status", "trigger", "factor", "timeframe", "basedate")
}


@pytest.mark.parametrize("blank", ["", " ", "\u200b", None])
def test_the_api_creates_a_task_of_which_all_else_is_left_empty(blank):
    plain, empty = result("createTask", ["x", 1]), result("createTask", ["x", 1, *[blank] * 12])
    named = result(
        "createTask", {"title": "x", "project_id": 1, **dict.fromkeys(LEFT_EMPTY, blank)}
    )

    assert (plain, empty, named) == (1, 2, 3)
    assert kept(1) == kept(2) == kept(3)


def test_what_a_change_leaves_empty_is_no_number():
    lifecycle.create_task({"title": "x", "owner_id": "1"})

    assert error(rpc("updateTask", {"id": 1, "owner_id": ""}))[1].endswith(
        "owner_id: takes a whole number, 0 or more"
    )
    assert error(rpc("createTask", {"title": "x", "project_id": ""}))[0] == -32602


@pytest.mark.parametrize("title", ["\u200b", "\u00ad\u2060", "\u3164", " \ufe0f ", "\u202e\u202c"])
def test_a_title_that_nobody_can_see_is_none(title):
    lifecycle.create_task({"title": "x"})

    answers = [post_form(title=title), post_json({"title": title})]
    by_api = [result("createTask", [title, 1]), result("updateTask", [1, title])]

    assert [answer.headers["X-Failure-Reason"] for answer in answers] == ["title: is required"] * 2
    assert by_api == [False, False]
    assert [task.title for task in Task.scan()] == ["x"]
