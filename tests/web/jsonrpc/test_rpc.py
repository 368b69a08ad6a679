"""JSON-RPC 2.0 to the letter: https://www.jsonrpc.org/specification, with our procedures."""

import json

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.tasks import lifecycle
from tests.support.http_calls import APPLICATION, JSON, Answer, call, post_rpc, result

pytestmark = pytest.mark.usefixtures("cloud")

INFINITE = float("inf")  # goes out as 1e999, which is JSON
AS_JSON = {"Content-Type": JSON, "Cache-Control": "no-store"}
NOTHING = Answer(204, "", {"Cache-Control": "no-store"})

PARSE_ERROR = {"code": -32700, "message": "Parse error: the body is not JSON"}
NOT_AN_OBJECT = {"code": -32600, "message": "Invalid Request: a call takes an object"}
METHOD_NOT_FOUND = {"code": -32601, "message": "Method not found"}


def calling(method="getTimezone", **members):
    return {"jsonrpc": "2.0", "method": method, **members}


def answered(call_id, value="UTC"):
    return {"jsonrpc": "2.0", "id": call_id, "result": value}


def failed(call_id, fault):
    return {"jsonrpc": "2.0", "id": call_id, "error": fault}


def post(value):
    """Post a value as JSON, or a text as it is, and return what is answered."""
    body = (
        value if isinstance(value, (str, bytes)) else json.dumps(value).replace("Infinity", "1e999")
    )
    answer = post_rpc(body)
    assert (answer.status, answer.headers) == (200, AS_JSON)
    return json.loads(answer.text)


def test_a_call_is_answered_at_both_addresses_whatever_its_media_type():
    body = json.dumps(calling(id=1))
    types = [
        {"Content-Type": text}
        for text in (JSON, "application/json-rpc; charset=utf-8", "text/plain", "")
    ]

    answers = [
        call(method="POST", path=path, headers=APPLICATION | media_type, body=body)
        for path in ("/jsonrpc.php", "/jsonrpc")
        for media_type in [*types, {}]
    ]

    assert answers == [(200, '{"jsonrpc":"2.0","id":1,"result":"UTC"}', AS_JSON)] * 10


def test_nothing_is_called_but_by_post():
    statuses = {
        call(method=method, path="/jsonrpc.php", headers=APPLICATION).status
        for method in ("GET", "PUT", "DELETE")
    }

    assert statuses == {405}


def test_parameters_are_given_by_position():
    lifecycle.create_task({"title": "x"})
    method = "updateTask"

    assert post(calling(method, params=[1, "first", "red"], id=1)) == answered(1, value=True)
    assert post(calling(method, params=[1, None, "green"], id=2)) == answered(2, value=True)

    task = lifecycle.find_task(1)
    assert (task.title, task.color_id) == ("first", "green")


def test_parameters_are_given_by_name_in_any_order():
    lifecycle.create_task({"title": "x"})

    assert post(calling("updateTask", params={"color_id": "red", "id": 1}, id=3)) == answered(
        3, value=True
    )
    assert post(calling("updateTask", params={"id": "1", "title": "last"}, id=4)) == answered(
        4, value=True
    )

    task = lifecycle.find_task(1)
    assert (task.title, task.color_id) == ("last", "red")


def test_a_notification_is_done_and_not_answered():
    answer = post_rpc(json.dumps(calling("createTask", params=["x", 1])))

    assert answer == NOTHING
    assert lifecycle.find_task(1).title == "x"


def test_a_notification_that_fails_is_not_answered_either():
    answers = [
        post_rpc(json.dumps(calling(method))) for method in ("foobar", "createTask", "getMe")
    ]

    assert answers == [NOTHING] * 3


def test_only_the_names_of_procedures_are_methods():
    names = ["foobar", "", "gettimezone", "get_timezone", "rpc.discover", "__class__", "\ud800"]

    answers = [post(calling(name, id="1")) for name in names]

    assert answers == [failed("1", METHOD_NOT_FOUND)] * len(names)


