"""Reads the fields of a task from text, and checks them against the projects and users."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain import moments, tasks
from chalicelib.domain.errors import Refused
from chalicelib.domain.values import is_blank
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects

_ALWAYS = ("title", "description", "color_id", "owner_id")
"""The fields of a new task that are read even if they are not given."""


def read_fields(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return a new task's fields: the given ones, and defaults of the required ones.

    Args:
        parameters: The texts by field; other names and blank texts are ignored, as in Kanboard.

    Raises:
        Refused: With a reason for each invalid parameter.
    """
    parameters = {name: text for name, text in parameters.items() if not is_blank(text)}
    reasons: dict[str, str] = {}
    names = [*_ALWAYS, *(name for name in _READERS if name in parameters and name not in _ALWAYS)]
    fields = _read_each(names, parameters, reasons)
    try:
        project = read_project(parameters.get("project_id"))
    except Refused as refusal:
        reasons |= refusal.reasons
        _read_parts(None, _PARTS, parameters, reasons)
        raise Refused(reasons) from refusal
    fields |= {"project_id": int(project.id), **_read_parts(project, _PARTS, parameters, reasons)}
    if reasons:
        raise Refused(reasons)
    return fields


def read_changes(parameters: Mapping[str, str], project: Project) -> dict[str, Any]:
    """Return the given fields of a task, checked against its project; it does not move.

    Raises:
        Refused: With a reason for each invalid parameter.
    """
    reasons: dict[str, str] = {}
    fields = _read_each([name for name in _READERS if name in parameters], parameters, reasons)
    fields |= _read_parts(
        project, [name for name in ("category_id",) if name in parameters], parameters, reasons
    )
    if reasons:
        raise Refused(reasons)
    return fields


def _read_each(
    names: Iterable[str], parameters: Mapping[str, str], reasons: dict[str, str]
) -> dict[str, Any]:
    fields = {}
    for name in names:
        try:
            fields[name] = _READERS[name](parameters.get(name))
        except Refused as refusal:
            reasons.update(refusal.reasons)
    return fields


def _read_parts(
    project: Project | None,
    names: Iterable[str],
    parameters: Mapping[str, str],
    reasons: dict[str, str],
) -> dict[str, int]:
    """Read columns and categories; without a project only non-numbers can be refused."""
    fields = {}
    for name in names:
        try:
            number = tasks.read_id(name, parameters.get(name))
            if project is not None:
                fields[name] = read_part(project, name, _PARTS[name], number)
        except Refused as refusal:
            reasons.update(refusal.reasons)
    return fields


def read_user(field: str, text: str | None) -> int:
    """Return the id of an active user, 0 for nobody.

    Raises:
        Refused: There is no such user.
    """
    number = tasks.read_id(field, text)
    if number == 0:
        return 0

    def is_there(known: Mapping[int, User]) -> bool:
        return number in known and known[number].is_active

    if not is_there(users.CACHE.get_where(is_there)):
        raise Refused({field: f"there is no active user {number}"})
    return number


_READERS: dict[str, Callable[[str | None], int | str]] = {
    "title": tasks.read_title,
    "description": tasks.read_description,
    "color_id": tasks.read_color,
    "owner_id": lambda text: read_user("owner_id", text),
    "creator_id": lambda text: read_user("creator_id", text),
    "score": lambda text: tasks.read_id("score", text),
    "priority": lambda text: tasks.read_id("priority", text),
    "date_due": lambda text: moments.read_date("date_due", text),
    "date_started": lambda text: moments.read_date("date_started", text),
    "reference": tasks.read_reference,
}
"""The reader of each field that does not depend on the project."""

_PARTS = {"column_id": "columns", "category_id": "categories"}


def read_project(text: str | None) -> Project:
    """Return the active project with an id as text; None means the one with the lowest id.

    Raises:
        Refused: There is no such project.
    """
    number = None if text is None else tasks.read_id("project_id", text)

    def choose(known: Mapping[int, Project]) -> Project | None:
        active = (
            project for id_, project in known.items() if number in (None, id_) and project.is_active
        )
        return next(active, None)

    project = projects.CACHE.find(choose)
    if project is None:
        wanted = "there is no active project" + ("" if number is None else f" {number}")
        raise Refused({"project_id": wanted})
    return project


def read_part(project: Project, field: str, group: str, number: int) -> int:
    """Return the id of a column or category of a project; 0 means its first column, or no category.

    Raises:
        Refused: The project has no such part.
    """
    if number == 0 and field == "category_id":
        return 0
    parts = getattr(project, group)
    if number == 0 and parts:
        return int(parts[0].id)
    if number not in {int(part.id) for part in parts}:
        raise Refused({field: f"project {project.id} has no such {field.removesuffix('_id')}"})
    return number
