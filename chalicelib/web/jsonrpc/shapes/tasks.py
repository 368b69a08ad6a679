"""Tasks in the shapes of Kanboard's API."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR, LANE_NAME
from chalicelib.services.accounts import users
from chalicelib.web.jsonrpc.shapes.projects import tag
from chalicelib.web.jsonrpc.shapes.values import Shape, date, flag, link, number

Row = Mapping[str, Any]


def task(row: Row, place: int, base_url: str) -> Shape:
    """Return a task in full."""
    return {
        **_own(row, place),
        "url": link(base_url, "task", task_id=row["task_id"], project_id=row["project_id"]),
        "color": COLORS.get(row["color_id"], COLORS[DEFAULT_COLOR])._asdict(),
    }


def _own(row: Row, place: int) -> Shape:
    """Return the stored fields of a task."""
    return {
        "id": number(row["task_id"]),
        "title": row["title"],
        "description": row.get("description", ""),
        "date_creation": number(row["date_creation"]),
        "color_id": row["color_id"],
        "project_id": number(row["project_id"]),
        "column_id": number(row["column_id"]),
        "swimlane_id": number(row["project_id"]),
        "owner_id": number(row.get("owner_id", 0)),
        "position": number(place),
        "is_active": flag(row.get("is_active", 1)),
        "date_completed": date(row.get("date_completed")),
        "score": number(row.get("score", 0)),
        "date_due": number(row.get("date_due", 0)),
        "category_id": number(row.get("category_id", 0)),
        "creator_id": number(row.get("creator_id", 0)),
        "date_modification": number(row.get("date_modification") or row["date_creation"]),
        "reference": row.get("reference") or "",
        "date_started": date(row.get("date_started")),
        "date_moved": number(row.get("date_moved") or row["date_creation"]),
        "priority": number(row.get("priority") or 0),
        **_NOTHING_OF_THESE,
    }


_NOTHING_OF_THESE: Shape = {
    "time_spent": number(0),
    "time_estimated": number(0),
    "recurrence_status": number(0),
    "recurrence_trigger": number(0),
    "recurrence_factor": number(0),
    "recurrence_timeframe": number(0),
    "recurrence_basedate": number(0),
    "recurrence_parent": None,
    "recurrence_child": None,
    "external_provider": None,
    "external_uri": None,
}
"""Kanboard's fields of a task that Taskhook lacks, with Kanboard's empty values."""


def extended_tasks(rows: Iterable[Row], project: Project, **more: Any) -> list[Shape]:
    """Return a project's tasks with the names of their references, as in lists and boards.

    Args:
        rows: The tasks, each with its `place`.
        project: Their project.
        more: Further fields of each.
    """
    same = {**_NONE_COUNTED, "swimlane_name": LANE_NAME, "project_name": project.name, **more}
    named, assignee = _names_in(project), _assignees()

    def extended(row: Row) -> Shape:
        return {
            **same,
            "nb_comments": number(row.get("comments") or 0),
            **_own(row, row["place"]),
            **assignee(row.get("owner_id", 0)),
            **named(row),
        }

    return [extended(row) for row in rows]


_NONE_COUNTED: Shape = {
    "nb_files": number(0),
    "nb_subtasks": number(0),
    "nb_completed_subtasks": number(0),
    "nb_links": number(0),
    "nb_external_links": number(0),
    "is_milestone": None,
}


def _names_in(project: Project) -> Callable[[Row], Shape]:
    """Return a function that adds category, column and tag names to tasks; names are read once."""
    columns = {
        int(part.id): {"column_name": part.name, "column_position": number(place)}
        for place, part in enumerate(project.columns, start=1)
    }
    categories = {
        int(part.id): {
            "category_name": part.name,
            "category_description": None,
            "category_color_id": part.color_id,
        }
        for part in project.categories
    }
    tags = {int(part.id): tag(project, part) for part in project.tags}

    def named(row: Row) -> Shape:
        task_id = number(row["task_id"])
        known = (tags[tag_id] for tag_id in sorted(row.get("tags") or ()) if tag_id in tags)
        return {
            **categories.get(row.get("category_id", 0), _NO_CATEGORY),
            **columns.get(row["column_id"], _NO_COLUMN),
            "tags": [{**shown, "task_id": task_id} for shown in known],
        }

    return named


_NO_CATEGORY: Shape = {
    "category_name": None,
    "category_description": None,
    "category_color_id": None,
}
_NO_COLUMN: Shape = {"column_name": None, "column_position": None}


def _assignees() -> Callable[[int], Shape]:
    """Return a function that maps a user's id to the assignee's fields; each is computed once."""
    known = users.CACHE.get()

    @functools.cache
    def assignee(user_id: int) -> Shape:
        user = known.get(user_id)
        email = user.email if user else None
        return {**_person("assignee", user), "assignee_email": email, "assignee_avatar_path": None}

    return assignee


def _person(part: str, user: User | None) -> Shape:
    """Return a user's username and name, both None for nobody."""
    if user is None:
        return {f"{part}_username": None, f"{part}_name": None}
    return {f"{part}_username": user.username, f"{part}_name": user.name or None}


def overdue_task(row: Row, project_names: Mapping[int, str]) -> Shape:
    """Return an overdue task."""
    return {
        "id": number(row["task_id"]),
        "title": row["title"],
        "date_due": number(row["date_due"]),
        "project_id": number(row["project_id"]),
        "project_name": project_names[row["project_id"]],
        "creator_id": number(row.get("creator_id", 0)),
        "owner_id": number(row.get("owner_id", 0)),
        **_person("assignee", users.CACHE.get().get(row.get("owner_id", 0))),
    }


_NOT_TOLD = {"reference", "priority", "date_started", "date_moved"}
"""The fields of a task that its events lack."""


def past_task(told: Row, project: Project | None) -> Shape:
    """Return the task of an event, with the current names of its references."""
    known = users.CACHE.get()
    columns, categories = (project.columns, project.categories) if project else ([], [])
    shape = _own(told, told["position"])
    for name in _NOT_TOLD:
        shape.pop(name, None)
    categories_named = {part.id: part.name for part in categories}
    column: Shape = {"column_title": None, "column_position": None}
    for place, part in enumerate(columns, 1):
        if part.id == told["column_id"]:
            column = {"column_title": part.name, "column_position": number(place)}
    return {
        **shape,
        "category_name": categories_named.get(told["category_id"]),
        "category_description": None,
        **column,
        "swimlane_name": LANE_NAME,
        "project_name": project.name if project else None,
        **_person("assignee", known.get(told["owner_id"])),
        **_person("creator", known.get(told["creator_id"])),
    }
