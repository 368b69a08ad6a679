"""Tasks as texts: long lists are made of them, without converting the store's values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.rows import number_of
from chalicelib.adapters.dynamodb.tables.tasks import DEFAULTS, KINDS, row_of

Texts = dict[str, Any]
"""A task by field: texts as they are, numbers as their digits, `tags` as a list of digits.

Absent fields that answers show have their defaults, "0" or ""; others are left out.
"""

_OPTIONAL = {"reference": "", "priority": 0, "date_started": 0, "date_moved": 0, "comments": 0}
_DEFAULTS = {name: str(value) for name, value in (_OPTIONAL | DEFAULTS).items()}
_NUMBERS = frozenset(name for name, kind in KINDS.items() if kind == "N")
_PLAIN = re.compile("(?:(?:0|-?[1-9][0-9]*),)*").fullmatch
"""Whole numbers, each with a comma after it; moto keeps other forms as they were sent."""


def texts_of(items: Iterable[Mapping[str, Any]]) -> list[Texts]:
    """Return stored tasks as texts; one edited by hand is read as `row_of` reads it."""
    rows = [(item, _contents(item)) for item in items]
    if _are_plain(contents for _, contents in rows):
        return [_DEFAULTS | contents for _, contents in rows]
    return [
        _DEFAULTS | contents if _are_plain([contents]) else as_texts(row_of(item))
        for item, contents in rows
    ]


def _contents(item: Mapping[str, Any]) -> Texts:
    try:
        return {name: value[KINDS[name]] for name, value in item.items()}
    except KeyError:  # a field that is not ours, or of another kind
        return as_texts(row_of(item))


def _are_plain(rows: Iterable[Texts]) -> bool:
    # Most numbers occur in many rows: each is checked once.
    numbers = {text for row in rows for name, text in row.items() if name in _NUMBERS}
    return _PLAIN(",".join([*numbers, ""])) is not None


def as_texts(row: Mapping[str, Any]) -> Texts:
    """Return a plain row as texts."""
    return _DEFAULTS | {
        name: list(map(_text, value)) if isinstance(value, (list, set)) else _text(value)
        for name, value in row.items()
        if value is not None
    }


def _text(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}" if is_whole else str(value)


class Values(Mapping[str, Any]):
    """A task of texts that converts a value when it is read."""

    __slots__ = ("texts",)

    def __init__(self, texts: Texts) -> None:
        """Convert nothing yet."""
        self.texts = texts

    def __getitem__(self, name: str) -> Any:
        """Return a value: a text, a number or a list of numbers. Raises KeyError."""
        value = self.texts[name]
        if name in _NUMBERS:
            return number_of(value)
        return [number_of(text) for text in value] if KINDS.get(name) == "NS" else value

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the fields."""
        return iter(self.texts)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self.texts)
