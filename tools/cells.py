"""Values as texts on one line: as scripts read them, and as people on a terminal do."""

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import click

from chalicelib.domain.moments import read_moment
from chalicelib.domain.printable import field, one_line

Row = Mapping[str, Any]

_COLOURS = {
    **dict.fromkeys(("active", "delivered", "open"), "green"),
    **dict.fromkeys(("broken", "failed"), "red"),
    **dict.fromkeys(("pending", "suspended"), "yellow"),
    **dict.fromkeys(("closed", "disabled", "removed", "superseded"), "bright_black"),
}
"""Of a `status` or `state`."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_AGES = (("s", 60, 1), ("m", 3600, 60), ("h", 2 * 86400, 3600), ("d", 30 * 86400, 86400))
"""Each unit, the seconds below which it is used, and its own seconds."""


def is_coloured() -> bool:
    """Tell whether output is coloured: a terminal's is, unless NO_COLOR is set (no-color.org)."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return is_wanted and sys.stdout.isatty()


def styled(name: str, text: str) -> str:
    """Return a value in the colour of its meaning."""
    colour = _COLOURS.get(text.strip()) if name in {"status", "state"} else None
    return click.style(text, fg=colour) if colour and is_coloured() else text


def set_off(text: str, **how: bool) -> str:
    """Return a text in bold or dim."""
    return click.style(text, **how) if is_coloured() else text


def cell(value: object) -> str:
    """Return a value on one line; most values are untrusted input."""
    if isinstance(value, str):
        return one_line(value)
    if (
        isinstance(value, Iterable)
        and not isinstance(value, Mapping)
        and all(isinstance(v, str) for v in value)
    ):
        return one_line(",".join(value))
    return one_line(json.dumps(value, ensure_ascii=False))


def is_list_of_rows(value: Any) -> TypeGuard[Sequence[Row]]:
    """Tell whether a value is a list of mappings, and not empty."""
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(one, Mapping) for one in value)


def lines_of(value: object) -> list[str]:
    """Return a value's lines: one, or one for each mapping in a list."""
    if is_list_of_rows(value):
        return [" ".join(field(name, cell(part)) for name, part in one.items()) for one in value]
    return [cell(value)]


def aged(text: str, now: float, *, beside: bool = False) -> str:
    """Return a time as people say it: `5m ago`, `in 2h`, or its day; any other text as it is.

    Args:
        text: A time in ISO 8601, or something else.
        now: Epoch seconds.
        beside: Whether the time itself stands there too.
    """
    if not _TIME.fullmatch(text):
        return text
    seconds = now - (read_moment("time", text) or 0)
    for unit, below, size in _AGES:
        if abs(seconds) < below:
            said = f"{int(abs(seconds) // size)}{unit}"
            told = f"{said} ago" if seconds >= 0 else f"in {said}"
            return f"{text} ({told})" if beside else told
    return text if beside else text[:10]


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; East Asian ones are twice as wide."""
    return len(text) if text.isascii() else sum(map(_width_of_one, text))


def _width_of_one(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """Return a text as wide as its column, cut with an ellipsis where it is wider."""
    if width_of(text) > width:
        kept = ""
        for one in text:
            if width_of(kept + one) > width - 1:
                break
            kept += one
        text = kept.rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text + " " * (width - width_of(text))
