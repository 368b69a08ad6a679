"""Columns and categories."""

from chalicelib.domain.accounts import PROJECT_MANAGER, PROJECT_VIEWER
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import removal
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = shapes.Shape


@procedure(PROJECT_VIEWER, otherwise=[])
def get_columns(_: Call, project_id: int) -> list[Shape]:
    """Return the columns of a project in order."""
    return shapes.columns(projects.find_project(project_id))


@procedure(PROJECT_VIEWER, otherwise=None)
def get_column(_: Call, column_id: int) -> Shape:
    """Return a column."""
    project = project_items.project_of("columns", column_id)
    return shapes.column(project, project_items.find_part(project, "columns", column_id))


@procedure(PROJECT_MANAGER)
def add_column(
    _: Call, project_id: int, title: str, task_limit: int = 0, description: str = ""
) -> int:
    """Append a column and return its id."""
    return project_items.add_part(
        project_id, "columns", title, task_limit=task_limit, description=description
    )


@procedure(PROJECT_MANAGER)
def update_column(
    _: Call, column_id: int, title: str, task_limit: int = 0, description: str = ""
) -> bool:
    """Change a column."""
    project_items.change_part(
        "columns", column_id, title, task_limit=task_limit, description=description
    )
    return True


@procedure(PROJECT_MANAGER)
def change_column_position(_: Call, project_id: int, column_id: int, position: int) -> bool:
    """Move a column to a place among the others."""
    project_items.move_column(project_id, column_id, position)
    return True


@procedure(PROJECT_MANAGER)
def remove_column(_: Call, column_id: int) -> bool:
    """Remove a column that has no open tasks."""
    project_items.remove_part("columns", column_id)
    return True


@procedure(PROJECT_VIEWER)
def get_all_categories(_: Call, project_id: int) -> list[Shape]:
    """Return the categories of a project."""
    project = projects.find_project(project_id)
    return [shapes.category(project, part) for part in project.categories]


@procedure(PROJECT_VIEWER, otherwise=None)
def get_category(_: Call, category_id: int) -> Shape:
    """Return a category."""
    project = project_items.project_of("categories", category_id)
    return shapes.category(project, project_items.find_part(project, "categories", category_id))


@procedure(PROJECT_MANAGER)
def create_category(_: Call, project_id: int, name: str, color_id: str | None = None) -> int:
    """Add a category and return its id."""
    return project_items.add_part(project_id, "categories", name, color_id=color_id)


@procedure(PROJECT_MANAGER, id_is="category_id")
def update_category(_: Call, id: int, name: str, color_id: str | None = None) -> bool:  # noqa: A002 -- Kanboard's name
    """Change a category's name and colour."""
    project_items.change_part("categories", id, name, color_id=color_id)
    return True


@procedure(PROJECT_MANAGER)
def remove_category(call: Call, category_id: int) -> bool:
    """Remove a category; its open tasks are left without one."""
    removal.remove_category(category_id, author=call.caller.id)
    return True
