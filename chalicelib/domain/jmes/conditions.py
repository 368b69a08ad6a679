"""Conditions of filters, compiled to plain functions.

Most filters compare fields with literals. For these jmespath's interpreter takes thirty times as
long as the comparison, and an installation with many endpoints asks many filters about each event.
Functions, and every node that makes a value, are left to the interpreter, so that results and
bounds are always the same.
"""

import operator
from collections.abc import Callable
from typing import Any

from chalicelib.domain.jmes.interpreter import Interpreter, is_number, or_failed

Node = dict[str, Any]


class _Evaluation:
    """One evaluation, with an interpreter where a node needs it."""

    __slots__ = ("_interpreter",)

    def __init__(self) -> None:
        self._interpreter: Interpreter | None = None

    @property
    def interpreter(self) -> Interpreter:
        if self._interpreter is None:
            self._interpreter = Interpreter()
        return self._interpreter


Step = Callable[[Any, _Evaluation], Any]
"""Returns the value of a node over a value."""


def compile_condition(tree: Node) -> Callable[[Any], bool]:
    """Return a function that tests an expression on a value; it raises ExpressionFailed."""
    step = _compile(tree)

    def is_true(value: Any) -> bool:
        return not _is_false(or_failed(step, value, _Evaluation()))

    return is_true


def _compile(node: Node) -> Step:
    make = _MAKERS.get(node["type"])
    if make is not None:
        return make(node)
    return lambda value, evaluation: evaluation.interpreter.visit(node, value)


def _field(node: Node) -> Step:
    name = node["value"]
    return lambda value, _: value.get(name) if isinstance(value, dict) else None


def _literal(node: Node) -> Step:
    return lambda _, __: node["value"]


def _current(_: Node) -> Step:
    return lambda value, _: value


def _chain(node: Node) -> Step:
    steps = [_compile(child) for child in node["children"]]

    def run(value: Any, evaluation: _Evaluation) -> Any:
        for step in steps:
            value = step(value, evaluation)
        return value

    return run


def _or(node: Node) -> Step:
    steps = [_compile(child) for child in node["children"]]

    def run(value: Any, evaluation: _Evaluation) -> Any:
        for step in steps:
            found = step(value, evaluation)
            if not _is_false(found):
                break
        return found

    return run


def _and(node: Node) -> Step:
    steps = [_compile(child) for child in node["children"]]

    def run(value: Any, evaluation: _Evaluation) -> Any:
        for step in steps:
            found = step(value, evaluation)
            if _is_false(found):
                break
        return found

    return run


def _not(node: Node) -> Step:
    step = _compile(node["children"][0])
    return lambda value, evaluation: _is_false(step(value, evaluation))


def _call(node: Node) -> Step:
    name, steps = node["value"], [_compile(child) for child in node["children"]]

    def run(value: Any, evaluation: _Evaluation) -> Any:
        given = [step(value, evaluation) for step in steps]
        return evaluation.interpreter.call(name, given)

    return run


def _comparator(node: Node) -> Step:
    left, right = map(_compile, node["children"])
    compare = _COMPARE[node["value"]]
    return lambda value, evaluation: compare(
        left(value, evaluation), right(value, evaluation), evaluation
    )


def _equal(left: Any, right: Any, evaluation: _Evaluation) -> bool:
    if isinstance(left, (list, dict)):
        return evaluation.interpreter.equal(left, right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, _Evaluation], bool | None]:
    def run(left: Any, right: Any, _: _Evaluation) -> bool | None:
        are_numbers = is_number(left) and is_number(right)
        if are_numbers or (isinstance(left, str) and isinstance(right, str)):
            return compare(left, right)
        return None

    return run


_COMPARE: dict[str, Callable[[Any, Any, _Evaluation], bool | None]] = {
    "eq": _equal,
    "ne": lambda left, right, evaluation: not _equal(left, right, evaluation),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
}

_MAKERS: dict[str, Callable[[Node], Step]] = {
    "field": _field,
    "literal": _literal,
    "current": _current,
    "identity": _current,
    "subexpression": _chain,
    "pipe": _chain,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "comparator": _comparator,
    "function_expression": _call,
}


def _is_false(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
