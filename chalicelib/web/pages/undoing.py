"""Undo: what a page offers after a change, and the form that undoes it."""

import json
from collections.abc import Mapping

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.tasks import lifecycle, undoing
from chalicelib.web.pages import headers
from chalicelib.web.pages.page_request import PageRequest, own_path
from chalicelib.web.pages.rendering import page, problem, redirect

blueprint = Blueprint(__name__)

KEY_HEADER = "X-Undo"
"""The header that gives a script the key of what it has just done."""


def offered(
    request: PageRequest, told: str, before: Task, after: Task, below: int | None = None
) -> dict[str, str]:
    """Keep a change to be undone, and return the query that makes the next page offer it.

    The arguments are those of `undoing.keep`. Without a change the next page says "Saved."
    """
    if after.version == before.version:
        return {"done": "saved"}
    return {"undo": undoing.keep(told, request.caller.id, [(before, after)], below)}


def moved_to(task: Task) -> str:
    """Return in words where a task was moved to."""
    project = lifecycle.project_of(task)
    names = {column.id: column.name for column in project.columns}
    return f"Moved to {names.get(task.column_id, project.name)}."


def _refused(request: PageRequest, errors: Mapping[str, str]) -> Response:
    return problem(request, 400, " ".join(errors.values()), title="Not undone")


@page(blueprint, "/undo", on_error=_refused)
def undo(request: PageRequest) -> Response:
    """Undo what the user has just done, and return to the page."""
    try:
        undone = undoing.undo(request.get("key"), request.caller)
    except NotFound as error:
        raise Refused({"key": f"{str(error)[:1].upper()}{str(error)[1:]}."}) from error
    if not undone.done:
        raise Refused({"key": f"Not undone: {_reasons(undone.refused)}."})
    told = "Undone."
    if undone.refused:
        told = f"{undone.done} undone. Not undone: {_reasons(undone.refused)}."
    if request.get("part"):
        return Response(
            json.dumps({"told": told}),
            headers=headers.ALWAYS | {"Content-Type": "application/json"},
        )
    done = {"undo": undoing.keep(told, request.caller.id, ())} if undone.refused else {}
    return redirect(request, own_path(request.get("back")), **(done or {"done": "undone"}))


def _reasons(refused: Mapping[int, str]) -> str:
    return "; ".join(f"#{task_id}: {reason}" for task_id, reason in refused.items())
