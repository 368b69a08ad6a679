"""The form with all fields of a new task."""

from collections.abc import Iterable

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import NamedRow, Project
from chalicelib.domain.accounts import PROJECT_MEMBER
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR
from chalicelib.services.accounts import users
from chalicelib.web.pages import adding, boards
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/boards/{project_id}/new")
def new_task_page(
    request: PageRequest, project_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show the form with all fields of a new task."""
    project = boards.open_project(request, project_id, PROJECT_MEMBER)
    return render(
        request,
        "task_new.html",
        errors=errors,
        known=[*adding.FIELDS, "tags"],
        project=project,
        choices=_choices(project),
        usual_color=DEFAULT_COLOR,
    )


def _choices(project: Project) -> dict[str, dict[int | str, str]]:
    """Return the options of the select fields."""
    owners: dict[int | str, str] = {0: "Nobody"}
    for user in users.CACHE.get().values():
        if user.is_active:
            owners[int(user.id)] = user.shown_name
    return {
        "column_id": _names(project.columns),
        "owner_id": owners,
        "category_id": {0: "None", **_names(project.categories)},
        "color_id": {color_id: color.name for color_id, color in COLORS.items()},
    }


def _names(parts: Iterable[NamedRow]) -> dict[int | str, str]:
    return {int(part.id): str(part.name) for part in parts}


@page(blueprint, "/boards/{project_id}/new", on_error=new_task_page)
def create_task(request: PageRequest, project_id: str) -> Response:
    """Add a task; return to the board, or to the form if another one is to follow."""
    project = boards.open_project(request, project_id, PROJECT_MEMBER)
    task_id = adding.add_task(request, project)
    if request.get("part"):
        return adding.told(task_id)
    if request.get("again"):
        return redirect(request, f"/boards/{project.id}/new", done="added")
    return redirect(request, f"/boards/{project.id}#t{task_id}", done="added")
