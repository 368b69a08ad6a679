"""What Kanboard's API shows of things: numbers that the store holds are texts, as Kanboard's documentation has them."""

import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.adapters.tables import Comment, NamedRow, PastEvent, Project, User
from chalicelib.domain import accounts
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR
from chalicelib.services import people, projects

Shape = dict[str, Any]

SWIMLANE: Shape = {"id": 0, "name": "Default swimlane"}
"""The one swimlane of every board."""

APP_ROLES = {f"app-{short}": role for short, role in zip(("admin", "manager", "user"), accounts.ROLES, strict=True)}
"""Our roles of users, by the names that Kanboard gives them."""

_SHOWN_ROLES = {role: name for name, role in APP_ROLES.items()}


def app_role(role: str) -> str:
    """Return a role of users by Kanboard's name."""
    return _SHOWN_ROLES.get(role, "app-user")


def link(base_url: str, controller: str, **parameters: object) -> str:
    """Return the address of a page."""
    return f"{base_url}/?{urlencode({'controller': controller, 'action': 'show', **parameters})}"


def task(row: Mapping[str, Any], place: int, base_url: str) -> Shape:
    """Return a task in full."""
    return {
        **_own(row, place),
        "url": link(base_url, "task", task_id=row["task_id"], project_id=row["project_id"]),
        "color": COLORS.get(row["color_id"], COLORS[DEFAULT_COLOR])._asdict(),
    }


def _own(row: Mapping[str, Any], place: int) -> Shape:
    """Return what a task itself says; what Taskhook has none of stands there with the value that says so."""
    text = _text_of(row)
    return {
        "id": str(row["task_id"]),
        "title": str(row["title"]),
        "description": str(row.get("description", "")),
        "date_creation": text("date_creation"),
        "color_id": str(row["color_id"]),
        "project_id": text("project_id"),
        "column_id": text("column_id"),
        "owner_id": text("owner_id"),
        "position": str(place),
        "is_active": str(row.get("is_active", 1)),
        "date_completed": str(row["date_completed"]) if row.get("date_completed") else None,
        "score": text("score"),
        "date_due": text("date_due"),
        "category_id": text("category_id"),
        "creator_id": text("creator_id"),
        "date_modification": str(row.get("date_modification") or row["date_creation"]),
        "reference": str(row.get("reference") or ""),
        "date_started": str(row["date_started"]) if row.get("date_started") else None,
        "time_spent": "0",
        "time_estimated": "0",
        "swimlane_id": "0",
        "date_moved": str(row.get("date_moved") or row["date_creation"]),
        "recurrence_status": "0",
        "recurrence_trigger": "0",
        "recurrence_factor": "0",
        "recurrence_timeframe": "0",
        "recurrence_basedate": "0",
        "recurrence_parent": None,
        "recurrence_child": None,
        "priority": text("priority"),
        "external_provider": None,
        "external_uri": None,
    }


def _text_of(row: Mapping[str, Any]) -> Any:
    return lambda name: str(row.get(name) or 0)


def extended_task(row: Mapping[str, Any], place: int, project: Project) -> Shape:
    """Return a task with the names of what it refers to, as lists and boards show it."""
    assignee = people.CACHE.get().get(row.get("owner_id", 0))
    names = {
        group: {int(part.id): str(part.name) for part in getattr(project, group)}
        for group in ("columns", "categories", "tags")
    }
    order = [int(column.id) for column in project.columns]
    return {
        "nb_comments": str(row.get("comments") or 0),
        "nb_files": "0",
        "nb_subtasks": "0",
        "nb_completed_subtasks": "0",
        "nb_links": "0",
        "nb_external_links": "0",
        "is_milestone": None,
        **_own(row, place),
        "assignee_username": assignee.username if assignee else None,
        "assignee_name": (assignee.name or None) if assignee else None,
        "category_name": names["categories"].get(row.get("category_id", 0)),
        "column_name": names["columns"].get(row["column_id"]),
        "column_position": str(order.index(row["column_id"]) + 1) if row["column_id"] in order else None,
        "swimlane_name": SWIMLANE["name"],
        "project_name": str(project.name),
        "tags": [tag(project, part) for part in project.tags if part.id in (row.get("tags") or ())],
    }


def overdue_task(row: Mapping[str, Any], project_names: Mapping[int, str]) -> Shape:
    """Return a task whose date has passed."""
    assignee = people.CACHE.get().get(row.get("owner_id", 0))
    return {
        "id": str(row["task_id"]),
        "title": row["title"],
        "date_due": str(row["date_due"]),
        "project_id": str(row["project_id"]),
        "project_name": project_names[row["project_id"]],
        "assignee_username": assignee.username if assignee else None,
        "assignee_name": (assignee.name or None) if assignee else None,
    }


