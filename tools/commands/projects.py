"""The commands of `taskhook project`."""

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.services.projects import projects
from tools.commands.rows import Row
from tools.verbs.parts import Args


def project_add(args: Args) -> Row:
    """Add a project."""
    return _project_row(
        projects.add_project(args.name, list(args.column) or projects.FIRST_COLUMNS)
    )


def project_list(_: Args) -> list[Row]:
    """List the projects with the ids of their columns."""
    return [_project_row(project) for project in projects.list_projects()]


def _project_row(project: Project) -> Row:
    columns = {str(column.id): column.name for column in project.columns}
    return {
        "id": project.id,
        "name": project.name,
        "is_active": project.is_active,
        "columns": columns,
    }
