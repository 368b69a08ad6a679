"""Whatever is posted: never a server error, always JSON-RPC."""

import inspect
import json
import math

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.every_procedure import CALLERS, build
from tests.support.http_calls import ADMIN, APPLICATION, JSON, Answer, post_rpc

CODES = {-32700, -32600, -32601, -32602, -32603, -32000, 403}

texts = st.text(st.characters(), max_size=12)  # halves of surrogate pairs too
numbers = st.integers(-2, 6) | st.integers() | st.floats() | st.just(10**400)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)

unfitting = scalars.filter(lambda value: not isinstance(value, float) or math.isfinite(value))
words = st.sampled_from(
    [
        "",
        "1",
        "x",
        "ci",
        "red",
        "admin",
        "app-user",
        "project-viewer",
        "2026-07-01",
        "due:today",
        "http://127.0.0.1:1/",
    ]
)
fitting = {
    "int": st.sampled_from([1, 1, 1, 1, 0, 2, 3, 4, 2**20 + 1, 2**53 - 1]),
    "str": words | st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    "bool": st.booleans(),
    "list[int]": st.lists(st.integers(0, 3), max_size=3),
    "list[str]": st.lists(words, max_size=3),
    "bool | str": st.booleans() | words,
    "float | str": st.floats(0, 1000) | words,
    "list[float] | str": st.lists(st.floats(0, 1000), max_size=3) | words,
    "dict[str, Any] | str": st.dictionaries(words, words, max_size=3) | words,
    "Any": values,
}

pytestmark = pytest.mark.usefixtures("cloud")

bounded = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


ENDING = {
    "removeProject",
    "disableProject",
    "removeTask",
    "removeUser",
    "disableUser",
    "updateUser",
}
"""What would leave the other procedures nothing to do, or nobody to ask."""


@st.composite
def calls(draw, names):
    """Draw a call of one of these procedures, with what it needs and some of what else it takes."""
    procedure = PROCEDURES[draw(st.sampled_from(sorted(names)))]
    params = {}
    for name, parameter in procedure.parameters.items():
        if parameter.default is parameter.empty or not draw(st.integers(0, 9)):
            kind = inspect.formatannotation(parameter.annotation).removesuffix(" | None")
            kind = kind.replace("typing.", "")
            params[name] = draw(fitting[kind] if draw(st.integers(0, 19)) else unfitting)
    return {
        "jsonrpc": "2.0",
        "method": procedure.name,
        "params": params,
        "id": draw(st.integers() | texts),
    }


envelopes = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | scalars,
        "method": st.sampled_from(sorted(PROCEDURES)) | values,
        "params": values,
        "id": values,
    },
)


def is_response(said):
    """Tell whether a value is a JSON-RPC 2.0 response whose error a caller may be shown."""
    if not isinstance(said, dict) or said.get("jsonrpc") != "2.0":
        return False
    if isinstance(said.get("id"), (bool, dict, list)) or "id" not in said:
        return False
    if set(said) == {"jsonrpc", "id", "result"}:
        return True
    fault = said.get("error", {})
    return (
        set(fault) == {"code", "message"}
        and fault["code"] in CODES
        and "Traceback" not in fault["message"]
    )


def check(answer: Answer):
    """Return the responses of an answer that is well-formed."""
    assert all(text.isascii() and text.isprintable() for text in answer.headers.values())
    if answer.status == 204:
        assert answer.text == ""
        return []
    assert answer.status in {200, 403}
    assert answer.headers["Content-Type"] == JSON
    said = json.loads(answer.text, parse_constant=pytest.fail)
    responses = said if isinstance(said, list) else [said]
    assert responses
    assert all(map(is_response, responses))
    return responses


@bounded
@given(st.binary(max_size=60) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_body_is_answered(body):
    check(post_rpc(body))


@bounded
@given(st.one_of(values, envelopes, st.lists(envelopes, max_size=4)))
def test_any_json_is_answered(value):
    check(post_rpc(json.dumps(value).replace("Infinity", "1e999")))


@pytest.mark.usefixtures("world", "caching")
@settings(bounded, max_examples=200)
@given(
    st.lists(calls(set(PROCEDURES) - ENDING), min_size=1, max_size=3),
    st.sampled_from([APPLICATION, ADMIN, CALLERS["member"]]),
)
@example(
    [{"jsonrpc": "2.0", "method": "searchTasks", "params": [1, "ref:" + "a*" * 50 + "b"], "id": 1}],
    APPLICATION,
)
@example(
    [{"jsonrpc": "2.0", "method": "searchTasks", "params": [1, 'due:"999999 weeks"'], "id": 1}],
    APPLICATION,
)
def test_any_call_is_answered_and_no_fault_is_ours(batch, headers):
    responses = check(post_rpc(json.dumps(batch), headers))

    assert len(responses) == len(batch)
    assert [one for one in responses if one.get("error", {}).get("code") == -32603] == []


@pytest.mark.usefixtures("world", "caching")
@settings(bounded, max_examples=40)
@given(calls(ENDING))
def test_any_call_that_ends_something_is_answered(one):
    [response] = check(post_rpc(json.dumps(one)))

    assert response.get("error", {}).get("code") in {None, -32602}


@pytest.fixture
def world(cloud):
    """A project with everybody in it, and a task whose name is slow to match with stars."""
    build(cloud)
    post_rpc(
        json.dumps(
            {
                "jsonrpc": "2.0",
                "method": "createTask",
                "params": {"title": "x", "project_id": 1, "reference": "a" * 200},
            }
        )
    )
