"""Boards."""

from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.services import listing, projects
from chalicelib.web import shapes
from chalicelib.web.procedures.base import Call, procedure


@procedure(PROJECT_VIEWER, otherwise=[])
def get_board(_: Call, project_id: int, limit: int | None = None, offset: int = 0) -> list[shapes.Shape]:
    """Return the columns of a project with their open tasks; `limit` and `offset`, our own, count in each column."""
    project = projects.find_project(project_id)
    if limit is None:
        standing = listing.columns_of(project, listing.tasks_of(project, is_active=True))
        counts = {number: len(rows) for number, rows in standing.items()}
        shown = {number: rows[offset:] for number, rows in standing.items()}
    else:
        counts, shown = listing.top_of(project, limit=limit, offset=offset)
    columns = [
        {
            **shapes.column(project, part),
            "tasks": shapes.extended_tasks(shown[int(part.id)], project),
            "nb_tasks": counts[int(part.id)],
            "score": sum(row.get("score") or 0 for row in shown[int(part.id)]),
        }
        for part in project.columns
    ]
    return [{**shapes.SWIMLANE, "columns": columns, "nb_columns": len(columns), "nb_tasks": sum(counts.values())}]
