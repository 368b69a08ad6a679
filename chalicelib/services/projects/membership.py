"""The members of a project and their roles."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.domain import accounts
from chalicelib.domain.errors import Refused
from chalicelib.services.projects.projects import change_project, members_of


def set_role(project_id: int, user_id: int, role: str | None, *, is_member: bool) -> None:
    """Give a user a role in a project; None ends the membership.

    Args:
        project_id: The project.
        user_id: An existing user.
        role: The new role.
        is_member: Whether the user must be a member already, else none or one with this role.

    Raises:
        NotFound: There is no such project.
        Refused: There is no such role, or `is_member` is wrong.
    """
    if role is not None:
        accounts.read_role(role, accounts.PROJECT_ROLES)
    is_tried = False  # after a try the role may be stored, and only the answer lost

    def with_role(project: Project) -> Mapping[str, Any]:
        nonlocal is_tried
        members = members_of(project)
        old = members.pop(str(user_id), None)
        if old == role and (role is not None or is_tried):
            return {}
        if (old is not None) != is_member:
            which = "not a" if is_member else "already a"
            raise Refused({"user_id": f"is {which} member of project {project_id}"})
        is_tried = True
        return {"members": members if role is None else {**members, str(user_id): role}}

    change_project(project_id, with_role)


def end_role(project_id: int, user_id: int) -> None:
    """End a user's membership in a project, if there is one. Raises NotFound."""

    def without(project: Project) -> Mapping[str, Any]:
        members = members_of(project)
        return {"members": members} if members.pop(str(user_id), None) else {}

    change_project(project_id, without)
