"""Unknown named parameters are ignored, as by Kanboard, and the answer names them."""

import json

import pytest

from chalicelib.services.tasks import lifecycle
from tests.support.http_calls import error, post_rpc, result, rpc
from tests.web.jsonrpc.test_rpc import calling

pytestmark = pytest.mark.usefixtures("cloud")

HEADER = "X-Ignored-Parameters"


def test_a_name_that_is_not_taken_stops_nothing_and_is_named():
    answer = rpc(
        "createTask", {"title": "x", "project_id": 1, "due_date": "2027-01-01", "swimlane": None}
    )

    assert json.loads(answer.text)["result"] == 1
    assert answer.headers[HEADER] == "due_date, swimlane"


def test_what_kanboard_takes_and_taskhook_does_not_is_named():
    answers = [
        rpc("createProject", {"name": "x", "priority_default": 1, "email": "x@example.com"}),
        rpc("updateProject", {"project_id": 1, "priority_end": 9}),
    ]

    assert [answer.headers[HEADER] for answer in answers] == [
        "priority_default, email",
        "priority_end",
    ]


def test_names_are_named_though_the_call_is_an_error_or_refused():
    answers = [
        rpc("createTask", {"heading": "x", "project_id": 1}),
        rpc("getTask", {"task_id": "x", "id": 1}),
        rpc("getTask", {"task_id": 9, "id": 1}),
    ]

    assert [answer.headers[HEADER] for answer in answers] == ["heading", "id", "id"]
    assert [error(answer)[0] for answer in answers[:2]] == [-32602, -32602]
    assert answers[2].headers["X-Failure-Reason"] == "getTask: there is no task 9"


def test_names_of_a_whole_batch_are_named_once():
    batch = [
        calling("createTask", params={"title": "x", "project_id": 1, "a": 1, "b": 2}, id=1),
        calling("createTask", params={"title": "y", "project_id": 1, "b": 1}),
        calling("getTimezone", params={"c": 1}, id=2),
    ]

    answer = post_rpc(json.dumps(batch))

    assert answer.headers[HEADER] == "a, b, c"
    assert [one["result"] for one in json.loads(answer.text)] == [1, "UTC"]


def test_names_of_a_notification_are_named():
    answer = post_rpc(
        json.dumps(calling("createTask", params={"title": "x", "project_id": 1, "a": 1}))
    )

    assert (answer.status, answer.text, answer.headers[HEADER]) == (204, "", "a")
    assert lifecycle.find_task(1).title == "x"


def test_a_name_may_hold_anything_that_a_header_cannot():
    name = "a\r\nSet-Cookie: b, \u20ac[0]"

    answer = rpc("getTimezone", {name: 1, "x" * 5000: 1})

    assert (
        answer.headers[HEADER]
        == "a%0D%0ASet-Cookie%3A%20b%2C%20%E2%82%AC[0], " + "x" * 100 + " (cut)"
    )


def test_positions_beyond_the_last_stay_an_error():
    assert error(rpc("getTask", [1, 2])) == (
        -32602,
        "Invalid params: getTask takes 1 parameters, not 2",
    )


def test_nothing_is_named_where_all_is_taken():
    result("createTask", {"title": "x", "project_id": 1})

    assert HEADER not in rpc("getTask", {"task_id": 1}).headers
