"""Expressions: JMESPath (https://jmespath.org/specification.html), more functions, and bounds.

An expression is compiled once for each text, and evaluated over any parsed JSON. jmespath is loaded
with the first one: most calls need none.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import ExpressionRefused
from chalicelib.domain.jmes.paths import path_of

if TYPE_CHECKING:
    from chalicelib.domain.jmes.interpreter import Interpreter

MAX_EXPRESSION = 4096
"""Bytes of an expression's text in UTF-8."""

_KEPT = 256
"""Compiled expressions; the longest one takes about a megabyte, a usual one a few kilobytes."""


class Expression:
    """A compiled expression: its text, and jmespath's tree of it. Threads may share one."""

    __slots__ = ("_condition", "path", "text", "tree")

    def __init__(self, text: str, tree: dict[str, Any]) -> None:
        """Keep both, and the path that it is, if it is one."""
        self.text, self.tree = text, tree
        self.path = path_of(tree)
        self._condition: Callable[[Any], bool] | None = None

    def search(self, value: object) -> Any:
        """Return what the expression picks or makes of a value.

        The result shares parts with the value and with the expression: copy it before changing it.

        Args:
            value: Parsed JSON, without NaN and infinities.

        Raises:
            ExpressionFailed: It cannot be evaluated over this value, or not within the bounds.
        """
        if self.path is not None:  # its text is too short for too many visits
            return self.path.follow(value)
        from chalicelib.domain.jmes.interpreter import Interpreter  # noqa: PLC0415 -- as above

        return Interpreter().evaluate(self.tree, value)

    def search_within(self, interpreter: "Interpreter", value: object) -> Any:
        """Return what `search` does, as a part of a larger evaluation, whose visits it adds to."""
        if self.path is None:
            return interpreter.evaluate(self.tree, value)
        interpreter.meter.count(self.path.visits)
        return self.path.follow(value)

    def is_true(self, value: object) -> bool:
        """Tell whether it is true of a value; null, false, "", [] and {} are false, 0 is true.

        Raises:
            ExpressionFailed: As `search` does.
        """
        if self._condition is None:
            from chalicelib.domain.jmes.conditions import compile_condition  # noqa: PLC0415 -- as above

            self._condition = compile_condition(self.tree)
        return self._condition(value)


def compile_expression(text: str) -> Expression:
    """Return the expression that a text says.

    Raises:
        ExpressionRefused: It is no JMESPath, too large, or can only fail; with its place.
    """
    if not isinstance(text, str):
        raise ExpressionRefused("takes a text")
    return _compile(text)


@lru_cache(maxsize=_KEPT)
def _compile(text: str) -> Expression:
    from chalicelib.domain.jmes.parser import parse  # noqa: PLC0415 -- as above

    if len(text.encode("utf-8", "surrogatepass")) > MAX_EXPRESSION:
        raise ExpressionRefused(f"has more than {MAX_EXPRESSION // 1024} KB")
    return Expression(text, parse(text))
