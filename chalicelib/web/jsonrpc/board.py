"""Boards."""

from collections.abc import Mapping

from chalicelib.domain.accounts import PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.services.accounts import access
from chalicelib.services.projects import projects
from chalicelib.services.tasks import queries
from chalicelib.services.tasks.queries import Row
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = shapes.Shape


@procedure(PROJECT_VIEWER, otherwise=[])
def get_board(
    call: Call, project_id: int, limit: int | None = None, offset: int = 0
) -> list[Shape]:
    """Return a project's columns with their open tasks.

    `limit` and `offset`, our own parameters, count in each column.
    """
    project = projects.find_project(project_id)
    if limit is None:
        standing = queries.columns_of(project, queries.tasks_of(project, is_active=True))
        counts = {number: len(rows) for number, rows in standing.items()}
        shown = {number: rows[offset:] for number, rows in standing.items()}
    else:
        counts, shown = queries.top_of(project, limit=limit, offset=offset)
    # In Kanboard only users may drag, so not the application.
    may_drag = call.caller.user is not None and access.may_in(call.caller, project, PROJECT_MEMBER)
    columns = []
    for part, column in zip(project.columns, shapes.columns(project), strict=True):
        rows, count = shown[int(part.id)], counts[int(part.id)]
        tasks = shapes.extended_tasks(rows, project, is_draggable=may_drag)
        columns.append({**column, "tasks": tasks, **_sums(rows, count)})
    return [_lane(project_id, columns, sum(counts.values()))]


def _sums(rows: list[Row], count: int) -> Mapping[str, int | str]:
    """Return Kanboard's counts of a column, per swimlane and in all; they are equal here."""
    score = sum(row.get("score") or 0 for row in rows)
    nb_open_tasks = shapes.number(count)
    return {
        "nb_tasks": count,
        "score": score,
        "nb_open_tasks": nb_open_tasks,
        "column_nb_open_tasks": nb_open_tasks,
        "nb_visible_tasks_across_swimlane": len(rows),
        "nb_unfiltered_tasks_across_swimlane": nb_open_tasks,
        "cumulative_score_across_swimlane": score,
    }


def _lane(project_id: int, columns: list[Shape], count: int) -> Shape:
    return {
        **shapes.lane(project_id),
        "id": project_id,  # the only place where Kanboard always uses a number
        "columns": columns,
        "nb_swimlanes": 1,
        "nb_columns": len(columns),
        "nb_tasks": count,
        "score": sum(column["score"] for column in columns),
    }
