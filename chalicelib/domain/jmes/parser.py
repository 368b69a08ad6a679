"""jmespath's parser, stricter: what can only fail, or reads otherwise than it looks, is refused."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from jmespath import lexer, parser
from jmespath.exceptions import (
    EmptyExpressionError,
    IncompleteExpressionError,
    LexerError,
    ParseError,
)

from chalicelib.domain.errors import ExpressionRefused
from chalicelib.domain.jmes import MAX_LEVELS
from chalicelib.domain.jmes.functions import ESCAPES, Functions
from chalicelib.domain.jmes.meter import Meter
from chalicelib.domain.printable import one_line

Node = dict[str, Any]


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        ExpressionRefused: It is no JMESPath, or can only fail; with the column.
    """
    try:
        tree = _Parser().parse(text)
    except EmptyExpressionError as error:
        raise ExpressionRefused("is empty") from error
    except ParseError as error:
        column = len(text) if isinstance(error, IncompleteExpressionError) else error.lex_position
        raise ExpressionRefused(_reason(error), column=column + 1) from error
    except (OverflowError, ValueError) as error:  # also one with more digits than Python reads
        raise ExpressionRefused("has a number that is too large") from error
    if _levels(tree) > MAX_LEVELS:
        raise ExpressionRefused(_TOO_DEEP)
    return tree


_TOO_DEEP = f"has more than {MAX_LEVELS} levels"


class _Parser(parser.Parser):
    """It builds trees of its own: jmespath's cache is botocore's too."""

    def parse(self, expression: str) -> Node:
        self._tokens = list(_Lexer().tokenize(expression))
        self._index = self._depth = 0
        self._references: dict[int, int] = {}  # the column of each `&` that no function has taken
        tree: Node = self._expression()
        if self._current_token() != "eof":
            self._error_led_token(self._lookahead_token(0))
        for start in self._references.values():
            raise _refused(
                start, "`&` belongs before an argument of map, sort_by, min_by or max_by"
            )
        return tree

    def _expression(self, binding_power: int = 0) -> Any:
        self._depth += 1
        if self._depth > MAX_LEVELS + 1:  # the innermost is what the levels hold
            raise _refused(self._lookahead_token(0)["start"], _TOO_DEEP)
        node = super()._expression(binding_power)
        self._depth -= 1
        return node

    def _token_nud_not(self, token: Node) -> Any:
        node = super()._token_nud_not(token)
        if self._current_token() in {"dot", "filter", "flatten"}:
            raise _refused(token["start"], "`!a.b` means `(!a).b`: write `!(a.b)`")
        return node

    def _token_nud_expref(self, token: Node) -> Any:
        node = super()._token_nud_expref(token)
        self._references[id(node)] = token["start"]
        return node

    def _token_led_or(self, left: Node) -> Node:
        return _joined(super()._token_led_or(left))

    def _token_led_and(self, left: Node) -> Node:
        return _joined(super()._token_led_and(left))

    def _token_led_pipe(self, left: Node) -> Node:
        return _joined(super()._token_led_pipe(left))

    def _token_led_lparen(self, left: Node) -> Any:
        start = self._lookahead_token(-2)["start"]
        call = super()._token_led_lparen(left)
        if reason := self._fault_of(call["value"], call["children"]):
            raise _refused(start, reason)
        return call

    def _parse_slice_expression(self) -> Any:
        node = super()._parse_slice_expression()
        if node["children"][2] == 0:
            raise _refused(self._lookahead_token(-1)["start"], "a slice has no step 0")
        return node

    def _fault_of(self, name: str, args: list[Node]) -> str:
        """Return what is wrong with a call, "" for nothing."""
        if name not in Functions.FUNCTION_TABLE:
            return f"there is no function {name}()"
        signature = Functions.FUNCTION_TABLE[name]["signature"]
        wanted, is_variadic = len(signature), signature[-1].get("variadic", False)
        if len(args) < wanted or (len(args) > wanted and not is_variadic):
            return f"{name}() takes {wanted} argument{'s' * (wanted > 1)}"
        if name == "escape" and args[1]["type"] == "literal" and args[1]["value"] not in ESCAPES:
            return f"escape() knows {', '.join(ESCAPES)}"
        return self._fault_of_references(name, args, signature)

    def _fault_of_references(
        self, name: str, args: list[Node], signature: Sequence[Mapping[str, Any]]
    ) -> str:
        for number, (argument, place) in enumerate(zip(args, signature, strict=False), 1):
            if place["types"] != ["expref"]:
                continue
            if argument["type"] != "expref":
                return f"argument {number} of {name}() begins with `&`"
            del self._references[id(argument)]
        return ""


class _Lexer(lexer.Lexer):
    def _consume_literal(self) -> Node:
        start = self._position
        lexeme = self._consume_until("`").replace("\\`", "`")
        try:
            value = _literal(lexeme)
            is_deep = Meter().levels(value) > MAX_LEVELS
        except RecursionError:
            is_deep = True
        except ValueError as error:
            raise LexerError(start, lexeme, "what stands in backquotes is no JSON") from error
        if is_deep:
            raise _refused(start, _TOO_DEEP)
        return {"type": "literal", "value": value, "start": start, "end": self._position - start}


def _literal(lexeme: str) -> Any:
    """Return JSON, or the text that is none: JEP-12 takes `open` for 'open', as jmespath does."""
    try:
        return json.loads(lexeme, parse_constant=_no_number, parse_float=_finite)
    except ValueError:
        return json.loads(f'"{lexeme.lstrip()}"')


def _no_number(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise OverflowError(digits)
    return number


def _joined(node: Node) -> Node:
    """Return a chain (`a || b || c`) as one node: as jmespath has it, each link is a level."""
    first: Node = node["children"][0]
    if first["type"] == node["type"]:
        first["children"].append(node["children"][1])
        return first
    return node


def _levels(tree: Node) -> int:
    """Return how many nodes stand above the deepest one: some chains make none for the parser."""
    deepest, waiting = 0, [(tree, 0)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in node["children"] if isinstance(child, dict)]
    return deepest


def _refused(start: int, reason: str) -> ExpressionRefused:
    return ExpressionRefused(reason, column=start + 1)


def _shown(text: Any) -> str:
    """Return a part of an expression as one line shows it."""
    return one_line(str(text))[:_SHOWN]


_SHOWN = 60


def _reason(error: ParseError) -> str:
    if isinstance(error, IncompleteExpressionError):
        return "ends too early"
    if isinstance(error, LexerError):
        return _shown(error.message)
    if error.token_type == "NUMBER":  # noqa: S105 -- a token of a text
        return f"a number stands in backquotes: `{_shown(error.token_value)}`"
    return f"`{_shown(error.token_value)}` is not expected here"
