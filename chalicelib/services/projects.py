"""Projects with their columns and categories."""

from collections.abc import Iterable

from chalicelib.adapters.store import reaching_store
from chalicelib.adapters.tables import Numbers, Project, named_rows
from chalicelib.domain.errors import Refused
from chalicelib.services.cached import Cached

FIRST_COLUMNS = ("Backlog", "Ready", "Work in progress", "Done")
LONGEST_NAME = 200


def list_projects() -> list[Project]:
    """Return all projects by their id."""
    with reaching_store():
        return sorted(Project.scan(consistent_read=True), key=lambda project: int(project.id))


CACHE = Cached(lambda: {int(project.id): project for project in list_projects()})


def add_project(name: str, columns: Iterable[str] = FIRST_COLUMNS) -> Project:
    """Add a project with these columns.

    Raises:
        Refused: The name is blank or too long.
    """
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Refused({"name": f"takes 1 to {LONGEST_NAME} characters"})
    names = list(columns)
    (number,) = Numbers.reserve("project", 1)
    ids = Numbers.reserve("column", len(names))
    project = Project(id=number, name=name, columns=named_rows(ids, names))
    with reaching_store():
        project.save(condition=Project.id.does_not_exist())
    CACHE.forget()
    return project
