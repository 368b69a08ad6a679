"""Searches tasks by a query."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts, Values
from chalicelib.domain import search, search_keys
from chalicelib.domain.errors import Refused
from chalicelib.domain.tasks import LANE_NAME
from chalicelib.services.accounts import users
from chalicelib.services.accounts.access import Caller
from chalicelib.services.tasks import comments, queries

MOST_COMMENTED = 1000
"""The most tasks whose comments one search reads, a call each: API Gateway waits for 29 s."""


class Found(NamedTuple):
    """The result of a query."""

    rows: list[Texts]
    missing: Mapping[str, str]  # by key: the reason why a name was not found


def search_tasks(project: Project, text: str, caller: Caller) -> Found:
    """Return the tasks of a project that a query finds, open and closed, by id.

    It reads the lists that the status allows. If the query names comments, it also reads the
    comments that the caller may see on the tasks that match otherwise.

    Raises:
        Refused: The query is invalid, or needs the comments of too many tasks.
    """
    query = search.parse(text, context_of(project, caller, people()))
    found = matching(project, query)
    return Found(
        commented(found, query.comments, caller) if query.comments else found, query.missing
    )


def matching(project: Project, query: search.Query) -> list[Texts]:
    """Return the tasks of a project that match a query but for their comments, by id."""
    found: list[Texts] = []
    for status in query.statuses if query.is_here else ():
        rows = queries.tasks_of(project, is_active=bool(status))
        found += [row for row in rows if query.matches(Values(row))]
    return sorted(found, key=lambda row: int(row["task_id"]))


def commented(rows: list[Texts], texts: Iterable[str], caller: Caller) -> list[Texts]:
    """Return the tasks with a comment that contains one of these texts.

    Raises:
        Refused: It would read the comments of too many tasks.
    """
    asked = [row for row in rows if row["comments"] != "0"]
    if len(asked) > MOST_COMMENTED:
        read = f"reads the comments of {MOST_COMMENTED:,} tasks, not of {len(asked):,}"
        raise Refused({"comment": f"{read}: add other keys"})
    return [row for row in asked if _says(row, texts, caller)]


def _says(row: Texts, texts: Iterable[str], caller: Caller) -> bool:
    said = (
        str(comment.text).casefold()
        for comment in comments.read_comments(int(row["task_id"]), caller.role)
    )
    return any(text in comment for comment in said for text in texts)


def people() -> search_keys.Names:
    """Return the names that a query may call users by."""
    names: list[tuple[str, int]] = []
    for user in users.CACHE.get().values():
        names += [(str(name), int(user.id)) for name in (user.name, user.username) if name]
    return names


def context_of(
    project: Project, caller: Caller, names: search_keys.Names
) -> search_keys.SearchContext:
    """Return what a query over a project may name; `names` is the result of `people`."""
    return search_keys.SearchContext(
        now=time.time(),
        me=caller.id,
        users=names,
        projects=[(str(project.name), int(project.id))],
        swimlanes=[(LANE_NAME, int(project.id)), (LANE_NAME, 0)],
        columns=_named(project.columns),
        categories=_named(project.categories),
        tags=_named(project.tags),
    )


def _named(parts: Iterable[Any]) -> search_keys.Names:
    return [(str(part.name), int(part.id)) for part in parts]
