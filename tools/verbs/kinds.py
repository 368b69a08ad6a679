"""Reads the arguments of the command line that are more than a text.

Each reader raises BadParameter with what is taken.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import click

from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import DAY, read_moment

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}
_AGO = re.compile(r"([0-9]{1,6})([smhdw])")


class Kind(click.ParamType[Any]):
    """A kind of argument that a function reads."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        """Keep the reader; the name is what usage lines show, in upper case."""
        self.name, self._read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a text; a default may have its type already."""
        del param, ctx
        return self._read(value) if isinstance(value, str) else value


def rate(text: str) -> float:
    """Read a number above 0 and up to 1000."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1000:  # also refuses NaN
        taken = "it takes a number above 0 and up to 1000"
        raise click.BadParameter(f"{text!r} is not a rate: {taken}")
    return number


def count(text: str) -> int:
    """Read how many rows to show at most; 0 means all."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise click.BadParameter(f"{text!r} is no number of rows: it takes 1 or more")
    return int(text)


def number(text: str) -> int:
    """Read the id of a task, with or without `#`."""
    found = re.fullmatch("#?([0-9]{1,15})", text)
    if not found:
        raise click.BadParameter(f"{text!r} is not a number")
    return int(found[1])


def names(text: str) -> list[str]:
    """Read names that commas separate."""
    return [name.strip() for name in text.split(",")]


def epoch(text: str) -> float:
    """Read a time: how long ago, `today`, a date in UTC unless it says otherwise, epoch seconds."""
    if ago := _AGO.fullmatch(text):
        return max(0.0, time.time() - int(ago[1]) * _UNITS[ago[2]])
    if text == "today":
        return time.time() // DAY * DAY
    try:
        seconds = read_moment("time", text)
    except Refused:
        seconds = None
    if seconds is None:
        dates = "ISO 8601, as in 2026-01-31 or 2026-01-31T12:00 (UTC), epoch seconds"
        taken = f"it takes {dates}, or a time such as 1h, 2d or today"
        raise click.BadParameter(f"{text!r} is not a time: {taken}")
    return seconds


RATE, COUNT, NUMBER, NAMES, TIME = (
    Kind("N", rate),
    Kind("N", count),
    Kind("ID", number),
    Kind("NAME,...", names),
    Kind("TIME", epoch),
)
