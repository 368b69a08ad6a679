"""What a task may hold: its fields, colours, limits and positions."""

from collections.abc import Mapping

from chalicelib.domain.errors import Refused

COLORS = ("yellow", "blue", "green", "purple", "red", "orange", "grey")
DEFAULT_COLOR = "blue"
LONGEST_TITLE = 200
LARGEST_ITEM = 400 * 1024
"""Bytes that DynamoDB takes as an item."""

LARGEST_ID = 2**53 - 1
"""Ids are JSON integers, and JavaScript's receivers read them exactly up to here."""

GAP = 2**20
"""What lies between two tasks that were added one after the other: room for 20 halvings."""

STEP = 2**10 - 1
"""What lies between the last task and one moved below it: less than `GAP`, so that the next new task is still last,
and odd, so that it never meets one."""


def read_title(text: str | None) -> str:
    """Return the title, as given.

    Raises:
        Refused: It is missing, blank, too long or not text.
    """
    if text is None or not text.strip():
        raise Refused({"title": "is required"})
    if len(text) > LONGEST_TITLE:
        raise Refused({"title": f"takes at most {LONGEST_TITLE} characters, not {len(text)}"})
    return _read_text("title", text)


def read_description(text: str | None) -> str:
    """Return the description, "" for none.

    Raises:
        Refused: It is too long for the store or not text.
    """
    text = text or ""
    if len(text) > LARGEST_ITEM:
        raise Refused({"description": "is too long: a task takes at most 400 KB"})
    return _read_text("description", text)


def read_color(text: str | None) -> str:
    """Return the colour, the default one for None.

    Raises:
        Refused: There is no such colour.
    """
    if text is None:
        return DEFAULT_COLOR
    if text not in COLORS:
        raise Refused({"color_id": "takes one of " + ", ".join(COLORS)})
    return text


def read_id(field: str, text: str | None) -> int:
    """Return the id written in a parameter, 0 for None.

    Raises:
        Refused: It is not a whole number from 0 to `LARGEST_ID`.
    """
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= LARGEST_ID):
        raise Refused({field: "takes a whole number, 0 or more"})
    return int(text)


def _read_text(field: str, text: str) -> str:
    if "\0" in text:
        raise Refused({field: "must not hold a NUL character"})
    # A gateway that decodes %FF writes U+FFFD for it; a JSON body may hold half a surrogate pair.
    if "\ufffd" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused({field: "must be valid UTF-8"})
    return text


def first_position(task_id: int) -> int:
    """Return the position of a new task: the end of its column, since ids grow."""
    return task_id * GAP


def position_between(above: int | None, below: int | None) -> int | None:
    """Return a position between two neighbours (None: there is none), or None when there is no room left."""
    if above is None:
        return GAP if below is None else below - GAP
    if below is None:
        return above + STEP
    middle = (above + below) // 2
    return middle if above < middle < below else None


def item_size(row: Mapping[str, object]) -> int:
    """Return how many bytes DynamoDB counts for a flat row, an upper bound.

    Names and strings count their UTF-8, numbers at most 21 bytes
    (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats").
    """
    return sum(
        len(name.encode()) + (len(value.encode()) if isinstance(value, str) else 21) for name, value in row.items()
    )
