"""The search over all projects, and the words that its field suggests."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain import search
from chalicelib.domain.errors import Refused
from chalicelib.domain.tasks import COLORS
from chalicelib.services.accounts import users
from chalicelib.services.tasks import searching_everywhere
from chalicelib.services.tasks.searching_everywhere import Everywhere
from chalicelib.web.pages import boards, headers
from chalicelib.web.pages.cards import Cards
from chalicelib.web.pages.page_request import PageRequest, number_of
from chalicelib.web.pages.rendering import page, render

blueprint = Blueprint(__name__)

SHOWN, SHOWN_ALONE = 50, 500
"""The most tasks of a project on a page of several projects, and of one alone."""

MOST_WORDS = 1000
"""The most words that are suggested."""


@page(blueprint, "/search")
def search_page(request: PageRequest) -> Response:
    """Show the tasks of all projects that a query finds."""
    query, known = request.get("q"), boards.visible_projects(request)
    answer, errors = _search(request, known, query) if query else (None, {})
    return render(
        request,
        "search.html",
        status=400 if errors else 200,
        errors=errors or (answer and answer.missing),
        query=query,
        unknown=[f"{key}:" for key in search.unknown_keys(query)],
        keys=search.KEYS,
        answer=answer,
        parts=_parts(request, answer.found) if answer else [],
        words=words_of(known),
        example_project=known[0].name if known else "Website",
    )


def _search(
    request: PageRequest, known: Sequence[Project], query: str
) -> tuple[Everywhere | None, dict[str, str]]:
    """Return what a query finds, or None and why it cannot be read."""
    after = number_of(request.get("after"))
    try:
        return searching_everywhere.search_everywhere(known, query, request.caller, after=after), {}
    except Refused as refusal:
        return None, refusal.reasons


def _parts(
    request: PageRequest, found: Sequence[tuple[Project, list[Texts]]]
) -> list[dict[str, Any]]:
    """Return what is shown of each project."""
    most = SHOWN if len(found) > 1 else SHOWN_ALONE
    parts = []
    for project, rows in found:
        cards = Cards(project, request.root, time.time())
        shown = rows[:most]
        parts.append(
            {
                "project": project,
                "count": len(rows),
                "more": len(rows) - len(shown),
                "open": cards.written(row for row in shown if row["is_active"] != "0"),
                "closed": cards.written(row for row in shown if row["is_active"] == "0"),
            }
        )
    return parts


@page(blueprint, "/search/words")
def words(request: PageRequest) -> Response:
    """Return the words that a search field suggests, for a script."""
    return Response(
        json.dumps(words_of(boards.visible_projects(request))),
        headers=headers.ALWAYS | {"Content-Type": "application/json"},
    )


def words_of(projects: Iterable[Project]) -> list[str]:
    """Return keys with values that find something: people, parts of projects, colours, days."""
    words = [f"{key}:{value}" for key, values in _VALUES.items() for value in values]
    return list(dict.fromkeys(chain(words, _names(list(projects)))))[:MOST_WORDS]


_VALUES = {
    "assignee": ("me", "nobody", "anybody"),
    "status": ("open", "closed"),
    "due": ("today", "tomorrow", "<today", "<=today", "none"),
    "priority": (">=1",),
    "color": tuple(COLORS),
    "created": ("today", "recently"),
    "modified": ("today", "recently"),
    "completed": ("today", "recently"),
    "creator": ("me",),
}


def _names(projects: Sequence[Project]) -> Iterator[str]:
    for project in projects:
        yield _word("project", project.name)
    for key, group in (("column", "columns"), ("category", "categories"), ("tag", "tags")):
        for project in projects:
            for part in getattr(project, group):
                yield _word(key, part.name)
    for user in users.CACHE.get().values():
        if user.is_active:
            yield _word("assignee", user.username)


def _word(key: str, name: object) -> str:
    """Return a key with a name, quoted if it has a space."""
    text = str(name)
    return f'{key}:"{text}"' if any(map(str.isspace, text)) else f"{key}:{text}"
