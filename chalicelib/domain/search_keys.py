"""The keys of a query and their values. A key compares the fields that answers show of a task."""

import fnmatch
import glob
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.days import day_of
from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import DAY, read_moment
from chalicelib.domain.search_ranges import Span, bounds_of
from chalicelib.domain.tasks import COLORS, read_id
from chalicelib.domain.values import is_blank, nfc, whole_number

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
Names = Sequence[tuple[str, int]]
"""Names with their ids; several ids may share a name."""

RECENTLY = 2 * DAY
"""How many seconds ago `recently` begins; Kanboard's default."""


class SearchContext(NamedTuple):
    """The time, people and parts that a query may name."""

    now: float  # epoch seconds
    me: int  # the id of the user who asks, 0 for the application
    users: Names  # by username and by name
    projects: Names  # the one that is searched
    swimlanes: Names
    columns: Names
    categories: Names
    tags: Names


class Key(NamedTuple):
    """A key as written, and the context for its value."""

    name: str
    scene: SearchContext
    missing: dict[str, str]  # by key: the reason why a name was not found

    def refused(self, reason: str) -> Refused:
        """Return the refusal of its value."""
        return Refused({self.name: reason})


Reader = Callable[[str, Key], Test]


def read_word(value: str) -> Test:
    """Return a test: the title contains a text, or the text is the id. `#23` is an id alone."""
    number, wanted = whole_number(value.removeprefix("#")), value.casefold()
    if number is None:
        return lambda row: wanted in str(row["title"]).casefold()
    if value.startswith("#"):
        return lambda row: bool(row["task_id"] == number)
    return lambda row: wanted in str(row["title"]).casefold() or row["task_id"] == number


def _holds(field: str) -> Reader:
    def read(value: str, _: Key) -> Test:
        wanted = value.casefold()
        return lambda row: wanted in str(row.get(field) or "").casefold()

    return read


def _person(field: str) -> Reader:
    def read(value: str, key: Key) -> Test:
        if value.lower() == "anybody":
            return lambda row: bool(row.get(field))
        special = {"me": {key.scene.me}, "nobody": {0}, "0": {0}}
        is_part = whole_number(value) is None
        ids = special.get(value.lower()) or _ids(key, "users", "user", value, is_part=is_part)
        return lambda row: (row.get(field) or 0) in ids

    return read


def _part(field: str, group: str, kind: str, *, is_part: bool = False) -> Reader:
    """Return a reader of an optional part of a task: a task without one has an empty field."""

    def read(value: str, key: Key) -> Test:
        ids = (
            {0}
            if value.lower() in {"none", "0"}
            else _ids(key, group, kind, value, is_part=is_part)
        )
        return lambda row: _is_among(row.get(field) or 0, ids)

    return read


def _is_among(value: Any, ids: set[int]) -> bool:
    return not ids.isdisjoint(value) if isinstance(value, (list, set)) else value in ids


def _column(value: str, key: Key) -> Test:
    ids = _ids(key, "columns", "column", value)
    return lambda row: row["column_id"] in ids


def _shared(group: str, kind: str) -> Reader:
    """Return a reader of a part that all of a project's tasks share: all match, or none."""

    def read(value: str, key: Key) -> Test:
        is_it = not _ids(key, group, kind, value).isdisjoint(
            one for _, one in getattr(key.scene, group)
        )
        return lambda _: is_it

    return read


def _ids(key: Key, group: str, kind: str, value: str, *, is_part: bool = False) -> set[int]:
    """Return the ids that a name or number means; for some keys a part of the name matches."""
    if is_blank(value):
        raise key.refused(f"takes the name or the id of a {kind}")
    names: Names = getattr(key.scene, group)
    wanted, number = nfc(value).casefold(), whole_number(value)
    found = set()
    for name, one in names:
        folded = nfc(name).casefold()
        if one == number or folded == wanted or (is_part and wanted in folded):
            found.add(one)
    if not found:
        key.missing[key.name] = f"there is no {kind} {value}"
    # A closed task keeps the ids of removed parts.
    return found if number is None else {*found, number}


