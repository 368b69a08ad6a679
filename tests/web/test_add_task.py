"""Adding a task by URL: who may, how it is said, and what is answered."""

import json

import pytest

from chalicelib.adapters.dynamodb import tables
from chalicelib.adapters.dynamodb.tables import Settings, Task
from chalicelib.services.accounts import settings
from chalicelib.services.tasks import lifecycle
from tests.support.cloud import API_TOKEN, TOKEN
from tests.support.http_calls import FORM, JSON, add, call, post_form, post_json
from tests.support.stored_tasks import titles

pytestmark = pytest.mark.usefixtures("cloud")

ADD = "controller=task&action=add"
TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def test_a_task_is_added():
    answer = add("title=Buy+milk")

    assert answer == (200, "OK", TEXT | {"X-Task-Id": "1"})
    assert lifecycle.find_task(1).title == "Buy milk"


def test_both_addresses_methods_and_spellings_add_a_task():
    routes = [
        ADD,
        "controller=webhook&action=task",
        "controller=Task&action=ADD",
        "action=Task&controller=WEBHOOK",
    ]

    answers = [
        call(f"{route}&token={TOKEN}&title=x", path=path, method=method)
        for route in routes
        for path in ("/", "/index.php")
        for method in ("GET", "POST")
    ]

    assert [answer.status for answer in answers] == [200] * 16
    assert titles() == ["x"] * 16


@pytest.mark.parametrize(
    "query",
    [
        "",
        "controller=task",
        "action=add",
        "controller=task&action=task",
        "controller=webhook&action=add&title=x",
    ],
)
def test_what_else_the_address_is_asked_is_not_found(query):
    answer = call(f"{query}&token={TOKEN}")

    assert (answer.status, titles()) == (404, [])
    assert answer.text == (
        "Not Found: a task is added at ?controller=task&action=add&title=..., the pages begin at "
        "/boards"
    )


def test_every_parameter_is_kept():
    answer = add(
        "title=%E4%BD%A0&description=a%0Ab&color_id=red&project_id=1&column_id=3&owner_id=1&category_id=0"
    )

    task = lifecycle.find_task(1)
    assert answer.status == 200
    assert (task.title, task.description, task.color_id) == ("你", "a\nb", "red")
    assert (task.project_id, task.column_id, task.owner_id, task.category_id) == (1, 3, 1, 0)


def test_a_title_of_200_emoji_is_kept():
    assert post_form(title="\N{PILE OF POO}" * 200).status == 200

    assert titles() == ["\N{PILE OF POO}" * 200]


def test_other_parameters_are_ignored():
    assert add("title=x&score=9&is_active=0&title%5B%5D=y&__proto__=z").status == 200
    assert post_json({"title": "x", "tags": [1], "swimlane": {"id": 1}}).status == 200

    assert {(task.score, task.is_active) for task in Task.scan()} == {(0, 1)}


def test_parameters_that_are_ignored_are_named_once_the_token_is_right():
    added = add("title=x&colour=red&title%5B%5D=y&a%0Ab=z&idempotency_key=k")
    refused = post_json({"heading": "x", "tags": [1]})
    unknown = call(f"{ADD}&token=wrong&colour=red")

    assert [answer.headers.get("X-Ignored-Parameters") for answer in (added, refused, unknown)] == [
        "colour, title[], a%0Ab",
        "heading, tags",
        None,
    ]


def test_the_names_of_ignored_parameters_fit_a_header_and_none_is_left_out_in_silence():
    long = post_form(title="x", **{"n" * 20_000: "y", "m": "y"})
    many = post_form(title="x", **{f"field{number}": "y" for number in range(100, 300)})

    named = [f"field{number}" for number in range(100, 200)]
    assert long.headers["X-Ignored-Parameters"] == f"{'n' * 100} (cut), m"
    assert many.headers["X-Ignored-Parameters"] == ", ".join([*named, "and 100 more"])


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": FORM}, "=lost&title=x"),
        ({"content-type": JSON}, '{"": "lost", "title": "x"}'),
        (
            {"content-type": "multipart/form-data; boundary=b"},
            'Content-Disposition: form-data; name="title"\r\n\r\nx\r\n'.join(["--b\r\n"] * 2)
            + "Content-Disposition: form-data\r\n\r\nlost\r\n--b--\r\n",
        ),
    ],
    ids=["form", "JSON", "parts"],
)
def test_a_value_without_a_name_is_not_dropped_in_silence(headers, body):
    answer = add(method="POST", headers=headers, body=body)

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, '""')


