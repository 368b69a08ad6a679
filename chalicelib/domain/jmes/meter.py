"""What one evaluation may cost: jmespath itself bounds neither time nor memory."""

import json
import math
from json.encoder import encode_basestring
from typing import Any

from chalicelib.domain.errors import ExpressionFailed
from chalicelib.domain.jmes import MAX_LEVELS

MAX_VISITS = 20_000
"""Nodes and items of one evaluation; a KB of text that is read or made counts as an item too."""

MAX_BYTES = 256 * 1024
"""Of each value that is made on the way, in UTF-8, a list or an object as compact JSON."""

_MAX_BITS = 1024
"""A whole number beyond this is an infinity to every reader that uses doubles."""


class Meter:
    """Counts one evaluation, and ends it with ExpressionFailed when it goes beyond a bound."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._left = MAX_VISITS
        self._measured: dict[int, tuple[Any, int, int]] = {}  # the value itself keeps its id taken

    @property
    def visits(self) -> int:
        """How many visits have been counted."""
        return MAX_VISITS - self._left

    def count(self, visits: int) -> None:
        """Count nodes or items."""
        self._left -= visits
        if self._left < 0:
            raise ExpressionFailed(f"takes more than {MAX_VISITS:,} steps")

    def expect(self, size: int) -> None:
        """Refuse a text of so many characters before it is made."""
        if size > MAX_BYTES:
            raise ExpressionFailed(f"makes a value of more than {MAX_BYTES // 1024} KB")

    def admit(self, made: Any) -> None:
        """Count a value that was made, and refuse one that is too large, too deep or no number."""
        if isinstance(made, str):
            self._admit_bytes(_utf8(made))
        elif isinstance(made, (list, dict)):
            size, levels = self._measure(made)
            if levels > MAX_LEVELS:
                raise ExpressionFailed(f"makes a value of more than {MAX_LEVELS} levels")
            self._admit_bytes(size)
        elif isinstance(made, float):
            if not math.isfinite(made):
                raise ExpressionFailed("makes a number that is too large")
        elif isinstance(made, int) and made.bit_length() > _MAX_BITS:
            raise ExpressionFailed("makes a number that is too large")

    def as_json(self, value: Any) -> str:
        """Return a value as compact JSON."""
        self.expect(self.size(value))
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def size(self, value: Any) -> int:
        """Return the bytes of a value as compact JSON."""
        return self._measure(value)[0]

    def levels(self, value: Any) -> int:
        """Return how many lists and objects stand within each other; none is 0."""
        return self._measure(value)[1]

    def _admit_bytes(self, size: int) -> None:
        self.expect(size)
        self.count(size >> 10)

    def _measure(self, value: Any) -> tuple[int, int]:
        """Return the size in bytes and the levels; each list and object is looked at once."""
        if isinstance(value, str):
            return _utf8(encode_basestring(value)), 0
        if value is None:
            return 4, 0
        if not isinstance(value, (list, dict)):
            return len(repr(value)), 0
        if known := self._measured.get(id(value)):
            return known[1:]
        size, levels = max(2, 1 + len(value)), 0  # brackets and commas
        if isinstance(value, dict):
            size += _size_of_keys(value)
            children: Any = value.values()
        else:
            children = value
        for child in children:
            if child is None:
                size += 4
                continue
            child_size, child_levels = self._measure(child)
            size += child_size
            levels = max(levels, child_levels)
        self._measured[id(value)] = (value, size, levels + 1)
        return size, levels + 1


def _size_of_keys(value: dict[str, Any]) -> int:
    """Return the bytes of an object's keys as JSON, each with its quotes and its colon."""
    joined = "".join(value)
    if joined.isascii() and joined.isprintable() and '"' not in joined and "\\" not in joined:
        return len(joined) + 3 * len(value)  # as most are
    return sum(_utf8(encode_basestring(key)) + 1 for key in value)


def _utf8(text: str) -> int:
    """Return the bytes of a text; half a surrogate pair, which JSON may hold, counts 3."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
