"""Where a task goes, by names: its project, column, owner, category and tags."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.domain import wishes
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tasks import DEFAULT_COLOR
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks.fields import read_part, read_project, read_user

_PLAIN = ("title", "description", "color_id", "priority", "date_due")
"""What a task takes as it is wished."""


class Placed(NamedTuple):
    """The fields of a task, and what of the wish was left out, by field with the reason."""

    fields: dict[str, Any]
    left_out: dict[str, str]


def new_fields(wish: Mapping[str, Any], key: str | None, previous: int | None) -> Placed:
    """Return the fields of a new task.

    Args:
        wish: As `wishes.read_wish` returns it.
        key: What it is about, which becomes its reference.
        previous: The task that stood for the key before, if there was one.

    Raises:
        Refused: There is no title, or no such project or column.
    """
    fields, left_out = place(wish)
    plain = _plain({"description": "", **wish}, previous)
    fields = {"color_id": DEFAULT_COLOR} | plain | fields
    if "tags" in wish:
        _leave_out(
            left_out, "tags", lambda: fields.update(tags=_tags(fields["project_id"], wish["tags"]))
        )
    if key is not None:
        fields["reference"] = key
    return Placed(fields, left_out)


def place(wish: Mapping[str, Any]) -> Placed:
    """Return where a new task goes: its project, column, owner and category; nothing is written.

    Raises:
        Refused: There is no title, or no such project or column.
    """
    if "title" not in wish:
        raise Refused({"title": "is required"})
    project = _project(wish)
    fields: dict[str, Any] = {"project_id": int(project.id), "owner_id": 0}
    fields["column_id"] = _column(project, wish)
    left_out: dict[str, str] = {}
    if "owner_id" in wish or "owner" in wish:
        _leave_out(left_out, "owner", lambda: fields.update(owner_id=_owner(wish)))
    if "category" in wish:
        _leave_out(left_out, "category", lambda: fields.update(_category(project, wish)))
    return Placed(fields, left_out)


def changes(wish: Mapping[str, Any], project_id: int, previous: int | None) -> Placed:
    """Return the fields that an open task must have after a later item. Raises Refused."""
    fields, left_out = _plain(wish, previous), dict[str, str]()
    if "category" in wish:
        project = read_known(project_id)
        _leave_out(left_out, "category", lambda: fields.update(_category(project, wish)))
    if "tags" in wish:
        _leave_out(left_out, "tags", lambda: fields.update(tags=_tags(project_id, wish["tags"])))
    return Placed(fields, left_out)


def said(left_out: Mapping[str, str]) -> str:
    """Return what was left out, with the reasons, as one text."""
    return "; ".join(f"{name}: {reason}" for name, reason in left_out.items())


def read_known(project_id: int) -> Project:
    """Return a project that a task is in, open or not. Raises Refused."""
    known = projects.CACHE.get_where(lambda known: project_id in known)
    if project_id not in known:
        raise Refused({"project": f"there is no project {project_id}"})
    return known[project_id]


def _plain(wish: Mapping[str, Any], previous: int | None) -> dict[str, Any]:
    fields = {name: wish[name] for name in _PLAIN if name in wish}
    if "description" in fields:
        fields["description"] = wishes.described(fields["description"], previous)
    return fields


def _project(wish: Mapping[str, Any]) -> Project:
    if "project_id" in wish or "project" not in wish:
        number = wish.get("project_id")
        return read_project(None if number is None else str(number))
    name = wish["project"]

    def named(known: Mapping[int, Project]) -> Project | None:
        return next((one for one in known.values() if one.is_active and one.name == name), None)

    project = named(projects.CACHE.get_where(lambda known: named(known) is not None))
    if project is None:
        raise Refused({"project": f"there is no active project {name[:100]}"})
    return project


def _column(project: Project, wish: Mapping[str, Any]) -> int:
    if "column_id" in wish or "column" not in wish:
        return read_part(project, "column_id", "columns", wish.get("column_id", 0))
    for column in project.columns:
        if column.name == wish["column"]:
            return int(column.id)
    raise Refused({"column": f"project {project.id} has no column {wish['column'][:100]}"})


def _owner(wish: Mapping[str, Any]) -> int:
    if "owner_id" in wish:
        return read_user("owner", str(wish["owner_id"]))
    user = users.cached_user(wish["owner"])
    if user is None or not user.is_active:
        raise Refused({"owner": f"there is no active user {wish['owner'][:100]}"})
    return int(user.id)


def _category(project: Project, wish: Mapping[str, Any]) -> dict[str, int]:
    for category in project.categories:
        if category.name == wish["category"]:
            return {"category_id": int(category.id)}
    raise Refused({"category": f"project {project.id} has no category {wish['category'][:100]}"})


def _tags(project_id: int, names: list[str]) -> set[int]:
    try:
        return project_items.ids_of_tags(project_id, names)
    except NotFound as error:
        raise Refused({"project": str(error)}) from error


def _leave_out(left_out: dict[str, str], field: str, read: Callable[[], None]) -> None:
    try:
        read()
    except Refused as refusal:
        left_out[field] = "; ".join(refusal.reasons.values())
