"""The fields of a task, given as text, checked against the projects and people that there are."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.adapters.tables import Project, User
from chalicelib.domain import tasks
from chalicelib.domain.errors import Refused
from chalicelib.services import people, projects

T = TypeVar("T")


def read_fields(parameters: Mapping[str, str], project: Project | None = None) -> dict[str, Any]:
    """Return the fields of a new task, those that are given and the defaults of those that every task has.

    Args:
        parameters: By the name of the field; other names are ignored.
        project: Where the task stands; None: the parameter `project_id` says where.

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

    given = parameters.get
    fields: dict[str, Any] = {
        "title": read("", lambda: tasks.read_title(given("title"))),
        "description": read("", lambda: tasks.read_description(given("description"))),
        "color_id": read("", lambda: tasks.read_color(given("color_id"))),
        "owner_id": read(0, lambda: _read_user("owner_id", given("owner_id"))),
    }
    for name, reader in _OPTIONAL.items():
        if name in parameters:
            fields[name] = read(None, lambda n=name, r=reader: r(n, given(n)))  # type: ignore[misc]
    place = project or read(None, lambda: read_project(given("project_id")))
    for field, group in (("column_id", "columns"), ("category_id", "categories")):
        number = read(0, lambda field=field: tasks.read_id(field, given(field)))  # type: ignore[misc]
        if place is not None and field not in reasons:
            fields[field] = read(0, lambda f=field, g=group, n=number: read_part(place, f, g, n))  # type: ignore[misc]
    if reasons or place is None:
        raise Refused(reasons)
    return fields | {"project_id": int(place.id)}


def _read_user(field: str, text: str | None) -> int:
    number = tasks.read_id(field, text)
    if number == 0:
        return 0

    def is_there(users: Mapping[int, User]) -> bool:
        return number in users and users[number].is_active

    if not is_there(people.CACHE.get_where(is_there)):
        raise Refused({field: f"there is no active user {number}"})
    return number


_OPTIONAL: dict[str, Callable[[str, str | None], int | str]] = {
    "creator_id": _read_user,
    "score": tasks.read_id,
    "priority": tasks.read_id,
    "date_due": tasks.read_date,
    "date_started": tasks.read_date,
    "reference": lambda _, text: tasks.read_reference(text),
}
"""How each field is read that a new task may go without."""


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
