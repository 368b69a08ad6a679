"""Prints what a command returns: for people on a terminal, for scripts elsewhere.

A script gets whole values in columns of constant order. A terminal gets what fits its width: times
as an age, no columns that are empty, and long cells cut.
"""

import json
import os
import re
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from chalicelib.domain.moments import read_moment
from chalicelib.domain.printable import as_json, field, one_line

Row = Mapping[str, Any]

SHOWN = 30
"""Rows of a list that a terminal shows."""

_COLOURS = {
    **dict.fromkeys(("active", "delivered"), "green"),
    **dict.fromkeys(("broken", "failed"), "red"),
    **dict.fromkeys(("pending", "suspended"), "yellow"),
    **dict.fromkeys(("disabled", "removed", "superseded"), "bright_black"),
}
"""Of a `status` or `state`."""

_STREAMED = {"status": 10, "tries": 2, "endpoint_id": 12, "event_type": 13, "task_id": 5}
"""The columns of `print_line` on a terminal, and their widths."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_AGES = (("s", 60, 1), ("m", 3600, 60), ("h", 2 * 86400, 3600), ("d", 30 * 86400, 86400))
_NARROWEST = 8
"""Characters to which a cell may be cut."""


def is_coloured() -> bool:
    """Tell whether output is coloured: a terminal's is, unless NO_COLOR is set (no-color.org)."""
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return is_wanted and sys.stdout.isatty()


def show(answer: Row | Sequence[Row] | None, *, is_json: bool) -> None:
    """Print a mapping as lines or a sequence as a table, or either as JSON."""
    if answer is None:
        return
    if is_json:
        print(as_json(answer))
    elif isinstance(answer, Mapping):
        _print_lines(answer)
    else:
        _print_table(answer)


def limited(rows: list[Row], limit: int | None, *, is_json: bool) -> list[Row]:
    """Return the rows that are shown, and say on stderr if there are more.

    Args:
        rows: All of them, or more than the limit.
        limit: The most to show; 0: all; None: `SHOWN` on a terminal, and all for a script.
        is_json: Whether they are printed as JSON, which a script reads.
    """
    if limit is None:
        limit = 0 if is_json or not sys.stdout.isatty() else SHOWN
    if limit and len(rows) > limit:
        print(f"only {limit} are shown: --limit 0 shows all", file=sys.stderr)
        return rows[:limit]
    return rows


def print_line(row: Row, *, is_json: bool) -> None:
    """Print one row of many that follow each other: on a terminal what matters, else all of it."""
    if is_json:
        print(json.dumps(row), flush=True)
    elif sys.stdout.isatty():
        shown = {name: _cell(value) for name, value in row.items()}
        line = "  ".join(_padded(shown[name], width) for name, width in _STREAMED.items())
        room = shutil.get_terminal_size().columns
        told = _padded(f"{time.strftime('%H:%M:%S')}  {line}  {shown['outcome']}", room).rstrip()
        print(told.replace(shown["status"], _styled("status", shown["status"]), 1), flush=True)
    else:
        print("\t".join(_cell(value) for value in row.values()), flush=True)


def _print_lines(row: Row) -> None:
    width = max(map(len, row))
    for name, value in row.items():
        for line in _lines(value):
            shown = _styled(name, line) if is_coloured() else line
            print(f"{_dim(f'{name:{width}}')}  {shown}")


def _lines(value: object) -> list[str]:
    """Return a value's lines: one, or one for each mapping in a list."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [" ".join(field(name, _cell(part)) for name, part in one.items()) for one in value]
    return [_cell(value)]


def _print_table(rows: Sequence[Row]) -> None:
    if not rows:
        print("none")
        return
    if not sys.stdout.isatty():
        _print_whole([{name: _cell(value) for name, value in row.items()} for row in rows])
        return
    table = _for_people(rows)
    widths = _fitted(table, shutil.get_terminal_size().columns)
    print(_dim("  ".join(_padded(name, width) for name, width in widths.items()).rstrip()))
    for row in table:
        cells = (_styled(name, _padded(row[name], width)) for name, width in widths.items())
        print("  ".join(cells).rstrip())


def _print_whole(rows: Sequence[Mapping[str, str]]) -> None:
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    for line in ({name: name for name in widths}, *rows):
        print("  ".join(f"{line[name]:{width}}" for name, width in widths.items()).rstrip())


def _for_people(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Return the cells of a terminal's table, without the columns that are empty in each row."""
    now = time.time()
    table = [{name: _aged(_cell(value), now) for name, value in row.items()} for row in rows]
    empty = {name for name in table[0] if not any(row[name] for row in table)}
    return [{name: text for name, text in row.items() if name not in empty} for row in table]


def _aged(text: str, now: float) -> str:
    """Return a time as people say it: `5m ago`, `in 2h`, or its day; any other text as it is."""
    if not _TIME.fullmatch(text):
        return text
    seconds = now - (read_moment("time", text) or 0)
    for unit, below, size in _AGES:
        if abs(seconds) < below:
            said = f"{int(abs(seconds) // size)}{unit}"
            return f"{said} ago" if seconds >= 0 else f"in {said}"
    return text[:10]


def _fitted(table: Sequence[Mapping[str, str]], room: int) -> dict[str, int]:
    """Return the width of each column: the widest ones but the first give way until all fit."""
    widths = {name: max(_width(name), *(_width(row[name]) for row in table)) for name in table[0]}
    _, *others = widths  # the first one names the row
    excess = sum(widths.values()) + 2 * len(others) - room
    while excess > 0 and others:
        widest = max(others, key=lambda name: widths[name])
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; East Asian ones are twice as wide."""
    if text.isascii():
        return len(text)
    return sum(_width_of(one) for one in text)


def _width_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _padded(text: str, width: int) -> str:
    """Return a text as wide as its column, cut with an ellipsis where it is wider."""
    if _width(text) > width:
        kept = ""
        for one in text:
            if _width(kept + one) > width - 1:
                break
            kept += one
        text = kept.rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text + " " * (width - _width(text))


def _styled(name: str, text: str) -> str:
    colour = _COLOURS.get(text.strip()) if name in {"status", "state"} else None
    return click.style(text, fg=colour) if colour and is_coloured() else text


def _dim(text: str) -> str:
    return click.style(text, dim=True) if is_coloured() else text


def _cell(value: object) -> str:
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
