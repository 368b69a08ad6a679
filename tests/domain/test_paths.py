"""A chain of fields that is followed without the interpreter finds and counts what it would."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.expressions import compile_expression
from chalicelib.domain.jmes.interpreter import Interpreter
from chalicelib.domain.jmes.meter import MAX_VISITS
from chalicelib.domain.jmes.paths import path_of
from chalicelib.domain.templates import compile_template
from tests.support.jmespath_texts import expressions, values

names = st.one_of(st.sampled_from(["a", "b", "_c"]), st.text(max_size=3).map(json.dumps))
chains = st.lists(names, min_size=1, max_size=4).map(".".join)
objects: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 0, "a", "", [], ["a"], {}]),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "_c", ""]), inner, max_size=3),
    max_leaves=8,
)


def as_interpreted(tree, value):
    """Return what the interpreter finds, and the visits that it counts."""
    interpreter = Interpreter()
    return interpreter.evaluate(tree, value), interpreter.meter.visits


@settings(max_examples=300)
@given(chains, objects)
@example("a", [])
@example("a.b", {"a": "text"})
@example('a."b.c"', {"a": {"b.c": 1}})
def test_a_chain_finds_and_counts_what_the_interpreter_does(text, value):
    tree = compile_expression(text).tree

    path = path_of(tree)

    assert path is not None
    assert (path.follow(value), path.visits) == as_interpreted(tree, value)


@settings(max_examples=500)
@given(expressions, values)
def test_an_expression_is_taken_for_a_chain_only_where_it_is_one(text, value):
    try:
        tree = compile_expression(text).tree
    except ExpressionRefused:
        return

    path = path_of(tree)

    assert path is None or (path.follow(value), path.visits) == as_interpreted(tree, value)


@pytest.mark.parametrize("text", ["a[0]", "a || b", "@.a", "length(a)", "a.length(@)", "a.*.b"])
def test_what_is_no_chain_is_left_to_the_interpreter(text):
    assert path_of(compile_expression(text).tree) is None


def test_the_chains_of_a_template_count_as_one_evaluation():
    chain = "{{ " + ".".join("a" * 2000) + " }}"
    chains, many = {f"f{number}": chain for number in range(3)}, {"many": "{{ length(a) }}"}
    value = {"a": [0] * 15_000}

    assert compile_template(many).render(value) == {"many": 15_000}
    with pytest.raises(ExpressionFailed, match=f"many: takes more than {MAX_VISITS:,} steps"):
        compile_template(chains | many).render(value)
