"""Batches of calls, and what is said where a call cannot be answered."""

import json
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.tables import Settings, Task
from chalicelib.services.tasks import lifecycle
from chalicelib.web.jsonrpc import PROCEDURES
from chalicelib.web.jsonrpc import rpc as rpc_module
from chalicelib.web.jsonrpc.base import ANYBODY, Procedure
from tests.support.deliveries import logged
from tests.support.http_calls import error, post_rpc, result, rpc
from tests.web.jsonrpc.test_rpc import (
    AS_JSON,
    METHOD_NOT_FOUND,
    NOT_AN_OBJECT,
    NOTHING,
    answered,
    calling,
    failed,
    post,
)

pytestmark = pytest.mark.usefixtures("cloud")

BATCHES = "Invalid Request: a batch takes 1 to 100 calls, not "


def test_a_batch_that_is_empty_or_too_long_is_one_invalid_request():
    batches: list[list[Any]] = [[], [calling(id=1)] * 101]

    answers = [post(batch) for batch in batches]

    faults = ({"code": -32600, "message": BATCHES + str(len(batch))} for batch in batches)
    assert answers == [failed(None, fault) for fault in faults]


def test_each_entry_that_is_no_call_is_an_invalid_request():
    batches: list[list[Any]] = [[1], [1, 2, 3], [[]], [None, [calling(id=1)]]]

    assert [post(batch) for batch in batches] == [
        [failed(None, NOT_AN_OBJECT)] * len(batch) for batch in batches
    ]


def test_a_mixed_batch_is_answered_entry_by_entry_in_its_order():
    batch = [
        calling("createTask", params=["first", 1], id="1"),
        calling("createTask", params=["unheard", 1]),
        calling("getTaskTags", params=[2], id="2"),
        {"foo": "boo"},
        calling("foo.get", params={"name": "myself"}, id="5"),
        calling(id="9"),
    ]

    assert post(batch) == [
        answered("1", 1),
        answered("2", {}),
        failed(None, {"code": -32600, "message": 'Invalid Request: jsonrpc takes "2.0"'}),
        failed("5", METHOD_NOT_FOUND),
        answered("9"),
    ]


def test_a_batch_of_notifications_is_done_and_not_answered():
    batch = [calling("createTask", params=["x", 1])] * 2

    assert post_rpc(json.dumps(batch)) == NOTHING
    assert [task.title for task in Task.scan()] == ["x", "x"]


def test_a_batch_of_a_hundred_keeps_ids_that_are_the_same():
    assert post([calling(id=7)] * 100) == [answered(7)] * 100


def test_a_batch_of_one_is_answered_by_a_batch_of_one():
    assert post([calling(id=1)]) == [answered(1)]


def test_a_header_says_why_a_result_is_false():
    answer = rpc("createTask", {"title": "", "project_id": 9})

    assert json.loads(answer.text) == answered(1, value=False)
    assert answer.headers == {
        **AS_JSON,
        "X-Failure-Reason": (
            "createTask: title: is required; project_id: there is no active project 9"
        ),
    }


def test_a_header_says_why_in_a_batch_too():
    answer = post_rpc(json.dumps([calling("removeTask", params=[n], id=n) for n in (1, 2)]))

    assert json.loads(answer.text) == [answered(1, value=False), answered(2, value=False)]
    assert (
        answer.headers["X-Failure-Reason"]
        == "removeTask: there is no task 1; removeTask: there is no task 2"
    )


def test_a_header_holds_nothing_that_a_header_cannot():
    answer = rpc("getUserByName", ["a\r\nSet-Cookie: b\0\x1b\x7f\x85\u20ac" + "x" * 5000])

    reason = answer.headers["X-Failure-Reason"]
    assert reason.startswith("getUserByName: there is no user a  Set-Cookie: b")
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) == 1000


