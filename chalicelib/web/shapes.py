"""What Kanboard's API shows of things: numbers that the store holds are texts, as Kanboard's documentation has them."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.adapters.tables import Comment, NamedRow, Project, User
from chalicelib.domain import accounts
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR
from chalicelib.services import people

Shape = dict[str, Any]

SWIMLANE: Shape = {"id": 0, "name": "Default swimlane"}
"""The one swimlane of every board."""

APP_ROLES = {f"app-{short}": role for short, role in zip(("admin", "manager", "user"), accounts.ROLES, strict=True)}
"""Our roles of users, by the names that Kanboard gives them."""

_SHOWN_ROLES = {role: name for name, role in APP_ROLES.items()}


def app_role(role: str) -> str:
    """Return a role of users by Kanboard's name."""
    return _SHOWN_ROLES.get(role, "app-user")


def link(base_url: str, controller: str, **ids: float) -> str:
    """Return the address of a page."""
    named = "".join(f"&{name}={number}" for name, number in ids.items())
    return f"{base_url}/?controller={controller}&action=show{named}"


def task(row: Mapping[str, Any], place: int, base_url: str) -> Shape:
    """Return a task in full."""
    return {
        **_own(row, place),
        "url": link(base_url, "task", task_id=row["task_id"], project_id=row["project_id"]),
        "color": COLORS.get(row["color_id"], COLORS[DEFAULT_COLOR])._asdict(),
    }


def _own(row: Mapping[str, Any], place: int) -> Shape:
    """Return what a task itself says."""
    return {
        "id": str(row["task_id"]),
        "title": row["title"],
        "description": row.get("description", ""),
        "date_creation": str(row["date_creation"]),
        "color_id": row["color_id"],
        "project_id": str(row["project_id"]),
        "column_id": str(row["column_id"]),
        "owner_id": str(row.get("owner_id", 0)),
        "position": str(place),
        "is_active": str(row.get("is_active", 1)),
        "date_completed": _date(row.get("date_completed")),
        "score": str(row.get("score", 0)),
        "date_due": str(row.get("date_due", 0)),
        "category_id": str(row.get("category_id", 0)),
        "creator_id": str(row.get("creator_id", 0)),
        "date_modification": str(row.get("date_modification") or row["date_creation"]),
        "reference": row.get("reference") or "",
        "date_started": _date(row.get("date_started")),
        "date_moved": str(row.get("date_moved") or row["date_creation"]),
        "priority": str(row.get("priority") or 0),
        **_NOTHING_OF_THESE,
    }


_NOTHING_OF_THESE = {
    "time_spent": "0",
    "time_estimated": "0",
    "swimlane_id": "0",
    "recurrence_status": "0",
    "recurrence_trigger": "0",
    "recurrence_factor": "0",
    "recurrence_timeframe": "0",
    "recurrence_basedate": "0",
    "recurrence_parent": None,
    "recurrence_child": None,
    "external_provider": None,
    "external_uri": None,
}
"""What Kanboard knows of a task and Taskhook does not, with the values that say so."""


def _date(seconds: int | None) -> str | None:
    return str(seconds) if seconds else None


def extended_tasks(rows: Iterable[Mapping[str, Any]], project: Project) -> list[Shape]:
    """Return tasks of a project with the names of what they refer to, as lists and boards show them."""
    users = people.CACHE.get()
    categories = {int(part.id): part.name for part in project.categories}
    columns = {int(part.id): (part.name, str(place)) for place, part in enumerate(project.columns, start=1)}
    tags = {int(part.id): named_part(project, part) for part in project.tags}

    def extended(row: Mapping[str, Any]) -> Shape:
        column_name, column_position = columns.get(row["column_id"], (None, None))
        return {
            **_NONE_COUNTED,
            "nb_comments": str(row.get("comments") or 0),
            **_own(row, row["place"]),
            **_assignee(users.get(row.get("owner_id", 0))),
            "category_name": categories.get(row.get("category_id", 0)),
            "column_name": column_name,
            "column_position": column_position,
            "swimlane_name": SWIMLANE["name"],
            "project_name": project.name,
            "tags": [tags[number] for number in sorted(row.get("tags") or ()) if number in tags],
        }

    return [extended(row) for row in rows]


_NONE_COUNTED = {
    "nb_files": "0",
    "nb_subtasks": "0",
    "nb_completed_subtasks": "0",
    "nb_links": "0",
    "nb_external_links": "0",
    "is_milestone": None,
}


def _assignee(user: User | None) -> Shape:
    if user is None:
        return {"assignee_username": None, "assignee_name": None}
    return {"assignee_username": user.username, "assignee_name": user.name or None}


def overdue_task(row: Mapping[str, Any], project_names: Mapping[int, str]) -> Shape:
    """Return a task whose date has passed."""
    return {
        "id": str(row["task_id"]),
        "title": row["title"],
        "date_due": str(row["date_due"]),
        "project_id": str(row["project_id"]),
        "project_name": project_names[row["project_id"]],
        **_assignee(people.CACHE.get().get(row.get("owner_id", 0))),
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


def named_part(project: Project, part: NamedRow) -> Shape:
    """Return a category or a tag."""
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
    author = people.CACHE.get().get(int(row.user_id))
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
