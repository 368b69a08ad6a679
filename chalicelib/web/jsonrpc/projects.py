"""Projects and their members."""

from typing import Any

from chalicelib.domain.accounts import (
    ADMINISTRATOR,
    MANAGER,
    PROJECT_MANAGER,
    PROJECT_MEMBER,
    PROJECT_VIEWER,
    at_least,
)
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import access, users
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import history, removal
from chalicelib.web.jsonrpc import activity, shapes
from chalicelib.web.jsonrpc.base import ANYBODY, Call, procedure

Shape = shapes.Shape

LONGEST_ACTIVITY = 50
"""The most events, as in Kanboard."""

MOST_PROJECTS = 100
"""Most projects whose activity one call returns."""


@procedure(MANAGER)
def create_project(
    call: Call,
    name: str,
    description: str = "",
    owner_id: int = 0,
    identifier: str = "",
    start_date: str = "",
    end_date: str = "",
) -> int:
    """Create a project and return its id; its creator manages it, unless an owner is given."""
    if owner_id:
        users.get_user(owner_id)
    more = {"description": description, "identifier": identifier}
    more |= {"start_date": start_date, "end_date": end_date}
    return int(projects.add_project(name, owner_id=owner_id or call.caller.id, **more).id)


@procedure(PROJECT_VIEWER, otherwise=None)
def get_project_by_id(call: Call, project_id: int) -> Shape:
    """Return a project."""
    return shapes.project(projects.find_project(project_id), call.base_url)


@procedure(ANYBODY)
def get_project_by_name(call: Call, name: str) -> Shape:
    """Return the oldest project with a name that the caller may see."""
    for project in projects.list_projects():
        if project.name == name and access.may_in(call.caller, project, PROJECT_VIEWER):
            return shapes.project(project, call.base_url)
    raise NotFound(f"there is no project {name}")


@procedure(ANYBODY)
def get_project_by_identifier(call: Call, identifier: str) -> Shape:
    """Return the project with an identifier."""
    project = projects.find_by_identifier(identifier)
    if not access.may_in(call.caller, project, PROJECT_VIEWER):
        raise NotFound(f"there is no project {identifier}")
    return shapes.project(project, call.base_url)


@procedure(ADMINISTRATOR)
def get_all_projects(call: Call) -> list[Shape]:
    """Return all projects."""
    return [shapes.project(project, call.base_url) for project in projects.list_projects()]


@procedure(PROJECT_MANAGER)
def update_project(
    _: Call,
    project_id: int,
    name: str | None = None,
    description: str | None = None,
    owner_id: int | None = None,
    identifier: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
) -> bool:
    """Change the given fields of a project."""
    if owner_id:
        users.get_user(owner_id)
    named = {
        "description": description,
        "identifier": identifier,
        "start_date": start_date,
        "end_date": end_date,
    }
    more: dict[str, Any] = {field: text for field, text in named.items() if text is not None}
    projects.update_project(project_id, name, owner_id, **more)
    return True


@procedure(PROJECT_MANAGER)
def remove_project(call: Call, project_id: int) -> bool:
    """Remove a project and its tasks for good."""
    removal.remove_project(project_id, author=call.caller.id)
    return True


@procedure(PROJECT_MANAGER)
def enable_project(_: Call, project_id: int) -> bool:
    """Open a project for new tasks."""
    projects.set_active(project_id, is_active=True)
    return True


@procedure(PROJECT_MANAGER)
def disable_project(_: Call, project_id: int) -> bool:
    """Close a project for new tasks."""
    projects.set_active(project_id, is_active=False)
    return True


@procedure(PROJECT_VIEWER)
def get_project_activity(_: Call, project_id: int) -> list[Shape]:
    """Return the newest events of a project."""
    return [
        activity.past_event(event) for event in history.of_projects([project_id], LONGEST_ACTIVITY)
    ]


@procedure(PROJECT_VIEWER)
def get_project_activities(_: Call, project_ids: list[int]) -> list[Shape]:
    """Return the newest events of some projects."""
    if len(project_ids) > MOST_PROJECTS:
        raise Refused({"project_ids": f"takes up to {MOST_PROJECTS}"})
    return [
        activity.past_event(event) for event in history.of_projects(project_ids, LONGEST_ACTIVITY)
    ]


@procedure(PROJECT_VIEWER)
def get_project_users(_: Call, project_id: int) -> dict[str, str]:
    """Return the names of a project's members by id."""
    return _names(project_id, PROJECT_VIEWER)


@procedure(PROJECT_VIEWER)
def get_assignable_users(
    _: Call,
    project_id: int,
    prepend_unassigned: bool = False,  # noqa: FBT001, FBT002
) -> dict[str, str]:
    """Return the names of a project's members, except viewers, by id."""
    return ({"0": "Unassigned"} if prepend_unassigned else {}) | _names(project_id, PROJECT_MEMBER)


def _names(project_id: int, role: str) -> dict[str, str]:
    members = projects.members_of(projects.find_project(project_id))
    return {
        str(user.id): user.shown_name
        for user in users.list_users()
        if user.is_active and at_least(members.get(str(user.id)), role)
    }


@procedure(PROJECT_MANAGER)
def add_project_user(_: Call, project_id: int, user_id: int, role: str = PROJECT_MEMBER) -> bool:
    """Add a user to a project; an existing role is kept."""
    users.get_user(user_id)
    membership.set_role(project_id, user_id, role, is_member=False)
    return True


@procedure(PROJECT_MANAGER)
def change_project_user_role(_: Call, project_id: int, user_id: int, role: str) -> bool:
    """Change the role of a member."""
    membership.set_role(project_id, user_id, role, is_member=True)
    return True


@procedure(PROJECT_MANAGER)
def remove_project_user(_: Call, project_id: int, user_id: int) -> bool:
    """Remove a user from a project."""
    membership.set_role(project_id, user_id, None, is_member=True)
    return True


@procedure(PROJECT_VIEWER, otherwise="")
def get_project_user_role(_: Call, project_id: int, user_id: int) -> str:
    """Return the role of a user in a project, "" for a non-member."""
    return projects.role_in(projects.find_project(project_id), user_id) or ""