def project(row: Project, base_url: str) -> Shape:
    """Return a project."""
    return {
        "id": str(row.id),
        "name": row.name,
        "is_active": str(int(row.is_active)),
        "token": "",
        "last_modified": str(int(row.last_modified or 0)),
        "is_public": "0",
        "is_private": "0",
        "default_swimlane": SWIMLANE["name"],
        "show_default_swimlane": "1",
        "description": row.description,
        "identifier": row.identifier or "",
        "owner_id": str(int(row.owner_id or 0)),
        "start_date": row.start_date or "",
        "end_date": row.end_date or "",
        "url": {
            "board": link(base_url, "board", project_id=row.id),
            "calendar": link(base_url, "calendar", project_id=row.id),
            "list": link(base_url, "listing", project_id=row.id),
        },
    }


def column(project: Project, part: NamedRow) -> Shape:
    """Return a column."""
    return {
        "id": str(part.id),
        "title": part.name,
        "position": str(list(project.columns).index(part) + 1),
        "project_id": str(project.id),
        "task_limit": str(int(part.task_limit or 0)),
        "description": part.description or "",
    }


def category(project: Project, part: NamedRow) -> Shape:
    """Return a category."""
    return {"id": str(part.id), "name": part.name, "project_id": str(project.id), "color_id": part.color_id}


def tag(project: Project, part: NamedRow) -> Shape:
    """Return a tag."""
    return {"id": str(part.id), "name": part.name, "project_id": str(project.id), "color_id": part.color_id}


def user(row: User) -> Shape:
    """Return a user; never what the password is hashed to."""
    return {
        "id": str(row.id),
        "username": row.username,
        "role": app_role(str(row.role)),
        "is_ldap_user": "0",
        "name": row.name,
        "email": row.email,
        "google_id": None,
        "github_id": None,
        "notifications_enabled": "0",
        "is_active": str(int(row.is_active)),
    }


def me(row: User) -> Shape:
    """Return the user who asks, as Kanboard's session has it."""
    return {
        **user(row),
        "id": int(row.id),
        "is_ldap_user": False,
        "timezone": None,
        "language": None,
        "disable_login_form": "0",
        "twofactor_activated": False,
        "notifications_filter": "4",
    }


def comment(row: Comment) -> Shape:
    """Return a comment."""
    author = people.CACHE.get_where(lambda users: not row.user_id or row.user_id in users).get(int(row.user_id))
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "user_id": str(row.user_id),
        "date_creation": str(row.date_creation),
        "date_modification": str(row.date_modification),
        "comment": row.text,
        "reference": row.reference,
        "visibility": app_role(str(row.visibility)),
        "username": author.username if author else None,
        "name": (author.name or None) if author else None,
        "email": author.email if author else None,
    }


_EVENT_NAMES = {"task.created": "task.create", "task.removed": "task.remove", "task.modified": "task.update"}
_CHANGE_NAMES = {
    "project_id": "task.move.project",
    "column_id": "task.move.column",
    "position": "task.move.position",
    "owner_id": "task.assignee_change",
}
_DONE = {
    "task.create": "created",
    "task.remove": "removed",
    "task.update": "updated",
    "task.open": "opened",
    "task.close": "closed",
    "task.move.project": "moved to another project",
    "task.move.column": "moved to another column",
    "task.move.position": "moved within its column",
    "task.assignee_change": "assigned",
}


def past_event(row: PastEvent) -> Shape:
    """Return an event as Kanboard's activity stream shows it."""
    seen = json.loads(row.task)
    changes = seen.pop("changes", {})
    name = _event_name(row, changes)
    author = people.CACHE.get().get(int(row.author or 0))
    shown = author.shown_name if author else "application"
    title = f"{shown}: task #{row.task_id} {_DONE[name]}"
    known = projects.CACHE.get().get(int(row.project_id))
    return {
        "id": row.sequence.lstrip("0"),
        "date_creation": str(row.happened_at),
        "event_name": name,
        "creator_id": str(int(row.author or 0)),
        "project_id": str(row.project_id),
        "task_id": str(row.task_id),
        "author_username": author.username if author else None,
        "author_name": author.name if author else None,
        "email": author.email if author else None,
        "task": {"id": str(row.task_id), **{n: str(v) for n, v in seen.items() if n != "task_id"}}
        | {"project_name": known.name if known else None},
        "changes": changes,
        "author": shown,
        "event_title": title,
        "event_content": f"<p>{html.escape(title)}: <em>{html.escape(str(seen['title']))}</em></p>",
    }


def _event_name(row: PastEvent, changes: Mapping[str, Any]) -> str:
    if "is_active" in changes:
        return "task.open" if changes["is_active"][1] else "task.close"
    named = (name for field, name in _CHANGE_NAMES.items() if field in changes)
    return next(named, _EVENT_NAMES[str(row.event_type)])
