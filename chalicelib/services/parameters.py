"""A new task's parameters, checked against the projects and people that there are."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.adapters.tables import Project, User
from chalicelib.domain import tasks
from chalicelib.domain.errors import Refused
from chalicelib.services import people, projects

T = TypeVar("T")
PARAMETERS = ("title", "description", "color_id", "project_id", "column_id", "owner_id", "category_id")
"""What a new task may be given, as text."""


def read_fields(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a new task.

    Raises:
        Refused: With a reason for each parameter that cannot be used.
    """
    reasons: dict[str, str] = {}

    def read(default: T, reader: Callable[[], T]) -> T:
        try:
            return reader()
        except Refused as refusal:
            reasons.update(refusal.reasons)
            return default

    fields: dict[str, Any] = {
        "title": read("", lambda: tasks.read_title(parameters.get("title"))),
        "description": read("", lambda: tasks.read_description(parameters.get("description"))),
        "color_id": read("", lambda: tasks.read_color(parameters.get("color_id"))),
        "owner_id": read(0, lambda: _read_owner(parameters.get("owner_id"))),
    }
    project = read(None, lambda: read_project(parameters.get("project_id")))
    for field, group in (("column_id", "columns"), ("category_id", "categories")):
        number = read(0, lambda field=field: tasks.read_id(field, parameters.get(field)))  # type: ignore[misc]
        if project is not None and field not in reasons:
            fields[field] = read(0, lambda f=field, g=group, n=number: read_part(project, f, g, n))  # type: ignore[misc]
    if reasons or project is None:
        raise Refused(reasons)
    return fields | {"project_id": int(project.id)}


def _read_owner(text: str | None) -> int:
    number = tasks.read_id("owner_id", text)
    if number == 0:
        return 0

    def is_there(users: Mapping[int, User]) -> bool:
        return number in users and users[number].is_active

    if not is_there(people.CACHE.get_where(is_there)):
        raise Refused({"owner_id": f"there is no active user {number}"})
    return number


def read_project(text: str | None) -> Project:
    """Return the active project of an id as text; None means the one with the lowest id.

    Raises:
        Refused: There is none.
    """
    number = None if text is None else tasks.read_id("project_id", text)

    def choose(known: Mapping[int, Project]) -> Project | None:
        active = [project for id_, project in known.items() if project.is_active and number in (None, id_)]
        return active[0] if active else None

    project = choose(projects.CACHE.get_where(lambda known: choose(known) is not None))
    if project is None:
        wanted = "there is no active project" + ("" if number is None else f" {number}")
        raise Refused({"project_id": wanted})
    return project


def read_part(project: Project, field: str, group: str, number: int) -> int:
    """Return the id of a column or category of a project; 0 means its first column, or no category.

    Raises:
        Refused: The project has no such part.
    """
    ids = [int(part.id) for part in getattr(project, group)]
    if number == 0 and field == "category_id":
        return 0
    if number == 0 and ids:
        return ids[0]
    if number not in ids:
        raise Refused({field: f"project {project.id} has no such {field.removesuffix('_id')}"})
    return number