def test_half_a_surrogate_pair_is_no_text():
    calls = [
        ("createTask", {"title": "\ud800", "project_id": 1}, "title"),
        ("createTask", {"title": "x", "project_id": 1, "tags": ["\udfff"]}, "tags"),
        ("createUser", {"username": "ada", "password": "secret", "name": "\ud800"}, "name"),
        ("updateUser", {"id": 1, "email": "\ud800"}, "email"),
        ("getUserByName", {"username": "\ud800"}, "username"),
        ("createEndpoint", {"url": "http://127.0.0.1/", "id": "\ud800"}, "id"),
    ]

    errors = [error(rpc(method, params)) for method, params, _ in calls]

    assert errors == [
        (-32602, f"Invalid params: {field}: must be valid UTF-8") for _, _, field in calls
    ]


def test_what_names_nothing_or_changes_nothing_is_no_fault_of_ours():
    result("createTask", ["x", 1])
    long = "x" * 5000

    changed = [result(method, [1]) for method in ("updateUser", "updateTask", "updateProject")]
    found = [result("getTaskByReference", [1, ""]), result("getTaskByReference", [1, long])]
    found += [result(method, [long]) for method in ("getUserByName", "getProjectByIdentifier")]

    assert (changed, found) == ([True] * 3, [None, None, None, False])


def test_a_procedure_that_fails_shows_nothing_of_the_inside(monkeypatch, caplog):
    inside = "the secret" + " of the inside"

    def fail_now(_):
        raise RuntimeError(inside)

    monkeypatch.setitem(
        PROCEDURES, "failNow", Procedure(fail_now, ANYBODY, otherwise=False, id_is="task_id")
    )

    assert post(calling("failNow", id=1)) == failed(
        1, {"code": -32603, "message": "Internal error"}
    )
    [told] = logged(caplog, "rpc_failed")
    assert (told["method"], told["error"]) == ("failNow", "RuntimeError")
    assert inside not in str([vars(record) for record in caplog.records])


def test_a_procedure_that_fails_does_not_end_its_batch(monkeypatch):
    monkeypatch.setitem(
        PROCEDURES, "failNow", Procedure(lambda _: 1 / 0, ANYBODY, otherwise=False, id_is="task_id")
    )

    answers = post([calling("failNow", id=1), calling(id=2)])

    assert answers == [failed(1, {"code": -32603, "message": "Internal error"}), answered(2)]


def test_a_store_that_is_away_is_an_internal_error():
    Task.delete_table()

    code, message = error(rpc("createTask", ["x", 1]))

    assert (code, message.partition("(")[0]) == (
        -32603,
        "Internal error: the store cannot be reached ",
    )


def test_who_asks_cannot_be_told_while_the_store_is_away():
    Settings.delete_table()

    answer = rpc("getTimezone")

    assert (answer.status, json.loads(answer.text)["id"], error(answer)[0]) == (200, None, -32603)


def test_a_taskhook_that_was_never_started_says_so():
    Settings("settings").delete()

    assert error(rpc("getTimezone")) == (
        -32603,
        "Internal error: settings: this Taskhook was never started",
    )


def test_an_answer_that_is_too_large_says_how_to_page():
    for _ in range(5):  # each quote is 4 bytes of what Lambda hands on
        lifecycle.create_task({"title": "x", "description": '"' * 390_000})

    code, message = error(rpc("getAllTasks", {"project_id": 1}))
    pages = [
        result("getAllTasks", {"project_id": 1, "limit": 3, "offset": offset}) for offset in (0, 3)
    ]

    assert code == -32000
    assert '"limit" and "offset"' in message
    assert [task["id"] for page in pages for task in page] == ["1", "2", "3", "4", "5"]


def test_of_a_batch_whose_answers_are_too_large_in_all_those_that_fit_are_kept():
    lifecycle.create_task({"title": "x", "description": '"' * 390_000})

    answers = post([calling("getTask", params=[1], id=n) for n in range(5)])

    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert ([answer["id"] for answer in answers], codes) == (
        [0, 1, 2, 3, 4],
        [None, None, None, None, -32000],
    )


def test_of_a_batch_that_takes_too_long_the_rest_is_not_made(monkeypatch):
    monkeypatch.setattr(rpc_module, "LONGEST_BATCH", 0.0)

    answers = post([calling("createTask", params=["x", 1], id=n) for n in range(2)])

    assert [(answer["id"], answer["error"]["code"]) for answer in answers] == [
        (0, -32001),
        (1, -32001),
    ]
    assert list(Task.scan()) == []
