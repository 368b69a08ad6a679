"""The functions of an expression: JMESPath's own, where null gives null, and ours beside them."""

import re
from typing import Any
from urllib.parse import quote

from jmespath.functions import Functions as StandardFunctions
from jmespath.functions import signature

from chalicelib.domain.errors import ExpressionFailed, Refused
from chalicelib.domain.events import iso
from chalicelib.domain.jmes.meter import Meter
from chalicelib.domain.moments import LATEST, read_moment

_TAKE_NULL = {"type", "not_null", "to_string", "to_array"}
_FALSE_OF_NULL = {"contains", "starts_with", "ends_with"}
_SELECT = {"not_null", "max", "max_by", "min", "min_by"}
"""They return a part of an argument and make nothing."""

ESCAPES = ("slack", "markdown", "html")
"""The kinds that `escape` knows."""

_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML = _SLACK | str.maketrans({'"': "&quot;", "'": "&#x27;"})
_MARKDOWN = re.compile(r"[!#&()*+\-.<=>\[\\\]_`{|}~]")
"""What means something in CommonMark 0.31.2, section 2.4, or in Telegram's MarkdownV2."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""RFC 8259, section 6. Python reads other texts as numbers too, `1_0` and `nan` among them."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_TIME = 64
_LONGEST_WHOLE = 309
"""Characters: a whole number that has more is infinite as a double."""


_TEXT = {"types": ["string"]}


class Functions(StandardFunctions):
    """The functions of one evaluation."""

    def __init__(self, meter: Meter) -> None:
        """Count what they read and make."""
        self._meter = meter

    def call_function(self, function_name: str, resolved_args: list[Any]) -> Any:
        """Call a function; the parser has checked its name and the number of its arguments."""
        if function_name not in _TAKE_NULL and any(arg is None for arg in resolved_args):
            return False if function_name in _FALSE_OF_NULL else None
        for arg in resolved_args:
            if isinstance(arg, str):
                self._meter.count(len(arg) >> 10)
            elif isinstance(arg, (list, dict)):
                self._meter.count(len(arg))
        made = super().call_function(function_name, resolved_args)
        if function_name not in _SELECT and not any(made is arg for arg in resolved_args):
            self._meter.admit(made)
        return made

    def equal(self, left: Any, right: Any) -> bool:
        """Tell whether two values are the same JSON; to Python `[1]` and `[true]` are equal."""
        if left is right:
            return True
        if isinstance(left, (list, dict)):
            self._meter.count(self._meter.size(left) >> 6)
        elif isinstance(left, str):
            self._meter.count(len(left) >> 10)
        return bool(left == right) and _of_same_types(left, right)

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if isinstance(subject, str):
            return isinstance(search, str) and search in subject
        return any(self.equal(item, search) for item in subject)

    @signature(_TEXT, {"types": ["array-string"]})
    def _func_join(self, separator: str, texts: list[str]) -> str:
        self._meter.expect(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
        return separator.join(texts)

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else self._meter.as_json(value)

    @signature({"types": []})
    def _func_to_number(self, value: Any) -> int | float | None:
        if isinstance(value, str):
            return _number(value)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    @signature(_TEXT)
    def _func_upper(self, value: str) -> str:
        return value.upper()

    @signature(_TEXT)
    def _func_lower(self, value: str) -> str:
        return value.lower()

    @signature(_TEXT)
    def _func_trim(self, value: str) -> str:
        return value.strip()

    @signature(_TEXT, {"types": ["number"]})
    def _func_truncate(self, value: str, length: float) -> str:
        if length < 0 or length != int(length):
            raise ExpressionFailed("truncate() takes a whole number from 0 on")
        if len(value) <= length:
            return value
        return value[: int(length) - 1] + "…" if length else ""

    @signature(_TEXT, _TEXT, _TEXT)
    def _func_replace(self, value: str, old: str, new: str) -> str:
        if not old:
            return value
        self._meter.expect(len(value) + value.count(old) * (len(new) - len(old)))
        return value.replace(old, new)

    @signature(_TEXT, _TEXT)
    def _func_split(self, value: str, separator: str) -> list[str]:
        self._meter.count(value.count(separator))
        return value.split(separator) if separator else list(value)

    @signature({"types": ["array"]})
    def _func_lines(self, items: list[Any]) -> str:
        texts = [as_text(self._meter, item) for item in items if item is not None]
        return str(self._func_join("\n", texts))

    @signature({"types": ["string", "number"]})
    def _func_date(self, value: Any) -> str | None:
        seconds = _seconds(value) if isinstance(value, str) else value
        return iso(seconds) if 1 <= seconds < LATEST + 1 else None

    @signature(_TEXT, _TEXT)
    def _func_escape(self, value: str, kind: str) -> str:
        if kind not in ESCAPES:
            raise ExpressionFailed(f"escape() knows {', '.join(ESCAPES)}")
        if kind == "markdown":
            return _MARKDOWN.sub(r"\\\g<0>", value)
        return value.translate(_SLACK if kind == "slack" else _HTML)

    @signature(_TEXT)
    def _func_url(self, value: str) -> str:
        return quote(_SURROGATES.sub("\ufffd", value), safe="")


def _number(value: str) -> int | float | None:
    """Return the number that a text is in JSON, None where it is none."""
    if not _NUMBER.fullmatch(value):
        return None
    is_whole = value.removeprefix("-").isdigit() and len(value) <= _LONGEST_WHOLE
    return int(value) if is_whole else float(value)


def as_text(meter: Meter, value: Any) -> str:
    """Return a value as it stands in a text: null as nothing, what is no text as compact JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else meter.as_json(value)


def _of_same_types(left: Any, right: Any) -> bool:
    """Tell of two values that Python calls equal whether no boolean stands against a number."""
    if isinstance(left, dict):
        return all(_of_same_types(child, right[key]) for key, child in left.items())
    if isinstance(left, list):
        return all(map(_of_same_types, left, right))
    return isinstance(left, bool) == isinstance(right, bool)


def _seconds(value: str) -> float:
    """Return the epoch seconds of a text, 0 where it is no time. GitLab ends some in ` UTC`."""
    if len(value) > _LONGEST_TIME:
        return 0
    try:
        return read_moment("date", value.strip().removesuffix(" UTC")) or 0
    except Refused:
        return 0
