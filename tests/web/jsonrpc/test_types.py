"""A parameter of the wrong kind is refused by name, in every procedure alike."""

import inspect
import json

import pytest

from chalicelib.services.tasks import lifecycle
from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.http_calls import ADMIN, post_rpc, result

pytestmark = pytest.mark.usefixtures("cloud")

OTHER = [[], [1], {}, {"id": 1}, 1.5, True]
WRONG = {
    "int": [
        *OTHER,
        False,
        -1,
        -0.5,
        2**53,
        1e300,
        "",
        "x",
        " 1",
        "1.0",
        "-1",
        "+1",
        "0x1",
        "\u0661",
        "1" * 5000,
    ],
    "str": [one for one in OTHER if one != 1.5],
    "bool": [[], {}, 2, -1, 1.5, "yes", "true", ""],
    "list[str]": [{}, {"0": "x"}, "x", 1, True, [1], [None], ["x", ["y"]]],
    "list[int]": [{}, "1", 1, True, ["x"], [None], [-1], [1.5], [[1]]],
}
WRONG["dict[str, Any] | str"] = [[], [1], True]
WRONG["bool | str"] = [[], {}, ["x"]]  # a field's own check takes any text
WRONG["float | str"] = WRONG["list[float] | str"] = [{}, True]
WRONG["Any"] = []  # any JSON
FITTING = {"int": 999, "str": "x", "list[str]": ["x"], "list[int]": [999], "Any": {}}


def kind_of(parameter):
    kind = inspect.formatannotation(parameter.annotation).removesuffix(" | None")
    return kind.replace("typing.", "")


def filled(procedure):
    """Return what a procedure cannot do without; its numbers name nothing that there is."""
    return {
        name: FITTING[kind_of(one)]
        for name, one in procedure.parameters.items()
        if one.default is inspect.Signature.empty
    }


def answers_to(calls):
    """Make calls in batches, and return their answers."""
    batch = [
        {"jsonrpc": "2.0", "method": name, "params": params, "id": n}
        for n, (name, params) in enumerate(calls)
    ]
    posts = [
        post_rpc(json.dumps(batch[start : start + 100]), ADMIN)
        for start in range(0, len(batch), 100)
    ]
    assert {post.status for post in posts} == {200}
    return [answer for post in posts for answer in json.loads(post.text)]


def test_what_is_of_another_kind_is_named_and_nothing_is_done():
    calls = [
        (procedure.name, name, value)
        for procedure in PROCEDURES.values()
        for name, parameter in procedure.parameters.items()
        for value in WRONG[kind_of(parameter)]
        if not (
            value == ""
            and procedure.blank_is_absent
            and parameter.default is not inspect.Signature.empty
        )
    ]

    answers = answers_to(
        (method, {**filled(PROCEDURES[method]), name: value}) for method, name, value in calls
    )

    told = [
        (answer.get("error", {}).get("code"), answer.get("error", {}).get("message", ""))
        for answer in answers
    ]
    passed = [
        call
        for call, (code, text) in zip(calls, told, strict=True)
        if code != -32602 or f" {call[1]}: " not in text
    ]
    assert passed == []
    assert len(calls) > 1000


def test_a_number_that_names_nothing_is_no_fault_of_ours_and_one_may_be_said_as_a_text():
    named = [
        one
        for one in PROCEDURES.values()
        if {"int", "list[int]"}
        & {kind_of(p) for p in one.parameters.values() if p.default is p.empty}
    ]

    answers = answers_to((procedure.name, filled(procedure)) for procedure in named)

    found = {
        one.name: answer
        for one, answer in zip(named, answers, strict=True)
        if answer.get("result", 0) not in (False, None, [], {}, "")
    }
    assert found == {}
    lifecycle.create_task({"title": "x"})
    assert [result("getTask", [number])["id"] for number in (1, "1", "01", 1.0)] == ["1"] * 4