def test_of_a_parameter_given_twice_the_last_counts():
    assert add("title=first&title=last&color_id=pink&color_id=red").status == 200
    assert call(f"{ADD}&token=wrong&token={TOKEN}&title=token").status == 200
    assert call(f"{ADD}&token={TOKEN}&token=wrong&title=x").status == 401
    body = "title=form-first&title=form-last"
    assert add(method="POST", headers={"content-type": FORM}, body=body).status == 200

    assert titles() == ["form-last", "last", "token"]


def test_a_form_and_a_json_object_say_the_same():
    form = post_form(title="Größe", owner_id="1", color_id="grey")
    as_json = post_json({"title": "Größe", "owner_id": 1, "color_id": "grey", "description": None})

    assert (form.status, as_json.status) == (200, 200)
    one, other = (lifecycle.find_task(number).attribute_values for number in (1, 2))
    assert {name for name in one if one[name] != other[name]} <= {
        "task_id",
        "position",
        "rank",
        "date_creation",
    }


def test_all_of_it_may_stand_in_the_body():
    body = json.dumps({"controller": "task", "action": "add", "token": TOKEN, "title": "x"})

    assert (
        call(
            method="POST", headers={"Content-Type": "application/json; charset=utf-8"}, body=body
        ).status
        == 200
    )


def test_the_query_wins_over_the_body():
    post_form("title=query", title="form")
    post_json({"title": ["never read"]}, "title=query")

    assert titles() == ["query", "query"]


@pytest.mark.parametrize("media_type", ["text/plain", "image/png", ""])
def test_a_body_of_another_kind_is_ignored_but_never_in_silence(media_type):
    answer = add(
        "title=query", method="POST", headers={"content-type": media_type}, body="title=body\0"
    )

    assert (answer.status, answer.headers["X-Ignored-Parameters"], titles()) == (
        200,
        "body",
        ["query"],
    )


def test_where_something_is_missing_a_body_that_was_not_read_is_named():
    answer = add(method="POST", headers={"content-type": "text/xml"}, body="<title>x</title>")

    assert answer.status == 400
    assert answer.headers["X-Failure-Reason"] == (
        "title: is required; body: is not read: send it as a form or as JSON, with its Content-Type"
    )


@pytest.mark.parametrize("media_type", [FORM, "text/plain", ""])
def test_a_json_object_is_read_whatever_it_is_called(media_type):
    answer = add(method="POST", headers={"content-type": media_type}, body=' {"title": "x"}')

    assert (answer.status, titles()) == (200, ["x"])


def test_the_body_of_a_get_is_ignored_but_never_in_silence():
    answer = add(
        "title=query", headers={"content-type": JSON, "content-encoding": "br"}, body="not JSON"
    )

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, "body")


def test_a_parameter_whose_name_is_body_is_ignored_as_others_are():
    answers = [post_form(title="x", body="y"), post_json({"title": "x", "body": ["y"]})]

    assert [(answer.status, answer.headers["X-Ignored-Parameters"]) for answer in answers] == [
        (200, "body")
    ] * 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/index.php", "/jsonrpc.php"])
def test_nobody_keeps_an_answer_of_the_hook_or_of_the_api(method, path):
    answers = [
        call(query, method=method, path=path)
        for query in ("", f"{ADD}&token={TOKEN}&title=x", f"{ADD}&token=x")
    ]

    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 3


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose"])
@pytest.mark.parametrize(
    "purpose", ["prefetch", "prefetch;prerender", " Prefetch; anonymous-client-ip"]
)
def test_a_prefetch_adds_nothing(header, purpose):
    answer = add("title=x", headers={header: purpose})

    assert (answer.status, answer.text, titles()) == (503, "FAILED", [])


def test_a_request_that_somebody_has_meant_is_no_prefetch():
    assert add("title=x", headers={"Purpose": "backup"}).status == 200


