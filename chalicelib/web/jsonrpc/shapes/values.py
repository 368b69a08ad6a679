"""How single values are shown: numbers as texts or as numbers, which `KANBOARD_NUMBERS` says."""

from collections.abc import Callable
from typing import Any

from chalicelib.config import CONFIG

Shape = dict[str, Any]

number: Callable[[float], int | str] = int if CONFIG.kanboard_numbers == "number" else str
"""Return a number that the store holds, as PHP 8.1 and later answers it, or as Kanboard's
documentation shows it."""

_ON = number(1)


def flag(value: object) -> int | str:
    """Return a boolean, false always as the number 0: many languages take "0" for true."""
    return _ON if value else 0


def date(seconds: int | None) -> int | str | None:
    """Return epoch seconds, or None for none."""
    return number(seconds) if seconds else None


def link(base_url: str, controller: str, **ids: float) -> str:
    """Return the address of a page."""
    named = "".join(f"&{name}={value}" for name, value in ids.items())
    return f"{base_url}/?controller={controller}&action=show{named}"
