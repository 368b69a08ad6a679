"""Tables that fit a terminal: without empty columns, with ages for times, long cells cut."""

import time
from collections.abc import Iterator, Mapping, Sequence

from tools.cells import Row, aged, cell, padded, set_off, styled, width_of

_DISPENSABLE = ("color", "due_at", "priority", "format", "verify", "tries", "events", "project")
"""The columns that a narrow terminal does without, the first one first."""

_NARROWEST = 4
"""Characters to which a cell may be cut."""

_READABLE = 24
"""Characters that the widest column keeps as long as another one is dispensable."""

_GAP = 2

Table = Sequence[Mapping[str, str]]


def fitted(rows: Sequence[Row], room: int) -> list[str]:
    """Return the lines of a table that is at most as wide as a terminal."""
    table = _for_people(rows)
    for narrower in _narrower(table):
        table = narrower
        if _missing(_widths(table), room) <= 0 or _cut(table, room)[1] >= _READABLE:
            break
    return _drawn(table, _cut(table, room)[0])


def whole(rows: Sequence[Row], room: int) -> list[str] | None:
    """Return the lines of a table, or None where a cell would be cut."""
    for table in _narrower(_for_people(rows)):
        widths = _widths(table)
        if _missing(widths, room) <= 0:
            return _drawn(table, widths)
    return None


def _narrower(table: Table) -> Iterator[Table]:
    """Yield a table, and then with fewer columns each time."""
    yield table
    for name in _DISPENSABLE:
        if name in table[0]:
            table = [{one: text for one, text in row.items() if one != name} for row in table]
            yield table


def _for_people(rows: Sequence[Row]) -> Table:
    now = time.time()
    table = [{name: aged(cell(value), now) for name, value in row.items()} for row in rows]
    empty = {name for name in table[0] if not any(row[name] for row in table)}
    return [{name: text for name, text in row.items() if name not in empty} for row in table]


def _heading(name: str) -> str:
    return name.removesuffix("_at").removesuffix("_id").removesuffix("_type").upper()


def _widths(table: Table) -> dict[str, int]:
    return {
        name: max(width_of(_heading(name)), *(width_of(row[name]) for row in table))
        for name in table[0]
    }


def _missing(widths: Mapping[str, int], room: int) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1) - room


def _cut(table: Table, room: int) -> tuple[dict[str, int], int]:
    """Return widths that fit, and the widest; the first column names the row and is never cut."""
    widths = _widths(table)
    others = list(widths)[1:]
    while _missing(widths, room) > 0 and others:
        widest = max(others, key=lambda name: widths[name])
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths, max((widths[name] for name in others), default=room)


def _drawn(table: Table, widths: Mapping[str, int]) -> list[str]:
    head = (" " * _GAP).join(padded(_heading(name), width) for name, width in widths.items())
    lines = [set_off(head.rstrip(), dim=True)]
    for row in table:
        cells = (styled(name, padded(row[name], width)) for name, width in widths.items())
        lines.append((" " * _GAP).join(cells).rstrip())
    return lines
