"""Values that are JSON already."""

import json
import tracemalloc

from chalicelib.web.jsonrpc.messages import dump
from chalicelib.web.jsonrpc.shapes import Written


def board_of(tasks):
    column = Written('{"tasks":', *Written.array(tasks).pieces, "}")
    return {"jsonrpc": "2.0", "id": 1, "result": Written.array([column, column])}


def test_arrays_of_pieces_are_json():
    answers = [json.loads(dump(board_of(tasks))) for tasks in ([], ["1"], ['"a"', "{}"])]

    assert [answer["result"] for answer in answers] == [
        [{"tasks": []}, {"tasks": []}],
        [{"tasks": [1]}, {"tasks": [1]}],
        [{"tasks": ["a", {}]}, {"tasks": ["a", {}]}],
    ]


def test_an_empty_array_is_json():
    assert dump({"id": None, "result": Written.array([])}).endswith('"result":[]}')


def test_a_long_answer_is_put_together_once():
    tasks = [f'"{"x" * 1_000}{number}"' for number in range(1_000)]
    tracemalloc.start()

    answer = dump(board_of(tasks))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 1.5 * len(answer)
