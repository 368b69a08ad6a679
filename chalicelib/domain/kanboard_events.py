"""Events as Kanboard of today sends them (docs.kanboard.org, "Webhooks"; recorded in August 2026).

Every body has `event_name`, `event_data` and `event_author`. Numbers are JSON numbers. Kanboard
sends nothing when a task is removed or its tags change: `task.remove` is Taskhook's own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import ROLES
from chalicelib.domain.comments import task_of
from chalicelib.domain.tasks import LANE_NAME

Body = dict[str, Any]

_NAMES = {
    "task.created": "task.create",
    "task.removed": "task.remove",
    "task.closed": "task.close",
    "task.reopened": "task.open",
    "task.assigned": "task.assignee_change",
    "comment.created": "comment.create",
    "comment.modified": "comment.update",
    "comment.removed": "comment.delete",
}

_NOT_IN_CHANGES = {"task_id", "date_creation", "date_modification", "is_active", "date_completed"}
"""Kanboard's `changes` lack them; opening and closing are events of their own."""

_RECURRENCE = {"recurrence_status": 0, "recurrence_trigger": 0}


def write(event: Mapping[str, Any], known: Mapping[str, Any]) -> Body:
    """Return the body of an event about a task or a comment.

    Args:
        event: The event.
        known: Further fields of the body, each optional: `author_username`,
            `creator_username`, `creator_name`, `column_position`, `reference`, `priority`,
            `date_started`, `date_moved`, `moved_before` (the `date_moved` before the change), and
            of a comment `comment_username`, `comment_reference`, `comment_visibility` (a role),
            `comment_date_creation` and `comment_date_modification`.
    """
    name = event_name(event)
    task = _task(event, known)
    if name.startswith("comment."):
        data: Body = {"comment": _comment(event, known), "task": task}
    else:
        data = {"task_id": task["id"], "task": task, **_change(name, event, task, known)}
    return {
        "event_name": name,
        "event_data": data,
        "event_author": known.get("author_username"),
    }


def event_name(event: Mapping[str, Any]) -> str:
    """Return Kanboard's name of an event. If several names fit a change, the first one wins."""
    if name := _NAMES.get(event["type"]):
        return name
    changes = event["changes"]
    if "project_id" in changes:
        return "task.move.project"
    if "column_id" in changes:
        return "task.move.column"
    fields = changes.keys() - {"date_modification"}
    if fields == {"position"}:
        return "task.move.position"
    if "is_active" in changes:
        return "task.open" if changes["is_active"][1] else "task.close"
    return "task.assignee_change" if fields == {"owner_id"} else "task.update"


def _change(name: str, event: Mapping[str, Any], task: Body, known: Mapping[str, Any]) -> Body:
    """Return the keys of `event_data` that describe the change."""
    changes = event["changes"]
    if name in {"task.update", "task.assignee_change"}:
        return {
            "changes": {
                field: after
                for field, (_, after) in changes.items()
                if field not in _NOT_IN_CHANGES
            }
        }
    if name == "task.move.project":
        return {"changes": []}  # PHP's empty array
    if not name.startswith("task.move."):
        return {}
    source = changes.get("column_id", [task["column_id"]])[0]
    columns = {"src_column_id": source, "dst_column_id": task["column_id"]}
    # Of the move before this one, as the task's own is of this one.
    moved = {"date_moved": known.get("moved_before") or task["date_creation"]}
    place = {field: task[field] for field in _PLACE}
    told = columns | moved if name == "task.move.column" else columns
    return {"changes": told, **place, **columns, **moved, **_RECURRENCE}


_PLACE = ("project_id", "position", "column_id", "swimlane_id")


def _task(event: Mapping[str, Any], known: Mapping[str, Any]) -> Body:
    """Return a task with Kanboard's fields, in Kanboard's order."""
    data = event["data"]
    return {
        "id": data["task_id"],
        **{name: data[name] for name in _OWN_FIRST},
        "date_completed": data["date_completed"] or None,
        **{name: data[name] for name in _OWN_THEN},
        "date_modification": data["date_modification"] or data["date_creation"],
        "reference": known.get("reference") or "",
        "date_started": known.get("date_started") or 0,
        **_NOT_TRACKED,
        "swimlane_id": data["project_id"],
        "date_moved": known.get("date_moved") or data["date_creation"],
        **_NOT_RECURRING,
        "priority": known.get("priority") or 0,
        **_NOT_EXTERNAL,
        **_names(event, known),
    }


_OWN_FIRST = (
    *("title", "description", "date_creation", "color_id", "project_id", "column_id", "owner_id"),
    *("position", "is_active"),
)
_OWN_THEN = ("score", "date_due", "category_id", "creator_id")
_NOT_TRACKED: Body = {"time_spent": None, "time_estimated": None}
_NOT_RECURRING: Body = {
    **_RECURRENCE,
    "recurrence_factor": 0,
    "recurrence_timeframe": 0,
    "recurrence_basedate": 0,
    "recurrence_parent": None,
    "recurrence_child": None,
}
_NOT_EXTERNAL: Body = {"external_provider": None, "external_uri": None}
"""Kanboard's fields of a task that Taskhook lacks, with Kanboard's empty values."""


def _names(event: Mapping[str, Any], known: Mapping[str, Any]) -> Body:
    """Return the names that a task refers to; a missing one is null."""
    owner = event["owner"] or {}
    return {
        "category_name": _name(event["category"]),
        "swimlane_name": LANE_NAME,
        "project_name": _name(event["project"]),
        "column_title": _name(event["column"]),
        "assignee_username": owner.get("username"),
        "assignee_name": _own_name(owner.get("name"), owner.get("username")),
        "creator_username": known.get("creator_username"),
        "creator_name": known.get("creator_name"),
        "category_description": None,
        "column_position": known.get("column_position"),
    }


def _name(named: Mapping[str, Any] | None) -> str | None:
    return None if named is None else named["name"]


_VISIBILITIES: dict[Any, str] = dict(
    zip(ROLES, ("app-admin", "app-manager", "app-user"), strict=True)
)
"""Kanboard's names of the roles that may read a comment."""


def _own_name(name: str | None, username: str | None) -> str | None:
    """Return a user's name; null if it is missing, as in Kanboard."""
    return None if name == username else name


def _comment(event: Mapping[str, Any], known: Mapping[str, Any]) -> Body:
    comment = event["comment"]
    author, username = comment["author"] or {}, known.get("comment_username")
    happened_at = int(datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")).timestamp())
    return {
        "id": comment["id"],
        "task_id": task_of(comment["id"]),
        "user_id": author.get("id") or 0,
        "date_creation": known.get("comment_date_creation") or happened_at,
        "date_modification": known.get("comment_date_modification") or happened_at,
        "comment": comment["text"],
        "reference": known.get("comment_reference") or "",
        "visibility": _VISIBILITIES.get(known.get("comment_visibility"), "app-user"),
        "username": username,
        "name": _own_name(author.get("name"), username) if author.get("id") else None,
        "email": "",
        "avatar_path": None,
    }
