"""Several tasks of a board at once: choose, then move, assign, tag or close them."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.domain.accounts import PROJECT_MEMBER
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import bulk, queries, undoing
from chalicelib.web.pages import boards, editing, headers
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)

SHOWN = 250
"""The most tasks of a column to choose from without a script."""


@page(blueprint, "/boards/{project_id}/several")
def several_page(
    request: PageRequest, project_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show the open tasks of a board to choose from; for a script only what to choose."""
    project = boards.open_project(request, project_id, PROJECT_MEMBER)
    people = _people()
    if request.get("part") and not errors:
        return _json({"people": people, "tags": [str(tag.name) for tag in project.tags]})
    rows = queries.cards_of(project, SHOWN)
    columns = [{"column": column, "tasks": rows[int(column.id)]} for column in project.columns]
    return render(
        request,
        "several.html",
        errors=errors,
        project=project,
        columns=columns,
        people=people,
        most=bulk.MOST,
    )


def _people() -> list[tuple[str, str]]:
    """Return id and name of who may be assigned tasks."""
    active = [user for user in users.CACHE.get().values() if user.is_active]
    return [("0", "Nobody"), *((str(user.id), user.shown_name) for user in active)]


def _json(value: Mapping[str, Any]) -> Response:
    return Response(
        json.dumps(value), headers=headers.ALWAYS | {"Content-Type": "application/json"}
    )


@page(blueprint, "/boards/{project_id}/several", on_error=several_page)
def change_several(request: PageRequest, project_id: str) -> Response:
    """Change the chosen tasks, and tell what came of each."""
    project = boards.open_project(request, project_id, PROJECT_MEMBER)
    task_ids = [int(name[1:]) for name in request.values if re.fullmatch(r"t[0-9]{1,15}", name)]
    change, verb = _asked(request, project, task_ids)
    outcomes = bulk.change_all(task_ids, request.caller, change)
    told = _told(verb, outcomes)
    changed = [(before, after) for before, after in outcomes.done if before.version < after.version]
    key = undoing.keep(told, request.caller.id, changed)
    if request.get("part"):
        return _json({"told": told, "undo": key if changed else ""})
    return redirect(request, f"/boards/{project.id}", undo=key)


def _asked(request: PageRequest, project: Project, task_ids: list[int]) -> tuple[bulk.Change, str]:
    """Return the change that a form asks for, and what it does in words. Raises Refused."""
    match request.get("do"):
        case "move":
            column = project_items.find_part(project, "columns", request.number("column_id"))
            return bulk.moved_to(int(column.id), task_ids), f"moved to {column.name}"
        case "assign":
            names = dict(_people())
            owner = request.get("owner_id")
            return bulk.assigned_to(owner), f"assigned to {names.get(owner, owner)}"
        case "tag":
            tags = editing.names_in(request.get("tags"))
            return bulk.tagged(tags), f"tagged {editing.listed(tags)}"
        case "close":
            return bulk.closed, "closed"
        case other:
            raise Refused({"do": f"takes no {other!r}"})


def _told(verb: str, outcomes: bulk.Outcomes) -> str:
    """Return the outcome of each task in a sentence: "11 moved to Done, 1 was removed meanwhile."""
    parts = [f"{len(outcomes.done)} {verb}"] if outcomes.done else [f"None {verb}"]
    by_reason = defaultdict(list)
    for task_id, reason in outcomes.failed.items():
        by_reason[reason].append(f"#{task_id}")
    for reason, names in by_reason.items():
        shown = reason if len(names) == 1 else _plural(reason)
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(f"{len(names)} {shown} ({', '.join(names[:5])}{more})")
    return ", ".join(parts) + "."


def _plural(clause: str) -> str:
    verb, _, rest = clause.partition(" ")
    return f"{ {'was': 'were', 'is': 'are'}.get(verb, verb) } {rest}"