NOT_JSON = [
    '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    '[{"jsonrpc": "2.0", "method": "getTimezone", "id": "1"}, {"jsonrpc": "2.0", "method"]',
    "",
    " ",
    b"\xff\xfe{}",
    '{"jsonrpc":"2.0","method":"getTimezone","id":NaN}',
    '{"jsonrpc":"2.0","method":"getTimezone","id":1,"params":[-Infinity]}',
    "[" * 100_000,
    '{"params":' * 50_000 + "1" + "}" * 50_000,
]


def test_what_is_not_json_is_a_parse_error():
    assert [post(body) for body in NOT_JSON] == [failed(None, PARSE_ERROR)] * len(NOT_JSON)


def test_what_is_not_utf_8_is_a_parse_error_that_says_so():
    said = post(b'{"jsonrpc":"2.0","method":"getTimezone","id":"\xed\xa0\x80"}')

    assert said == failed(
        None, {"code": -32700, "message": "Parse error: the body must be valid UTF-8"}
    )


def test_what_is_no_object_is_an_invalid_request():
    answers = [post(json.dumps(value)) for value in (1, "x", None, True, 1.5)]

    assert answers == [failed(None, NOT_AN_OBJECT)] * 5


NO_CALLS = [
    ({"jsonrpc": "2.0", "method": 1, "params": "bar"}, "method takes a text"),
    ({}, 'jsonrpc takes "2.0"'),
    ({"method": "getTimezone", "id": None}, 'jsonrpc takes "2.0"'),
    ({"jsonrpc": 2.0, "method": "getTimezone"}, 'jsonrpc takes "2.0"'),
    ({"jsonrpc": "2.0"}, "method takes a text"),
    (calling(params="bar"), "params takes an array or an object"),
    (calling(params=0), "params takes an array or an object"),
    (calling(id=[1]), "id takes a text, a number or null"),
    (calling(id={}), "id takes a text, a number or null"),
    (calling(id=True), "id takes a text, a number or null"),
    ({**calling(), "id": INFINITE}, "id takes a text, a number or null"),
    ({**calling(), "id": -INFINITE}, "id takes a text, a number or null"),
    (
        '{"jsonrpc":"2.0","method":"getTimezone","id":' + "1" * 5000 + "}",
        "id takes a text, a number or null",
    ),
]


def test_a_call_that_is_none_is_an_invalid_request():
    for called, reason in NO_CALLS:
        assert post(called) == failed(
            None, {"code": -32600, "message": f"Invalid Request: {reason}"}
        )


def test_an_id_that_could_be_read_goes_with_an_invalid_request():
    assert post({"jsonrpc": "1.0", "method": "getTimezone", "id": 7})["id"] == 7


def test_an_id_of_every_kind_is_kept():
    numbers = [1, 0, -1, 1.5, -0.5, 1e300, 10**4000]
    ids = [*numbers, None, "1", "", " ", "x" * 10_000, "\u20ac\U0001f4a9\0", "\ud800"]

    answers = [post(calling(id=one)) for one in ids]

    assert answers == [answered(one) for one in ids]
    assert [type(answer["id"]) for answer in answers] == [type(one) for one in ids]


NOT_TAKEN = [
    ("getTask", [], "task_id: is required"),
    ("getTask", None, "task_id: is required"),
    ("getTask", [None], "task_id: is required"),
    ("getTask", [1, 2], "getTask takes 1 parameters, not 2"),
    ("getTask", [[1]], "task_id: takes a whole number, 0 or more"),
    ("getTask", [-1], "task_id: takes a whole number, 0 or more"),
    ("getTask", [1.5], "task_id: takes a whole number, 0 or more"),
    ("getTask", [INFINITE], "task_id: takes a whole number, 0 or more"),
    ("getTask", [True], "task_id: takes a whole number, 0 or more"),
    ("getTask", [2**53], "task_id: takes a whole number, 0 or more"),
    ("getTask", [10**4000], "task_id: takes a whole number, 0 or more"),
    ("getTask", ["\u0661"], "task_id: takes a whole number, 0 or more"),
    ("createTask", [{"title": "x"}, 1], "title: takes a text"),
    (
        "createTask",
        {"title": "x", "project_id": 1, "tags": ["a", 1]},
        "tags: takes an array of texts",
    ),
    ("createTask", {"title": "x", "project_id": 1, "tags": "a"}, "tags: takes an array of texts"),
    ("getProjectActivities", [["x"]], "project_ids: takes a whole number, 0 or more"),
    ("getProjectActivities", [1], "project_ids: takes an array of whole numbers"),
    ("getAssignableUsers", [1, "yes"], "prepend_unassigned: takes true or false"),
]


def test_parameters_that_a_procedure_does_not_take_are_named():
    for method, params, reason in NOT_TAKEN:
        fault = {"code": -32602, "message": f"Invalid params: {reason}"}
        assert post(calling(method, params=params, id=1)) == failed(1, fault)

    assert list(Task.scan()) == []


def test_a_number_may_be_a_text_and_a_text_a_number():
    result("createTask", [42, 1])

    titles = [result("getTask", [task_id])["title"] for task_id in (1, "1", "001", 1.0)]

    assert titles == ["42"] * 4
