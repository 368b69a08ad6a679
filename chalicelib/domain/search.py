"""Kanboard's query language for tasks: `status:open assignee:me due:<=2026-07-01 some words`.

Attributes that are named twice are alternatives; all others must hold, and so must every free word
(docs.kanboard.org, "Advanced Search Syntax").
"""

import fnmatch
import glob
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import read_date
from chalicelib.domain.tasks import COLORS, read_id

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

LONGEST = 1000
"""Characters of a query."""

_DAY = 86400
_TERM = re.compile(r'(?:(?P<attribute>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))', re.IGNORECASE)
_COMPARED = re.compile(r"(?P<how>[<>]=?)?(?P<value>.*)", re.DOTALL)
_FROM_NOW = re.compile(r"(?P<count>[+-]?\d{1,5}) ?(?P<unit>day|week)s?", re.IGNORECASE)


class Scene(NamedTuple):
    """What a query is read against; all names are in lower case."""

    now: float  # epoch seconds
    me: int  # the id of the user who asks, 0 for none
    users: Mapping[str, int]  # ids by username and by name
    columns: Mapping[str, int]
    categories: Mapping[str, int]
    tags: Mapping[str, int]


class Query(NamedTuple):
    """What is looked for."""

    statuses: tuple[int, ...]  # 1 open, 0 closed: which lists are to be read
    matches: Test


def parse(text: str, scene: Scene) -> Query:
    """Read a query.

    Raises:
        Refused: An attribute has a value that cannot be.
    """
    if len(text) > LONGEST:
        raise Refused({"query": f"takes up to {LONGEST:,} characters"})
    words: list[Test] = []
    attributes: dict[str, list[Test]] = {}
    statuses: set[int] = set()
    for term in _TERM.finditer(text):
        value = term["quoted"] if term["quoted"] is not None else term["bare"]
        attribute = _ALIASES.get((term["attribute"] or "").lower(), (term["attribute"] or "").lower())
        if attribute == "status":
            statuses |= _read_status(value)
        elif attribute in _READERS:
            attributes.setdefault(attribute, []).append(_READERS[attribute](value, scene))
        else:
            words.append(_read_word(value if not attribute else term[0]))
    tests = [*words, *(_any_of(alternatives) for alternatives in attributes.values())]
    return Query(tuple(sorted(statuses or {0, 1}, reverse=True)), lambda row: all(test(row) for test in tests))


def _any_of(tests: list[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _read_status(value: str) -> set[int]:
    meanings = {"open": {1}, "closed": {0}, "all": {0, 1}}
    if value.lower() not in meanings:
        raise Refused({"status": "takes open, closed or all"})
    return meanings[value.lower()]


def _read_word(value: str) -> Test:
    number, wanted = value.removeprefix("#"), value.casefold()
    if value.startswith("#") and number.isdigit():
        return lambda row: str(row["task_id"]) == number
    return lambda row: wanted in str(row["title"]).casefold() or str(row["task_id"]) == wanted


def _holds(field: str) -> Callable[[str, Scene], Test]:
    def read(value: str, _: Scene) -> Test:
        wanted = value.casefold()
        return lambda row: wanted in str(row.get(field) or "").casefold()

    return read


def _user(field: str) -> Callable[[str, Scene], Test]:
    def read(value: str, scene: Scene) -> Test:
        name = value.lower()
        if name in {"nobody", "anybody"}:
            return lambda row: bool(row.get(field)) == (name == "anybody")
        wanted = scene.me if name == "me" else scene.users.get(name, _number(value))
        return lambda row: bool(wanted) and row.get(field) == wanted

    return read


def _part(field: str, group: str) -> Callable[[str, Scene], Test]:
    def read(value: str, scene: Scene) -> Test:
        if value.lower() == "none":
            return lambda row: not row.get(field)
        wanted = getattr(scene, group).get(value.lower(), _number(value))
        return lambda row: wanted == row.get(field) or wanted in _several(row.get(field))

    return read


def _several(value: Any) -> Any:
    return value if isinstance(value, (list, set)) else ()


def _color(value: str, _: Scene) -> Test:
    wanted = {color_id for color_id, color in COLORS.items() if value.lower() in {color_id, color.name.lower()}}
    return lambda row: row["color_id"] in wanted


def _reference(value: str, _: Scene) -> Test:
    if value.lower() == "none":
        return lambda row: not row.get("reference")
    # A pattern of our own would try every way in which many stars can share a text; fnmatch's never goes back.
    pattern = re.compile(fnmatch.translate("*".join(map(glob.escape, value.split("*")))), re.IGNORECASE)
    return lambda row: bool(pattern.match(str(row.get("reference") or "")))


def _amount(field: str) -> Callable[[str, Scene], Test]:
    def read(value: str, _: Scene) -> Test:
        how, number = _compared(value)
        wanted = read_id(field, number)
        return lambda row: _COMPARISONS[how](int(row.get(field) or 0), wanted, wanted + 1)

    return read


def _date(field: str) -> Callable[[str, Scene], Test]:
    def read(value: str, scene: Scene) -> Test:
        if value.lower() == "none":
            return lambda row: not row.get(field)
        how, text = _compared(value)
        start = _day(field, text, scene.now)
        return lambda row: bool(row.get(field)) and _COMPARISONS[how](int(row[field]), start, start + _DAY)

    return read


_COMPARISONS: dict[str, Callable[[int, int, int], bool]] = {
    "": lambda value, start, end: start <= value < end,
    "<": lambda value, start, _: value < start,
    "<=": lambda value, _, end: value < end,
    ">": lambda value, _, end: value >= end,
    ">=": lambda value, start, _: value >= start,
}
"""How a value is compared with what lies from `start` on and before `end`: a whole day, or a number."""


def _compared(value: str) -> tuple[str, str]:
    found = _COMPARED.fullmatch(value)
    return (found["how"] or "", found["value"]) if found else ("", value)


def _day(field: str, text: str, now: float) -> int:
    """Return when a day begins, in epoch seconds; days are UTC's."""
    today = datetime.fromtimestamp(now, timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(text.lower())
    if named is None and (found := _FROM_NOW.fullmatch(text)):
        named = int(found["count"]) * (7 if found["unit"].lower() == "week" else 1)
    if named is not None:
        return int((today + timedelta(days=named)).timestamp())
    seconds = read_date("due" if field == "date_due" else field, text)
    return seconds - seconds % _DAY


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else -1


_ALIASES = {"desc": "description", "ref": "reference", "updated": "modified", "complexity": "score"}

_READERS: dict[str, Callable[[str, Scene], Test]] = {
    "assignee": _user("owner_id"),
    "category": _part("category_id", "categories"),
    "color": _color,
    "column": _part("column_id", "columns"),
    "completed": _date("date_completed"),
    "created": _date("date_creation"),
    "creator": _user("creator_id"),
    "description": _holds("description"),
    "due": _date("date_due"),
    "modified": _date("date_modification"),
    "priority": _amount("priority"),
    "reference": _reference,
    "score": _amount("score"),
    "started": _date("date_started"),
    "tag": _part("tags", "tags"),
    "title": _holds("title"),
}
"""How the value of each attribute is read; what is not here is a free word."""
