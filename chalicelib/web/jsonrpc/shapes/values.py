"""Single values; `KANBOARD_NUMBERS` selects numbers as texts or as numbers."""

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from chalicelib.config import CONFIG

Shape = dict[str, Any]

number: Callable[[float], int | str] = int if CONFIG.kanboard_numbers == "number" else str
"""Return a stored number as text, as Kanboard's documentation shows it, or as a number, as PHP
    8.1 and later answers it."""

_ON = number(1)


def flag(value: object) -> int | str:
    """Return a boolean; false is always the number 0, since many languages treat "0" as true."""
    return _ON if value else 0


def date(seconds: int | None) -> int | str | None:
    """Return epoch seconds, or None for none."""
    return number(seconds) if seconds else None


def link(base_url: str, controller: str, **ids: float) -> str:
    """Return the address of a page."""
    named = "".join(f"&{name}={value}" for name, value in ids.items())
    return f"{base_url}/?controller={controller}&action=show{named}"


class Written:
    """A value that is JSON already, in pieces: a long answer is put together once, at its end."""

    __slots__ = ("pieces",)

    def __init__(self, *pieces: str) -> None:
        """Take the pieces of one value."""
        self.pieces = pieces

    @classmethod
    def array(cls, items: "Iterable[str | Written]") -> "Written":
        """Return an array of values that are JSON already."""
        pieces: list[str] = []
        for item in items:
            pieces.append("," if pieces else "[")
            pieces += (item,) if isinstance(item, str) else item.pieces
        return cls(*pieces, "]" if pieces else "[]")


def written(value: object) -> str:
    """Return a value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


JsonObject = Annotated[Written, Shape]
JsonList = Annotated[Written, list[Shape]]
"""What a procedure that returns JSON says of it."""
