"""Boards: show, add and move the open tasks of a project."""

import json
import time
from collections.abc import Sequence
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import NamedRow, Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain import search
from chalicelib.domain.accounts import PROJECT_MANAGER, PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import access
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import history, moving, queries, searching
from chalicelib.services.tasks.undoing import before_move
from chalicelib.web.pages import adding, headers, undoing
from chalicelib.web.pages.cards import Cards
from chalicelib.web.pages.page_request import PageRequest, id_of, number_of
from chalicelib.web.pages.rendering import page, problem, redirect, render

blueprint = Blueprint(__name__)

SHOWN = 250
"""Tasks that a page first shows in each column; more are loaded on request."""


MOST_SHOWN = 5000
"""Most tasks of a page over all columns: a Lambda answer is limited to 6 MB."""


@page(blueprint, "/boards")
def boards_page(request: PageRequest) -> Response:
    """Redirect to the first board that the caller may see."""
    mine = visible_projects(request)
    if not mine:
        return render(request, "no_board.html")
    return redirect(
        request,
        f"/boards/{mine[0].id}",
        **({"done": request.get("done")} if request.get("done") else {}),
    )


def visible_projects(request: PageRequest, role: str = PROJECT_VIEWER) -> list[Project]:
    """Return the active projects in which the caller has a role; viewers see boards."""
    return [
        project
        for project in projects.CACHE.get().values()
        if project.is_active and access.may_in(request.caller, project, role)
    ]


@page(blueprint, "/boards/{project_id}")
def board_page(
    request: PageRequest, project_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show a board; for a script only its columns, or why a task was not moved."""
    project = open_project(request, project_id, PROJECT_VIEWER)
    query, part, errors = request.get("q"), request.get("part"), dict(errors or {})
    # Read before the columns: the next poll then sees later changes.
    version = version_of(project)
    found = _found(request, project, query, errors)
    if part and errors:
        reasons = "; ".join(f"{field}: {reason}" for field, reason in errors.items())
        return problem(request, 400, reasons)
    columns = _columns(request, project, found)
    return render(
        request,
        "columns.html" if part else "board.html",
        status=400 if errors else 200,
        errors=errors or (found and found.missing),
        project=project,
        projects=[] if part else visible_projects(request),
        columns=columns,
        total=sum(column["count"] for column in columns),
        query=query,
        opened=number_of(request.get("panel").removeprefix("tasks/")),
        version=version,
        may_edit=access.may_in(request.caller, project, PROJECT_MEMBER),
        may_manage=access.may_in(request.caller, project, PROJECT_MANAGER),
    )


def _found(
    request: PageRequest, project: Project, query: str, errors: dict[str, str]
) -> searching.Found | None:
    """Return the tasks that a filter finds, or None; an invalid one sets `errors`."""
    if not query:
        return None
    try:
        found = searching.search_tasks(project, f"{query} status:open", request.caller)
        words = dict.fromkeys(search.unknown_keys(query), "is no key: it is taken as a word")
        return found._replace(missing=words | dict(found.missing))
    except Refused as refusal:
        errors.update(refusal.reasons)
        return searching.Found([], {})


def _columns(
    request: PageRequest, project: Project, found: searching.Found | None
) -> list[dict[str, Any]]:
    most = MOST_SHOWN // max(len(project.columns), 1)
    shown = min(max(SHOWN, number_of(request.get("shown"))), most)
    if found:
        standing = queries.columns_of(project, found.rows)
    else:
        standing = queries.cards_of(project, shown + 1)
    next_shown = shown + SHOWN if shown < most else None
    cards = Cards(project, request.root, time.time())
    return [
        _column(part, standing[int(part.id)], shown, cards) | {"next": next_shown}
        for part in project.columns
    ]


def _column(part: NamedRow, rows: Sequence[Texts], shown: int, cards: Cards) -> dict[str, Any]:
    return {
        "id": int(part.id),
        "name": part.name,
        "limit": int(part.task_limit or 0),
        "cards": cards.written(rows[:shown]),
        "count": min(len(rows), shown),
        "has_more": len(rows) > shown,
    }


def open_project(request: PageRequest, project_id: str, role: str) -> Project:
    """Return a project in which the caller has the role.

    Raises Forbidden, and NotFound for administrators.
    """
    number = id_of("project", project_id)
    access.require_in_project(request.caller, number, role)
    return projects.find_project(number)


def version_of(project: Project) -> str:
    """Return a version that changes with the board: its tasks, comments and project parts."""
    return f"{project.version}.{project.comments}.{history.newest_of(int(project.id))}"


@page(blueprint, "/boards/{project_id}/version")
def board_version(request: PageRequest, project_id: str) -> Response:
    """Return the board's version, so that a script can detect changes."""
    project = open_project(request, project_id, PROJECT_VIEWER)
    return Response(
        json.dumps({"version": version_of(project)}),
        headers=headers.ALWAYS | {"Content-Type": "application/json"},
    )


@page(blueprint, "/boards/{project_id}", on_error=board_page)
def change_board(request: PageRequest, project_id: str) -> Response:
    """Add a task to a column, or move one, or a column, to a place."""
    project = open_project(request, project_id, PROJECT_MEMBER)
    match request.get("do"):
        case "add":
            return _add(request, project)
        case "move":
            return _back(request, project, undo=_move(request, project))
        case "move-column":
            return _move_column(request, project)
        case other:
            raise Refused({"do": f"takes no {other!r}"})


def _add(request: PageRequest, project: Project) -> Response:
    """Add a task; the form is open for the next one, and the new card in sight."""
    task_id = adding.add_task(request, project)
    if request.get("part"):
        return adding.told(task_id)
    return _back(request, project, f"#t{task_id}", new=request.get("column_id"), done="added")


def _move_column(request: PageRequest, project: Project) -> Response:
    access.require_in_project(request.caller, int(project.id), PROJECT_MANAGER)
    column_id, position = request.number("column_id"), request.number("position")
    project_items.move_column(int(project.id), column_id, position)
    return _back(request, project)


def _back(request: PageRequest, project: Project, place: str = "", **query: str) -> Response:
    """Return to the board, or tell a script that it is done."""
    if request.get("part"):
        known = {**headers.ALWAYS, undoing.KEY_HEADER: query.get("undo", "")}
        return Response("", status_code=204, headers=known)
    query = {name: text for name, text in (query | {"q": request.get("q")}).items() if text}
    return redirect(request, f"/boards/{project.id}{place}", **query)


def _move(request: PageRequest, project: Project) -> str:
    """Move a task to a place, and return the key that undoes it."""
    before, below = before_move(request.number("task_id"))
    moved = moving.move_task(
        int(before.task_id),
        request.number("column_id"),
        _place(request),
        project_id=int(project.id),
        author=request.caller.id,
    )
    told = undoing.moved_to(moved)
    return undoing.offered(request, told, before, moved, below).get("undo", "")


def _place(request: PageRequest) -> int | moving.Beside:
    """Return the position that a form names: before or after a task, or a number."""
    for side in ("before", "after"):
        if request.get(side):
            return moving.Beside(request.number(side), is_above=side == "before")
    return request.number("position")
