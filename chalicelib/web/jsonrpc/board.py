"""Boards."""

from chalicelib.adapters.dynamodb.rows import number_of
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain.accounts import PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.services.accounts import access
from chalicelib.services.projects import projects
from chalicelib.services.tasks import queries
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure
from chalicelib.web.jsonrpc.shapes import JsonList, Shape, Written


@procedure(PROJECT_VIEWER, otherwise=[])
def get_board(call: Call, project_id: int, limit: int | None = None, offset: int = 0) -> JsonList:
    """Return a project's columns with their open tasks.

    `limit` and `offset`, our own parameters, count in each column.
    """
    project = projects.find_project(project_id)
    if limit is None:
        standing = queries.board_of(project)
        counts = {number: len(rows) for number, rows in standing.items()}
        shown = {number: rows[offset:] for number, rows in standing.items()}
    else:
        counts, shown = queries.top_of(project, limit=limit, offset=offset)
    # In Kanboard only users may drag, so not the application.
    may_drag = call.caller.user is not None and access.may_in(call.caller, project, PROJECT_MEMBER)
    columns: list[Written] = []
    score = 0
    for part, column in zip(project.columns, shapes.columns(project), strict=True):
        rows, sums = shown[int(part.id)], _sums(shown[int(part.id)], counts[int(part.id)])
        tasks = Written.array(shapes.extended_tasks(rows, project, is_draggable=may_drag))
        columns.append(_around(tasks, column, "tasks", sums))
        score += sums["score"]
    sums = {
        "nb_swimlanes": 1,
        "nb_columns": len(columns),
        "nb_tasks": sum(counts.values()),
        "score": score,
    }
    # The only place where Kanboard always answers a swimlane's id as a number.
    lane = {**shapes.lane(project_id), "id": project_id}
    return Written.array([_around(Written.array(columns), lane, "columns", sums)])


def _around(inner: Written, before: Shape, name: str, after: Shape) -> Written:
    """Return an object with a member that is JSON already between others."""
    opening = f'{shapes.written(before)[:-1]},"{name}":'
    return Written(opening, *inner.pieces, f",{shapes.written(after)[1:]}")


def _sums(rows: list[Texts], count: int) -> Shape:
    """Return Kanboard's counts of a column, per swimlane and in all; they are equal here."""
    score = sum(number_of(row["score"]) for row in rows)
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
