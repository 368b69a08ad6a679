"""Who belongs to a project, and in which role."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.domain import accounts
from chalicelib.domain.errors import Refused
from chalicelib.services.projects.projects import change_project, members_of


def set_role(project_id: int, user_id: int, role: str | None, *, is_member: bool) -> None:
    """Give a user a role in a project; None ends it.

    Args:
        project_id: The project.
        user_id: The user, who must be there.
        role: The role to have.
        is_member: Whether the user must be a member before; else none, or one with this role.

    Raises:
        NotFound: There is no such project.
        Refused: There is no such role, or the membership is another one.
    """
    if role is not None:
        accounts.read_role(role, accounts.PROJECT_ROLES)
    is_tried = False  # then it may be there, and only the answer was lost

    def with_role(project: Project) -> Mapping[str, Any]:
        nonlocal is_tried
        members = members_of(project)
        old = members.pop(str(user_id), None)
        if old == role and (role is not None or is_tried):
            return {}
        if (old is not None) != is_member:
            which = "no" if is_member else "a"
            raise Refused({"user_id": f"is {which} member of project {project_id}"})
        is_tried = True
        return {"members": members if role is None else {**members, str(user_id): role}}

    change_project(project_id, with_role)


def end_role(project_id: int, user_id: int) -> None:
    """Let a user belong to a project no more, whether or not this one does. Raises NotFound."""

    def without(project: Project) -> Mapping[str, Any]:
        members = members_of(project)
        return {"members": members} if members.pop(str(user_id), None) else {}

    change_project(project_id, without)
