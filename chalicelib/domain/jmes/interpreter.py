"""jmespath's interpreter within the bounds of a meter, failing with one error."""

from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.visitor import TreeInterpreter

from chalicelib.domain.errors import ExpressionFailed
from chalicelib.domain.jmes.functions import Functions, as_text
from chalicelib.domain.jmes.meter import Meter

_FAILURES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What jmespath and Python raise while they evaluate; JMESPathError is a ValueError."""

_MAKE = {
    "filter_projection",
    "multi_select_dict",
    "multi_select_list",
    "projection",
    "value_projection",
}
"""The nodes that make a list or an object; functions admit what they make themselves.

A flatten and a slice only hand items on to the projection that the parser puts around each.
"""


class Interpreter(TreeInterpreter):
    """One evaluation: of an expression, or of all expressions of a template."""

    def __init__(self) -> None:
        """Start counting; jmespath's own `__init__` takes three times as long."""
        self.meter = Meter()
        self._functions = Functions(self.meter)
        self._dict_cls = dict

    def evaluate(self, tree: dict[str, Any], value: object) -> Any:
        """Return the value of an expression.

        Raises:
            ExpressionFailed: It cannot be evaluated, or not within the bounds.
        """
        return or_failed(self.visit, tree, value)

    def joined(self, values: list[Any]) -> str:
        """Return values as one text. Raises ExpressionFailed."""
        return str(or_failed(self._joined, values))

    def admit(self, made: Any) -> None:
        """Refuse a value that was made and goes beyond the bounds. Raises ExpressionFailed."""
        or_failed(self.meter.admit, made)

    def call(self, name: str, given: list[Any]) -> Any:
        """Return the result of a function."""
        return self._functions.call_function(name, given)

    def equal(self, left: Any, right: Any) -> bool:
        """Tell whether two values are the same JSON."""
        return bool(self._functions.equal(left, right))

    def _joined(self, values: list[Any]) -> str:
        texts = [as_text(self.meter, value) for value in values]
        self.meter.expect(sum(map(len, texts)))
        text = "".join(texts)
        self.meter.admit(text)
        return text

    def visit(self, node: dict[str, Any], value: Any) -> Any:
        """Return the value of a node."""
        self.meter.count(1)
        kind = node["type"]
        found = _VISITS[kind](self, node, value)
        if kind in _MAKE:
            self.meter.admit(found)
        return found

    def visit_subexpression(self, node: dict[str, Any], value: Any) -> Any:
        """Return the value at the end of a chain; a field is looked up here, as most are."""
        for child in node["children"]:
            if child["type"] == "field":
                self.meter.count(1)
                value = value.get(child["value"]) if isinstance(value, dict) else None
            else:
                value = self.visit(child, value)
        return value

    def visit_comparator(self, node: dict[str, Any], value: Any) -> bool | None:
        """Compare two values; only two numbers or two texts have an order, others give null."""
        left, right = (self.visit(child, value) for child in node["children"])
        comparator = node["value"]
        if comparator in self._EQUALITY_OPS:
            return self.equal(left, right) is (comparator == "eq")
        if not (is_number(left) and is_number(right)):
            if not (isinstance(left, str) and isinstance(right, str)):
                return None
            self.meter.count(len(left) >> 10)
        return bool(self.COMPARATOR_FUNC[comparator](left, right))

    def visit_or_expression(self, node: dict[str, Any], value: Any) -> Any:
        """Return the first operand that is true, else the last; the parser has joined chains."""
        for child in node["children"]:
            found = self.visit(child, value)
            if self._is_true(found):
                break
        return found

    def visit_and_expression(self, node: dict[str, Any], value: Any) -> Any:
        """Return the first operand that is false, else the last."""
        for child in node["children"]:
            found = self.visit(child, value)
            if self._is_false(found):
                break
        return found


_VISITS: dict[str, Callable[[Interpreter, dict[str, Any], Any], Any]] = {
    name.removeprefix("visit_"): getattr(Interpreter, name)
    for name in dir(Interpreter)
    if name.startswith("visit_")
}


def or_failed(step: Callable[..., Any], *args: Any) -> Any:
    """Do a step of an evaluation; whatever goes wrong is an ExpressionFailed."""
    try:
        return step(*args)
    except _FAILURES as error:
        raise ExpressionFailed(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return why an evaluation failed, without anything of the value."""
    if isinstance(error, JMESPathTypeError):
        wanted = " or ".join(_KINDS[kind] for kind in error.expected_types)
        if error.function_name.endswith("_by"):
            wanted = f"items whose key is {wanted}"
        return f"{error.function_name}() takes {wanted}"
    if isinstance(error, RecursionError):
        return "goes too deep"
    if isinstance(error, ArithmeticError):
        return "makes a number that is too large"
    return "cannot be evaluated over this value"


_KINDS = {
    "array": "a list",
    "array-number": "a list of numbers",
    "array-string": "a list of texts",
    "expref": "an expression",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
"""JMESPath's types in words."""


def is_number(value: Any) -> bool:
    """Tell whether a value is a number in JSON, where true is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
