"""Searches the tasks of many projects by one query."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain import search
from chalicelib.services.accounts.access import Caller
from chalicelib.services.tasks import searching

MOST_PROJECTS = 100
"""The most projects that one search reads, two lists each."""

LONGEST = 8.0
"""Seconds after which a search reads no more projects: API Gateway waits for 29."""

ENOUGH = 500
"""Tasks after which a search reads no more projects."""

_AT_ONCE = 8


class Everywhere(NamedTuple):
    """The result of a query over projects."""

    found: list[tuple[Project, list[Texts]]]  # open tasks first, then the newest; no empty lists
    missing: Mapping[str, str]  # by key: the reason why a name was found in no project
    searched: int  # how many projects were read
    after: int | None  # the id of the last project that was read, if others are left


_Asked = tuple[Project, search.Query]


def search_everywhere(
    projects: Sequence[Project], text: str, caller: Caller, *, after: int = 0
) -> Everywhere:
    """Return the tasks that a query finds in projects that the caller may see.

    It reads at most `MOST_PROJECTS` of those that `project:` allows, and fewer once it has found
    `ENOUGH` tasks or `LONGEST` has passed.

    Args:
        projects: The projects, by id.
        text: The query.
        caller: Who asks.
        after: The cursor of the call before: it reads the projects with greater ids.

    Raises:
        Refused: The query is invalid, or needs the comments of too many tasks.
    """
    every = _parsed(projects, text, caller)
    asked = [one for one in every if one[1].is_here]
    left = [one for one in asked if one[0].id > after]
    read = _read_all(left[:MOST_PROJECTS])
    return Everywhere(
        found=_grouped(read, caller),
        missing=_missing_in_all([query for _, query in asked or every]),
        searched=len(read),
        after=int(left[len(read) - 1][0].id) if read and len(read) < len(left) else None,
    )


def _parsed(projects: Sequence[Project], text: str, caller: Caller) -> list[_Asked]:
    """Return each project with the query as its names have it. Raises Refused."""
    names = searching.people()
    return [
        (project, search.parse(text, searching.context_of(project, caller, names)))
        for project in projects
    ]


def _read_all(asked: Sequence[_Asked]) -> list[tuple[_Asked, list[Texts]]]:
    """Return the matching tasks of the first projects, as many as there is time for."""
    ends_at, found, count = time.monotonic() + LONGEST, [], 0
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for begin in range(0, len(asked), _AT_ONCE):
            some = asked[begin : begin + _AT_ONCE]
            rows = list(threads.map(lambda one: searching.matching(*one), some))
            found += list(zip(some, rows, strict=True))
            count += sum(map(len, rows))
            if count >= ENOUGH or time.monotonic() > ends_at:
                break
    return found


def _grouped(
    read: Sequence[tuple[_Asked, list[Texts]]], caller: Caller
) -> list[tuple[Project, list[Texts]]]:
    """Return the projects with their tasks in order, after a look at comments if asked for."""
    texts = read[0][0][1].comments if read else ()
    if texts:
        every = [row for _, rows in read for row in rows]
        by_project = defaultdict(list)
        for row in searching.commented(every, texts, caller):
            by_project[row["project_id"]].append(row)
        found = [(project, by_project[str(project.id)]) for (project, _), _ in read]
    else:
        found = [(project, rows) for (project, _), rows in read]
    return [(project, sorted(rows, key=_order)) for project, rows in found if rows]


def _order(row: Texts) -> tuple[bool, int]:
    return row["is_active"] == "0", -int(row["task_id"])


def _missing_in_all(queries: Sequence[search.Query]) -> dict[str, str]:
    """Return the names that no project knows."""
    if not queries:
        return {}
    missing = dict(queries[0].missing)
    for query in queries[1:]:
        missing = {key: why for key, why in missing.items() if query.missing.get(key) == why}
    return missing
