"""A condition says of a value what jmespath's interpreter says of it."""

import pytest
from hypothesis import given, settings

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.expressions import compile_expression
from chalicelib.domain.jmes.conditions import compile_condition
from chalicelib.domain.jmes.interpreter import Interpreter
from tests.support.event_objects import task_event
from tests.support.jmespath_texts import expressions, values


def as_interpreted(tree, value):
    """Return what the interpreter says, or the reason why it fails."""
    try:
        found = Interpreter().evaluate(tree, value)
    except ExpressionFailed as error:
        return str(error)
    return not (found is None or found is False or found in ("", [], {}))


def as_compiled(tree, value):
    try:
        return compile_condition(tree)(value)
    except ExpressionFailed as error:
        return str(error)


@settings(max_examples=500)
@given(expressions, values)
def test_a_condition_is_true_where_the_interpreter_finds_a_true_value(text, value):
    try:
        tree = compile_expression(text).tree
    except ExpressionRefused:
        return

    assert as_compiled(tree, value) == as_interpreted(tree, value)


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("project.name == 'Shop'", True),
        ("project.name == 'Other' || data.score == `0`", True),
        ("owner.name && !(category.name)", True),
        ("data.score", True),
        ("comment.author.name", False),
        ("data.task_id == `7.0`", True),
        ("data.task_id == `true`", False),
        ("data.title > `1`", False),
        ("data.title < 'Q' && data.task_id >= `7` && data.task_id <= `7`", True),
        ("contains(data.title, 'int') && starts_with(type, 'task.')", True),
        ("changes.owner_id[1] == `2`", False),
        ("contains(tags, 'urgent')", False),
        ("data | task_id | @ == `7`", True),
        ("tags == `[]` && tags != `[1]`", True),
    ],
)
def test_a_condition_over_an_event(text, is_true):
    assert compile_expression(text).is_true(task_event()) is is_true


def test_a_condition_that_fails_says_why():
    with pytest.raises(ExpressionFailed, match="contains.. takes a list or a text"):
        compile_expression("contains(data.score, 'x')").is_true(task_event())


def test_a_condition_has_the_bounds_of_an_evaluation():
    with pytest.raises(ExpressionFailed, match="takes more than 20,000 steps"):
        compile_expression("contains(@, 'x') && @").is_true(["y"] * 20_001)
