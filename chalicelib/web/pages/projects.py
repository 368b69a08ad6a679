"""Projects: their columns, categories, tags and members."""

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.domain.accounts import (
    ADMINISTRATOR,
    MANAGER,
    PROJECT_MANAGER,
    PROJECT_MEMBER,
    PROJECT_ROLES,
    PROJECT_VIEWER,
)
from chalicelib.domain.errors import Refused
from chalicelib.domain.tasks import COLORS
from chalicelib.services.accounts import access, users
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import queries, removal
from chalicelib.web.pages import boards, editing
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)

GROUPS = {"columns": "Columns", "categories": "Categories", "tags": "Tags"}


@page(blueprint, "/projects")
def projects_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """List the projects that the caller may see."""
    known, broken = projects.read_projects()
    shown = [one for one in known if access.may_in(request.caller, one, PROJECT_VIEWER)]
    return render(
        request,
        "projects.html",
        errors=errors,
        projects=[(one, _count(one)) for one in shown],
        broken=broken if request.caller.is_at_least(ADMINISTRATOR) else [],
        may_add=request.caller.is_at_least(MANAGER),
    )


def _count(project: Project) -> str:
    """Return the number of open tasks; each column counts up to its board's limit."""
    counts = queries.counts_of(project, boards.SHOWN + 1)
    known = sum(min(count, boards.SHOWN) for count in counts)
    return f"{known:,}" + ("+" if any(count > boards.SHOWN for count in counts) else "")


@page(blueprint, "/projects", on_error=projects_page)
def add_project(request: PageRequest) -> Response:
    """Add a project; its creator becomes its manager."""
    access.require(request.caller, MANAGER)
    added = projects.add_project(
        request.get("name"), owner_id=request.caller.id, form_key=request.form_key
    )
    return redirect(request, f"/projects/{added.id}", done="added")


@page(blueprint, "/projects/{project_id}")
def project_page(
    request: PageRequest, project_id: str, errors: dict[str, str] | None = None
) -> Response:
    """Show a project in full."""
    project = boards.open_project(request, project_id, PROJECT_VIEWER)
    all_users = users.list_users()
    members = projects.members_of(project)
    values = _values(project)
    is_saving = bool(errors) and request.get("do") == "save"
    changed = editing.changed(request, values) if is_saving else {}
    return render(
        request,
        "project.html",
        errors=errors,
        sent={"form": request.get("do"), "id": request.get("id") or request.get("user_id")},
        project=project,
        values=values | changed,
        shown=editing.shown(values),
        groups=GROUPS,
        colors={color_id: color.name for color_id, color in COLORS.items()},
        members=[(user, members[str(user.id)]) for user in all_users if str(user.id) in members],
        others=[user for user in all_users if user.is_active and str(user.id) not in members],
        roles=PROJECT_ROLES,
        usual_role=PROJECT_MEMBER,
        may_edit=access.may_in(request.caller, project, PROJECT_MANAGER),
    )


def _values(project: Project) -> dict[str, str]:
    """Return the form values of a project."""
    return {
        name: str(getattr(project, name) or "") for name in ("name", "description", "identifier")
    }


@page(blueprint, "/projects/{project_id}", on_error=project_page)
def change_project(request: PageRequest, project_id: str) -> Response:
    """Handle the form's button."""
    project = boards.open_project(request, project_id, PROJECT_MANAGER)
    verb, _, what = request.get("do").partition("-")
    if verb not in _VERBS:
        raise Refused({"do": f"takes no {request.get('do')!r}"})
    if verb == "remove" and what != "member" and not is_sure(request):
        return _ask(request, project, what)
    _VERBS[verb](request, project, what)
    if verb == "remove" and not what:
        return redirect(request, "/projects", done="removed")
    return redirect(request, f"/projects/{project.id}", done="saved")


def _ask(request: PageRequest, project: Project, what: str) -> Response:
    """Ask for confirmation before the project or a part of it is removed."""
    if what:
        part = project_items.find_part(project, _group(what), request.number("id"))
        return ask(request, f"Remove the {project_items.GROUPS[what]} {part.name}?", _LOSSES[what])
    count = _count(project)
    tasks = "1 open task" if count == "1" else f"{count} open tasks"
    loss = f"The project, its {tasks}, its closed tasks and all comments are removed for good."
    return ask(request, f"Remove project {project.name}?", loss)


_LOSSES = {
    "columns": "A column with open tasks cannot be removed.",
    "categories": "Its open tasks will have no category.",
    "tags": "Its tasks will lose the tag.",
}


def _save(request: PageRequest, project: Project, _: str) -> None:
    """Write the changed fields, unless they were changed elsewhere."""
    changes = editing.changed(request, _values(project))

    def refuse_overtaken(now: Project) -> None:
        editing.refuse_overtaken(request, changes, _values(now))

    # Checked first: the page with the errors also shows the new values.
    refuse_overtaken(project)
    wanted: dict[str, Any] = {name: text.strip() for name, text in changes.items()}
    projects.update_project(
        int(project.id), wanted.pop("name", None), check=refuse_overtaken, **wanted
    )


def _switch(request: PageRequest, project: Project, what: str) -> None:
    del request
    projects.set_active(int(project.id), is_active=what == "on")


def _remove(request: PageRequest, project: Project, what: str) -> None:
    """Remove the project, or the named part or member."""
    if not what:
        removal.remove_project(int(project.id), author=request.caller.id)
    elif what == "member":
        membership.end_role(int(project.id), request.number("user_id"))
    elif what == "categories":
        removal.remove_category(_own_part(request, project, what), author=request.caller.id)
    else:
        project_items.remove_part(_group(what), _own_part(request, project, what))


def _add(request: PageRequest, project: Project, what: str) -> None:
    if what == "member":
        user = users.get_user(request.number("user_id"))
        membership.set_role(int(project.id), int(user.id), request.get("role"), is_member=False)
    else:
        project_items.add_part(
            int(project.id), _group(what), request.get("name"), form_key=request.form_key
        )


def _edit(request: PageRequest, project: Project, what: str) -> None:
    if what == "member":
        membership.set_role(
            int(project.id), request.number("user_id"), request.get("role"), is_member=True
        )
        return
    more: dict[str, Any] = (
        {"task_limit": request.get("task_limit") or 0} if what == "columns" else {}
    )
    if what != "columns":
        more["color_id"] = request.get("color_id")
    project_items.change_part(
        _group(what), _own_part(request, project, what), request.get("name"), **more
    )


def _order(request: PageRequest, project: Project, what: str) -> None:
    """Move a column one place up or down."""
    column_id = _own_part(request, project, "columns")
    ids = [int(column.id) for column in project.columns]
    place = ids.index(column_id) + 1 + (1 if what == "down" else -1)
    project_items.move_column(int(project.id), column_id, min(max(place, 1), len(ids)))


_VERBS: dict[str, Callable[[PageRequest, Project, str], None]] = {
    "save": _save,
    "switch": _switch,
    "remove": _remove,
    "add": _add,
    "edit": _edit,
    "order": _order,
}


def _group(what: str) -> str:
    if what not in GROUPS:
        raise Refused({"do": f"takes no {what!r}"})
    return what


def _own_part(request: PageRequest, project: Project, what: str) -> int:
    """Return the id of a part of this project. Raises NotFound for another project's part."""
    return int(project_items.find_part(project, _group(what), request.number("id")).id)
