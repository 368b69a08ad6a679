"""Prints what a command returns: for people on a terminal, for scripts elsewhere.

A script gets every value whole, in columns of constant order; people get what they can read.
"""

import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.printable import as_json, one_line
from tools import terminal_tables
from tools.cells import Row, aged, cell, is_list_of_rows, lines_of, padded, set_off, styled

SHOWN = 30
"""Rows of a list that a terminal shows."""

_FOLLOWED = {"status": 10, "tries": 2, "endpoint_id": 12, "event_type": 13, "task_id": 5}
"""The columns of `print_line` on a terminal, and their widths."""


def show(answer: Row | Sequence[Row] | None, *, is_json: bool) -> None:
    """Print a mapping as lines or a sequence as a table, or either as JSON."""
    if answer is None:
        return
    if is_json:
        print(as_json(answer))
    elif not answer:
        print("none")
    elif isinstance(answer, Mapping):
        (_show_row if sys.stdout.isatty() else _print_row)(answer)
    elif sys.stdout.isatty():
        print("\n".join(terminal_tables.fitted(answer, _room())))
    else:
        _print_table([{name: cell(value) for name, value in row.items()} for row in answer])


def limited(rows: Sequence[Row], limit: int | None, *, is_json: bool) -> Sequence[Row]:
    """Return the rows that are shown.

    Args:
        rows: All of them, or more than the limit.
        limit: The most to show; 0: all; None: `SHOWN` on a terminal, and all for a script.
        is_json: Whether they are printed as JSON, which a script reads.
    """
    if limit is None:
        limit = 0 if is_json or not sys.stdout.isatty() else SHOWN
    return rows[:limit] if limit else rows


def print_line(row: Row, *, is_json: bool) -> None:
    """Print one row of many that follow each other, with tabs between for a script."""
    if is_json:
        print(json.dumps(row), flush=True)
    elif sys.stdout.isatty():
        print(_followed({name: cell(value) for name, value in row.items()}), flush=True)
    else:
        print("\t".join(map(cell, row.values())), flush=True)


def _followed(row: Mapping[str, str]) -> str:
    told = "  ".join(padded(row[name], width) for name, width in _FOLLOWED.items())
    line = padded(f"{time.strftime('%H:%M:%S')}  {told}  {row['outcome']}", _room()).rstrip()
    return line.replace(row["status"], styled("status", row["status"]), 1)


def _print_row(row: Row) -> None:
    width = max(map(len, row))
    for name, value in row.items():
        for line in lines_of(value):
            print(f"{name:{width}}  {line}")


def _print_table(rows: Sequence[Mapping[str, str]]) -> None:
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    for line in ({name: name for name in widths}, *rows):
        print("  ".join(f"{line[name]:{width}}" for name, width in widths.items()).rstrip())


def _show_row(row: Row) -> None:
    """Print a mapping on a terminal: what is empty is left out, and lists stand below the rest."""
    told = {name: value for name, value in row.items() if value not in (None, "", [], {})}
    below = {name for name, value in told.items() if is_list_of_rows(value) or _is_long(value)}
    width = max(map(len, told.keys() - below), default=0)
    for name, value in told.items():
        if name not in below:
            shown = styled(name, aged(cell(value), time.time(), beside=True))
            print(f"{set_off(f'{name:{width}}', dim=True)}  {shown}")
    for name, value in told.items():
        if name in below:
            lines = (f"  {line}".rstrip() for line in _block(value))
            print("", set_off(name, bold=True), *lines, sep="\n")


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _block(value: Any) -> list[str]:
    """Return the lines of a text, or of a list: a table if nothing of it is cut."""
    if isinstance(value, str):
        return [one_line(line) for line in value.split("\n")]
    return terminal_tables.whole(value, _room() - 2) or lines_of(value)


def _room() -> int:
    return shutil.get_terminal_size().columns
