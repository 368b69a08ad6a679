"""Templates: JSON with `{{ EXPRESSION }}` in its texts.

Values go into the parsed tree, never into its text: none can break out of its place, and none is
read as a template again.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.expressions import Expression, compile_expression
from chalicelib.domain.jmes import MAX_LEVELS
from chalicelib.domain.jmes.interpreter import Interpreter
from chalicelib.domain.jmes.paths import Path
from chalicelib.domain.printable import one_line

MAX_TEMPLATE = 16 * 1024
"""Bytes of a template's compact JSON in UTF-8."""

_KEPT = 128
"""Compiled templates."""

_SHOWN = 40
"""Characters of a key in an error."""

_QUOTES, _OPENING, _CLOSING = "'\"`", "([{", ")]}"


class Template:
    """A compiled template. Threads may share one."""

    __slots__ = ("_tree", "_visits")

    def __init__(self, tree: Any) -> None:
        """Keep the template as JSON, in which a text with placeholders is `_Filled` or a `Path`."""
        self._tree, self._visits = tree, _visits_of(tree)

    def render(self, value: object) -> Any:
        """Return the template's JSON with each placeholder replaced.

        All its expressions count as one evaluation. The template's own lists and objects are new
        each time; those that came of a placeholder share parts with the value.

        Args:
            value: Parsed JSON, without NaN and infinities.

        Raises:
            ExpressionFailed: An expression fails, or the result goes beyond the bounds.
        """
        interpreter = Interpreter()
        interpreter.meter.count(self._visits)
        rendered = _fill(self._tree, interpreter, value)
        if isinstance(self._tree, (dict, list)):
            interpreter.admit(rendered)
        return rendered


class _Filled:
    """A text with placeholders: what stands between them as it is, and each expression."""

    __slots__ = ("only", "parts", "path")

    def __init__(self, parts: tuple[str | Expression, ...], path: str) -> None:
        self.parts, self.path = parts, path
        [first, *rest] = parts
        self.only = None if rest or isinstance(first, str) else first

    def fill(self, interpreter: Interpreter, value: object) -> Any:
        try:
            if self.only is not None:
                return self.only.search_within(interpreter, value)
            found = [
                part if isinstance(part, str) else part.search_within(interpreter, value)
                for part in self.parts
            ]
            return interpreter.joined(found)
        except ExpressionFailed as error:
            raise ExpressionFailed(error.reason, path=self.path) from error


def compile_template(value: object) -> Template:
    """Return the template that parsed JSON says.

    Raises:
        ExpressionRefused: It is no JSON or too large, or a placeholder cannot be used; with its
            place.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ExpressionRefused("is no JSON") from error
    except RecursionError as error:
        raise ExpressionRefused(_TOO_DEEP) from error
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEMPLATE:
        raise ExpressionRefused(f"has more than {MAX_TEMPLATE // 1024} KB")
    return _compile(text)


_LIKE_JSON = re.compile(r"""\s*(\{(?!\{)|\[\s*(\{(?!\{)|"))""")
"""How an object or a list begins in JSON, and no placeholder."""


def json_fault(text: str) -> str:
    """Return the first mistake of a text that begins like JSON, with its place, "" for none."""
    if not _LIKE_JSON.match(text):
        return ""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return f"{place}: this is no JSON; a placeholder stands within quotes"
    except RecursionError:
        return _TOO_DEEP
    return ""


_TOO_DEEP = f"has more than {MAX_LEVELS} levels"


@lru_cache(maxsize=_KEPT)
def _compile(text: str) -> Template:
    return Template(_compiled(json.loads(text), "", 1))


def _compiled(value: Any, path: str, level: int) -> Any:
    """Return a tree like the value's, in which a text with placeholders is filled later."""
    if level > MAX_LEVELS and isinstance(value, (dict, list)):
        raise ExpressionRefused(_TOO_DEEP)
    if isinstance(value, dict):
        return {
            _plain(key, path): _compiled(child, _below(path, key), level + 1)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [
            _compiled(child, f"{path}[{place}]", level + 1) for place, child in enumerate(value)
        ]
    if isinstance(value, str) and "{{" in value:
        filled = _Filled(tuple(_parts(value, path)), path)
        return filled if filled.only is None else filled.only.path or filled
    return value


def _visits_of(tree: Any) -> int:
    """Return how many visits the paths of a tree take: its text is too short for too many."""
    if isinstance(tree, Path):
        return tree.visits
    if isinstance(tree, dict):
        return sum(map(_visits_of, tree.values()))
    return sum(map(_visits_of, tree)) if isinstance(tree, list) else 0


def _plain(key: str, path: str) -> str:
    if "{{" in key:
        raise ExpressionRefused("a key takes no placeholder", path=path)
    return key


def _below(path: str, key: str) -> str:
    """Return the path of a key's value, as errors show it."""
    return f"{path}.{one_line(key)[:_SHOWN]}".removeprefix(".")


def _placeholder(text: str, offset: int, path: str) -> Expression:
    try:
        return compile_expression(text)
    except ExpressionRefused as error:
        column = offset + (error.column or 1)
        raise ExpressionRefused(error.reason, column=column, path=path) from error


def _parts(text: str, path: str) -> Iterator[str | Expression]:
    """Yield the texts between the placeholders, and the placeholders' expressions."""
    begin = 0
    while (start := text.find("{{", begin)) >= 0:
        if start > begin:
            yield text[begin:start]
        end = _end(text, start + 2)
        if end < 0:
            raise ExpressionRefused("a placeholder does not end", column=start + 1, path=path)
        yield _placeholder(text[start + 2 : end], start + 2, path)
        begin = end + 2
    if begin < len(text):
        yield text[begin:]


def _end(text: str, start: int) -> int:
    """Return where the `}}` stands that ends an expression, -1 where none does."""
    place, depth = start, 0
    while place < len(text):
        character = text[place]
        if character in _QUOTES:
            place = _end_of_quote(text, place)
        elif character in _OPENING:
            depth += 1
        elif not depth and text.startswith("}}", place):
            return place
        elif character in _CLOSING:
            depth = max(depth - 1, 0)
        place += 1
    return -1


def _end_of_quote(text: str, start: int) -> int:
    """Return where a quote ends: at the same character that no backslash precedes."""
    place = start + 1
    while place < len(text) and text[place] != text[start]:
        place += 2 if text[place] == "\\" else 1
    return place


def _fill(tree: Any, interpreter: Interpreter, value: object) -> Any:
    if isinstance(tree, Path):
        return tree.follow(value)
    if isinstance(tree, _Filled):
        return tree.fill(interpreter, value)
    if isinstance(tree, dict):
        return {
            key: child.follow(value) if type(child) is Path else _fill(child, interpreter, value)
            for key, child in tree.items()
        }
    if isinstance(tree, list):
        return [_fill(child, interpreter, value) for child in tree]
    return tree
