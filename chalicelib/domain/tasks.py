"""The fields of a task: colours, limits, positions and their checks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.errors import Refused
from chalicelib.domain.values import is_blank, whole_characters, whole_number


class Color(NamedTuple):
    """A colour of tasks, as Kanboard shows it."""

    name: str
    background: str
    border: str


COLORS = {
    "yellow": Color("Yellow", "rgb(245, 247, 196)", "rgb(223, 227, 45)"),
    "blue": Color("Blue", "rgb(219, 235, 255)", "rgb(168, 207, 255)"),
    "green": Color("Green", "rgb(189, 244, 203)", "rgb(74, 227, 113)"),
    "purple": Color("Purple", "rgb(223, 176, 255)", "rgb(205, 133, 254)"),
    "red": Color("Red", "rgb(255, 187, 187)", "rgb(255, 151, 151)"),
    "orange": Color("Orange", "rgb(255, 215, 179)", "rgb(255, 172, 98)"),
    "grey": Color("Grey", "rgb(238, 238, 238)", "rgb(204, 204, 204)"),
}
DEFAULT_COLOR = "blue"
LANE_NAME = "Default swimlane"
"""The name of the one swimlane that every board has; its id is the project's."""

LONGEST_TITLE = 200
LONGEST_NAME = 200
"""Characters of the name of a project, column, category or tag, and of a reference."""
LONGEST_NOTE = 10_000
"""Characters of the description of a project or a column."""

LARGEST_ITEM = 400 * 1024
"""Bytes that DynamoDB takes as an item."""

LARGEST_ID = 2**53 - 1
"""Ids are JSON integers, which JavaScript reads exactly up to here."""

NEW_GAP = 2**20
"""The distance between two tasks added one after the other: room for 20 halvings."""

MIN_GAP = 2**10
"""The least distance between tasks that were moved to make room: room for 10 halvings."""

APPEND_GAP = 2**10 - 1
"""The distance between the last task and one moved below it.

It is less than `NEW_GAP`, so that the next new task is last again unless a thousand tasks were
moved there first. It is odd, so that a new task never gets the same position."""


def read_title(text: str | None) -> str:
    """Return the title, as given.

    Raises:
        Refused: It is missing, blank, too long or not text.
    """
    if text is None or is_blank(text):
        raise Refused({"title": "is required"})
    if len(text) > LONGEST_TITLE:
        raise Refused({"title": f"takes at most {LONGEST_TITLE} characters, not {len(text)}"})
    return read_text("title", text)


def read_description(text: str | None) -> str:
    """Return the description, "" for none.

    Raises:
        Refused: It is too long for the store or not text.
    """
    text = text or ""
    if len(text) > LARGEST_ITEM:
        raise Refused({"description": "is too long: a task takes at most 400 KB"})
    return read_text("description", text)


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


def read_name(field: str, text: str | None) -> str:
    """Return the name of a project, column, category or tag, as given.

    Raises:
        Refused: It is missing, blank, too long or not text.
    """
    if text is None or is_blank(text) or len(text) > LONGEST_NAME:
        raise Refused({field: f"takes 1 to {LONGEST_NAME} characters"})
    return read_text(field, text)


def read_note(field: str, text: str) -> str:
    """Return the description of a project or a column, as given.

    Raises:
        Refused: It is too long or not text.
    """
    if len(text) > LONGEST_NOTE:
        raise Refused({field: f"takes up to {LONGEST_NOTE:,} characters"})
    return read_text(field, text)


def read_reference(text: str | None) -> str:
    """Return a task's name in another system, "" for none.

    Raises:
        Refused: It is too long or not text.
    """
    text = text or ""
    return text and read_name("reference", text)


def read_id(field: str, text: str | None) -> int:
    """Return the whole number in a parameter, usually an id; 0 for None.

    Raises:
        Refused: It is not a whole number from 0 to `LARGEST_ID`.
    """
    if text is None:
        return 0
    number = whole_number(text)
    if number is None or not 0 <= number <= LARGEST_ID:
        raise Refused({field: "takes a whole number, 0 or more"})
    return number


def read_text(field: str, text: str) -> str:
    """Return a text that every program can read.

    Raises:
        Refused: It holds NUL or invalid Unicode.
    """
    if "\0" in text:
        raise Refused({field: "must not hold a NUL character"})
    # A gateway that decodes %FF writes U+FFFD for it; a JSON body may hold half a surrogate pair.
    if "\ufffd" in text or whole_characters(text) != text:
        raise Refused({field: "must be valid UTF-8"})
    return str(text)


def first_position(task_id: int) -> int:
    """Return the position of a new task: usually the end of its column, since ids grow."""
    return task_id * NEW_GAP


def position_between(above: int | None, below: int | None) -> int | None:
    """Return a position between two neighbours (None: no neighbour), or None: no room."""
    if above is None:
        return NEW_GAP if below is None else below - NEW_GAP
    if below is None:
        return above + APPEND_GAP
    middle = (above + below) // 2
    return middle if above < middle < below else None


def make_room(
    edge: int, standing: Sequence[int], direction: int, *, are_all: bool
) -> list[int] | None:
    """Return new positions for the fewest tasks that must move to make room at an edge.

    Args:
        edge: The position that stays.
        standing: The positions of the tasks beyond it, the nearest first.
        direction: 1 if they are below the edge, -1 if above it.
        are_all: Whether there are no more tasks; then the last may move as far as needed.

    Returns:
        The positions of the nearest tasks, in order; None where more tasks must be known.
    """
    for count in range(1, len(standing)):
        step = (standing[count] - edge) * direction // (count + 2)
        if step >= MIN_GAP:
            return [edge + direction * step * (place + 2) for place in range(count)]
    return (
        [edge + direction * NEW_GAP * (place + 2) for place in range(len(standing))]
        if are_all
        else None
    )


def item_size(row: Mapping[str, object]) -> int:
    """Return an upper bound of a row's bytes in DynamoDB, for texts, numbers and number sets.

    Names and strings count their UTF-8, numbers at most 21 bytes
    (Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats").
    """
    return sum(len(name.encode()) + _value_size(value) for name, value in row.items())


def _value_size(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    return 3 + 22 * len(value) if isinstance(value, (list, set)) else 21


def index_fields(row: Mapping[str, Any], closed_at: int) -> dict[str, int | None]:
    """Return the index fields of open and closed tasks: `is_active`, `rank`, `closed_at`.

    Args:
        row: The task; missing fields have their defaults.
        closed_at: The time of closing, in epoch seconds, for a closed task without one.
    """
    if is_active := int(row.get("is_active", 1)):
        return {"is_active": is_active, "rank": int(row.get("position", 0)), "closed_at": None}
    return {"is_active": 0, "rank": None, "closed_at": int(row.get("date_completed") or closed_at)}
