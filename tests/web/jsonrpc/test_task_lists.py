"""Lists of tasks, which are written as JSON straight from the store's rows."""

import json

import pytest

from chalicelib.adapters.dynamodb.client import client
from tests.support.http_calls import post_rpc, result, rpc

pytestmark = pytest.mark.usefixtures("cloud")

ANY_TEXT = 'a "quoted" \\ 100% %s\n\t\x7f\u2028\U0001f600 <b>'


def edit(task_id, **fields):
    """Edit a row by hand."""
    table, key = "taskhook-dev-tasks", {"task_id": {"N": str(task_id)}}
    row = client().get_item(TableName=table, Key=key)["Item"]
    client().put_item(TableName=table, Item=row | fields)


def test_any_text_comes_back_as_it_was_written():
    texts = {"title": ANY_TEXT, "description": ANY_TEXT, "reference": "a/\u00fc"}
    result("createTask", {"project_id": 1, **texts})

    found = [result("getTask", [1]), *result("getAllTasks", [1])]
    found += [
        *result("searchTasks", [1, "ref:a*"]),
        *result("getBoard", [1])[0]["columns"][0]["tasks"],
    ]

    assert [{name: task[name] for name in texts} for task in found] == [texts] * 4


def test_a_list_and_a_board_tell_of_a_task_what_it_tells_of_itself():
    for number in range(3):
        result("createTask", {"project_id": 1, "title": str(number), "tags": ["a", "b"][:number]})
    edit(2, note={"S": "somebody else's"}, score={"N": "5.0"})

    single = [result("getTask", [number]) for number in (1, 2, 3)]
    listed, searched = result("getAllTasks", [1]), result("searchTasks", [1, "status:open"])
    shown = result("getBoard", [1])[0]["columns"][0]["tasks"]

    assert listed == single
    assert single[1]["score"] == "5"
    assert searched == [{n: v for n, v in task.items() if n != "is_draggable"} for task in shown]
    assert [{name: task[name] for name in task if name in listed[0]} for task in searched] == [
        {name: task[name] for name in searched[0] if name in task} for task in listed
    ]


def test_long_lists_in_a_batch_are_answered_as_alone():
    result("createTask", ["x", 1])
    calls = [("getAllTasks", [1]), ("getTask", [1]), ("getBoard", [1]), ("getVersion", [])]
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls)
    ]

    answers = json.loads(post_rpc(json.dumps(batch)).text)

    alone = [json.loads(rpc(method, params).text) for method, params in calls]
    assert answers == [one | {"id": number} for number, one in enumerate(alone)]
