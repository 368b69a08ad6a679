"""Overdue and past tasks in the shapes of Kanboard's API."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.adapters.dynamodb.tables.task_texts import as_texts
from chalicelib.domain.tasks import LANE_NAME
from chalicelib.services.accounts import users
from chalicelib.web.jsonrpc.shapes.people import person
from chalicelib.web.jsonrpc.shapes.task_lists import own_members
from chalicelib.web.jsonrpc.shapes.values import Shape, number

Row = Mapping[str, Any]


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
        **person("assignee", users.CACHE.get().get(row.get("owner_id", 0))),
    }


_NOT_TOLD = {"reference", "priority", "date_started", "date_moved"}
"""The fields of a task that its events lack."""


def past_task(told: Row, project: Project | None) -> Shape:
    """Return the task of an event, with the current names of its references."""
    known = users.CACHE.get()
    columns, categories = (project.columns, project.categories) if project else ([], [])
    shape = json.loads(f"{{{own_members(as_texts(told) | {'place': told['position']})}}}")
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
        **person("assignee", known.get(told["owner_id"])),
        **person("creator", known.get(told["creator_id"])),
    }