def _color(value: str, key: Key) -> Test:
    wanted = {
        color_id
        for color_id, color in COLORS.items()
        if value.lower() in {color_id, color.name.lower()}
    }
    if not wanted:
        raise key.refused("takes one of " + ", ".join(COLORS))
    return lambda row: row["color_id"] in wanted


def _reference(value: str, _: Key) -> Test:
    if value.lower() == "none":
        return lambda row: not row.get("reference")
    # A plain pattern with many stars would backtrack through every split of the text; fnmatch's
    # never backtracks.
    pattern = re.compile(
        fnmatch.translate("*".join(map(glob.escape, value.split("*")))), re.IGNORECASE
    )
    return lambda row: bool(pattern.match(str(row.get("reference") or "")))


def _amount(field: str) -> Reader:
    def read(value: str, key: Key) -> Test:
        def span(text: str) -> Span:
            number = read_id(key.name, text)
            return number, number + 1

        begin, end = bounds_of(value, span)
        return lambda row: begin <= (row.get(field) or 0) < end

    return read


def _date(field: str, otherwise: str = "") -> Reader:
    """Return a reader of a date; `otherwise` is the field shown where the first is empty."""

    def read(value: str, key: Key) -> Test:
        if value.lower() == "none" and field in _OPTIONAL:
            return lambda row: not row.get(field)
        if value.lower() == "recently":
            begin, end = key.scene.now - RECENTLY, key.scene.now + 1
        else:
            begin, end = bounds_of(value, lambda text: _day(key, text))
        begin = max(begin, 1)  # 0 is no date
        return lambda row: begin <= (row.get(field) or row.get(otherwise) or 0) < end

    return read


_OPTIONAL = {"date_due", "date_started", "date_completed"}


def _day(key: Key, text: str) -> Span:
    """Return the UTC day that a text names or a moment lies on, in epoch seconds."""
    try:
        start = day_of(text, key.scene.now)
        moment = start if start is not None else read_moment(key.name, text)
    except (ValueError, OverflowError, Refused):
        moment = None
    if moment is None or text == "0":
        raise key.refused('takes a day such as 2026-07-01, tomorrow or "11 days ago"')
    start = int(moment // DAY) * DAY
    return start, start + DAY


_CREATED, _COMPLETED = _date("date_creation"), _date("date_completed")
_MODIFIED, _MOVED = (
    _date("date_modification", "date_creation"),
    _date("date_moved", "date_creation"),
)

READERS: dict[str, Reader] = {
    "assignee": _person("owner_id"),
    "category": _part("category_id", "categories", "category"),
    "color": _color,
    "colour": _color,
    "column": _column,
    "completed": _COMPLETED,
    "completedrange": _COMPLETED,
    "created": _CREATED,
    "createdrange": _CREATED,
    "creator": _person("creator_id"),
    "due": _date("date_due"),
    "id": _amount("task_id"),
    "modified": _MODIFIED,
    "modifiedrange": _MODIFIED,
    "moved": _MOVED,
    "movedrange": _MOVED,
    "priority": _amount("priority"),
    "project": _shared("projects", "project"),
    "reference": _reference,
    "ref": _reference,
    "started": _date("date_started"),
    "swimlane": _shared("swimlanes", "swimlane"),
    "tag": _part("tags", "tags", "tag", is_part=True),
    "title": lambda value, _: read_word(value),
    "updated": _MODIFIED,
    "updatedrange": _MODIFIED,
}
READERS |= dict.fromkeys(("description", "desc"), _holds("description"))
READERS |= dict.fromkeys(("score", "complexity"), _amount("score"))
"""The reader of each key's value. Keys that share a reader are one."""

LACKING = {
    "link": "is not supported: Taskhook has no links between tasks",
    "search": "is not supported: use title:, description: or comment:",
    "subtask": "is not supported: Taskhook has no subtasks",
}
"""Kanboard's other keys, and the reasons why they are refused."""
