"""Reads the arguments of `manage.py` that are more than a text."""

import argparse

from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import read_moment


def rate(text: str) -> float:
    """Read a number above 0 and up to 1000."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1000:  # also refuses NaN
        taken = "it takes a number above 0 and up to 1000"
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate: {taken}")
    return number


def names(text: str) -> list[str]:
    """Read names that commas separate."""
    return [name.strip() for name in text.split(",")]


def epoch(text: str) -> float:
    """Read a time in UTC, unless it says otherwise, or epoch seconds."""
    try:
        seconds = read_moment("time", text)
    except Refused:
        seconds = None
    if seconds is None:
        taken = "ISO 8601, as in 2026-01-31 or 2026-01-31T12:00 (UTC), or epoch seconds"
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: it takes {taken}")
    return seconds