def test_what_an_endpoint_of_taskhook_sends_adds_no_task():
    answer = add("title=x", headers={"X-Taskhook-Event": "task.created"})

    assert (answer.status, titles()) == (400, [])
    assert answer.headers["X-Failure-Reason"] == (
        "X-Taskhook-Event: an endpoint of Taskhook adds no tasks: that would never end"
    )


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer   {TOKEN} "])
def test_a_bearer_token_serves_in_place_of_the_parameter(header):
    assert call(f"{ADD}&title=x", headers={"Authorization": header}).status == 200


@pytest.mark.parametrize(
    "header", [f"Basic {TOKEN}", TOKEN, "Bearer", "Bearer ", f"Bearer {API_TOKEN}"]
)
def test_another_authorization_does_not_serve(header):
    assert call(f"{ADD}&title=x", headers={"Authorization": header}).status == 401


def test_without_the_webhook_token_nothing_is_read_or_said(cloud):
    tokens = [
        "",
        "&token=",
        "&token=wrong",
        f"&token={TOKEN}x",
        f"&token={API_TOKEN}",
        "&token=%FF",
    ]
    tasks = ["&title=x", "", "&title=x&project_id=abc"]

    answers = [call(ADD + token + task) for token in tokens for task in tasks]

    assert answers == [(401, "Not Authorized", TEXT)] * len(answers)
    assert (titles(), cloud.records()) == ([], [])


def test_the_token_is_compared_before_the_body_is_judged():
    query = f"{ADD}&token=wrong"

    answer = call(query, method="POST", headers={"content-type": JSON}, body="not JSON")

    assert answer.status == 401


def test_a_rotated_token_holds_at_once():
    token = settings.rotate_webhook_token()

    assert [call(f"{ADD}&title=x&token={one}").status for one in (token, TOKEN)] == [200, 401]


def test_a_token_that_was_changed_in_the_console_holds_at_once_too(monkeypatch):
    monkeypatch.setattr(settings.CACHE, "_lifetime", 1000)
    add("title=fills+the+cache")

    Settings("settings").update(actions=[Settings.webhook_token.set("by-hand")])

    assert call(f"{ADD}&title=x&token=by-hand").status == 200


def test_no_other_method_creates_a_task():
    methods = ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]

    answers = [
        add("title=x", method=method, path=path)
        for method in methods
        for path in ("/", "/index.php")
    ]

    assert {answer.status for answer in answers} == {405}
    assert titles() == []


def test_what_looks_at_a_link_with_head_is_answered_as_get_but_adds_nothing():
    browser = {"accept": "text/html"}

    board_link, task_link = (
        call(query, method="HEAD", headers=browser) for query in ("", "controller=task&task_id=7")
    )
    adding = add("title=x", method="HEAD")

    assert [link.headers["Location"] for link in (board_link, task_link)] == ["/boards", "/tasks/7"]
    assert (adding.status, adding.text, adding.headers["Allow"]) == (
        405,
        "Method Not Allowed",
        "GET, POST",
    )
    assert titles() == []


def test_json_is_answered_where_it_is_asked_for():
    headers = {"Accept": "text/html, application/json;q=0.9"}

    added = add("title=x", headers=headers)
    refused = add("title=&color_id=pink", headers=headers)
    unknown = call(f"{ADD}&token=wrong", headers=headers)

    as_json = {"Content-Type": JSON, "Cache-Control": "no-store"}
    assert (added.status, json.loads(added.text)) == (200, {"task_id": 1})
    assert added.headers == as_json | {"X-Task-Id": "1"}
    assert (refused.status, json.loads(refused.text)) == (
        400,
        {
            "errors": {
                "title": "is required",
                "color_id": "takes one of yellow, blue, green, purple, red, orange, grey",
            }
        },
    )
    assert (unknown.status, json.loads(unknown.text)) == (401, {"error": "Not Authorized"})
    assert unknown.headers == as_json


@pytest.mark.parametrize("table", [Settings, Task])
def test_a_store_that_cannot_be_reached_is_said_so(table):
    table.delete_table()

    answer = add("title=x")

    assert answer == (503, "FAILED", TEXT | {"Retry-After": "1"})


def test_a_board_that_was_never_started_asks_for_patience():
    Settings("settings").delete()

    assert add("title=x").status == 503


def test_the_tables_are_there_again_after_they_were_lost():
    Task.delete_table()
    assert add("title=x").status == 503

    tables.create_tables()

    assert add("title=x").status == 200
