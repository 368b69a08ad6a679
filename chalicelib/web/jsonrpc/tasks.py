"""Tasks."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.accounts import ADMINISTRATOR, PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.domain.errors import Refused
from chalicelib.services.projects import projects
from chalicelib.services.tasks import duplication, lifecycle, moving, queries, removal, searching
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure
from chalicelib.web.jsonrpc.shapes import JsonList, JsonObject, Shape, Written


@procedure(PROJECT_MEMBER, blank_is_absent=True)
def create_task(
    call: Call,
    title: str,
    project_id: int,
    color_id: str = "",
    column_id: int = 0,
    owner_id: int = 0,
    creator_id: int = 0,
    date_due: str = "",
    description: str = "",
    category_id: int = 0,
    score: int = 0,
    swimlane_id: int = 0,
    priority: int = 0,
    recurrence_status: int = 0,
    recurrence_trigger: int = 0,
    recurrence_factor: int = 0,
    recurrence_timeframe: int = 0,
    recurrence_basedate: int = 0,
    reference: str = "",
    tags: list[str] = [],  # noqa: B006 -- never written
    date_started: str = "",
    time_spent: int = 0,
    time_estimated: int = 0,
) -> int:
    """Create a task and return its id."""
    given = _fields_of(locals(), left_out=(0, ""))
    return lifecycle.create_task(
        {"project_id": str(project_id), **given}, tags=tags, author=call.caller.id
    )


@procedure(PROJECT_MEMBER)
def update_task(
    call: Call,
    id: int,  # noqa: A002 -- Kanboard's name
    title: str | None = None,
    color_id: str | None = None,
    owner_id: int | None = None,
    date_due: str | None = None,
    description: str | None = None,
    category_id: int | None = None,
    score: int | None = None,
    priority: int | None = None,
    recurrence_status: int | None = None,
    recurrence_trigger: int | None = None,
    recurrence_factor: int | None = None,
    recurrence_timeframe: int | None = None,
    recurrence_basedate: int | None = None,
    reference: str | None = None,
    tags: list[str] | None = None,
    date_started: str | None = None,
    time_spent: int | None = None,
    time_estimated: int | None = None,
) -> bool:
    """Change the given fields of a task."""
    given = _fields_of(locals(), left_out=(None,))
    lifecycle.update_task(id, given, tags=tags, author=call.caller.id)
    return True


_FIELDS = {
    "title",
    "color_id",
    "column_id",
    "owner_id",
    "creator_id",
    "date_due",
    "date_started",
    "description",
    "category_id",
    "score",
    "priority",
    "reference",
}


def _fields_of(given: Mapping[str, Any], left_out: tuple[object, ...]) -> dict[str, str]:
    """Return a task's non-empty fields as text. Raises Refused for fields that Taskhook lacks."""
    for name, value in given.items():
        if name.startswith("recurrence_") and value:
            raise Refused({name: "takes 0: Taskhook has no recurring tasks"})
        if name.startswith("time_") and value:
            raise Refused({name: "takes 0: Taskhook does not track hours"})
    kept = {
        name: value for name, value in given.items() if name in _FIELDS and value not in left_out
    }
    return {name: value if isinstance(value, str) else str(value) for name, value in kept.items()}


@procedure(PROJECT_VIEWER, otherwise=None)
def get_task(call: Call, task_id: int) -> JsonObject:
    """Return a task."""
    return _written(call, lifecycle.find_task(task_id))


@procedure(PROJECT_VIEWER, otherwise=None)
def get_task_by_reference(call: Call, project_id: int, reference: str) -> JsonObject:
    """Return the task of a project with this reference."""
    return _written(call, queries.find_by_reference(project_id, reference))


def _written(call: Call, task: Task) -> Written:
    return Written(shapes.full_tasks([queries.placed(task)], call.base_url)[0])


@procedure(PROJECT_VIEWER)
def get_all_tasks(
    call: Call, project_id: int, status_id: int = 1, limit: int | None = None, offset: int = 0
) -> JsonList:
    """Return a project's open (1) or closed (0) tasks.

    `limit` and `offset` are our own parameters, for long lists.
    """
    if status_id not in {0, 1}:
        raise Refused({"status_id": "takes 1 for open tasks, 0 for closed ones"})
    project = projects.find_project(project_id)
    if limit is None:
        rows = queries.tasks_of(project, is_active=bool(status_id))[offset:]
    else:
        rows = queries.page_of(project, is_active=bool(status_id), limit=limit, offset=offset)
    return Written.array(shapes.full_tasks(rows, call.base_url))


@procedure(PROJECT_VIEWER)
def search_tasks(
    call: Call, project_id: int, query: str, limit: int | None = None, offset: int = 0
) -> JsonList:
    """Return the tasks of a project that a query finds."""
    project = projects.find_project(project_id)
    found = searching.search_tasks(project, query, call.caller)
    call.refusal = "; ".join(f"{key}: {reason}" for key, reason in found.missing.items())
    return Written.array(shapes.extended_tasks(found.rows[offset:][:limit], project))


@procedure(ADMINISTRATOR)
def get_overdue_tasks(_: Call) -> list[Shape]:
    """Return the overdue open tasks of all projects."""
    known = projects.list_projects()
    names = {int(project.id): str(project.name) for project in known}
    return [shapes.overdue_task(row, names) for row in queries.overdue(known)]


@procedure(PROJECT_VIEWER)
def get_overdue_tasks_by_project(_: Call, project_id: int) -> list[Shape]:
    """Return the overdue open tasks of a project."""
    project = projects.find_project(project_id)
    return [
        shapes.overdue_task(row, {project_id: str(project.name)})
        for row in queries.overdue([project])
    ]


@procedure(PROJECT_MEMBER)
def open_task(call: Call, task_id: int) -> bool:
    """Reopen a task."""
    lifecycle.reopen_task(task_id, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def close_task(call: Call, task_id: int) -> bool:
    """Close a task."""
    lifecycle.close_task(task_id, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def remove_task(call: Call, task_id: int) -> bool:
    """Remove a task for good."""
    removal.remove_task(task_id, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def move_task_position(
    call: Call, project_id: int, task_id: int, column_id: int, position: int, swimlane_id: int = 0
) -> bool:
    """Move a task to a position in a column; the swimlane is ignored, since a board has one."""
    del swimlane_id
    moving.move_task(task_id, column_id, position, project_id=project_id, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def move_task_to_project(
    call: Call,
    task_id: int,
    project_id: int,
    swimlane_id: int | None = None,
    column_id: int | None = None,
    category_id: int | None = None,
    owner_id: int | None = None,
) -> bool:
    """Move a task to another project."""
    del swimlane_id
    given = _given(project_id, column_id, category_id, owner_id)
    moving.move_to_project(task_id, given, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def duplicate_task_to_project(
    call: Call,
    task_id: int,
    project_id: int,
    swimlane_id: int | None = None,
    column_id: int | None = None,
    category_id: int | None = None,
    owner_id: int | None = None,
) -> int:
    """Copy a task to a project and return the copy's id."""
    del swimlane_id
    given = _given(project_id, column_id, category_id, owner_id)
    return duplication.duplicate_task(task_id, given, author=call.caller.id)


def _given(
    project_id: int, column_id: int | None, category_id: int | None, owner_id: int | None
) -> dict[str, str]:
    named = {
        "project_id": project_id,
        "column_id": column_id,
        "category_id": category_id,
        "owner_id": owner_id,
    }
    return {name: str(value) for name, value in named.items() if value is not None}
