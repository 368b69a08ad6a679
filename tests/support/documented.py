"""What Kanboard's documentation shows: whole values, of new things unless a test says so."""

import re
import time
from typing import Any, NamedTuple

Shape = dict[str, Any]


class Board(NamedTuple):
    """A project that is there for one test."""

    id: int
    columns: list[int]


class _Recent:
    """Equals the epoch seconds of a moment ago, as a number or as text."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (int, str)) and 0 <= time.time() - int(other) < 100

    def __repr__(self) -> str:
        return "a moment ago"

    __hash__ = None  # type: ignore[assignment]


class Text:
    """Equals a text of a pattern."""

    def __init__(self, pattern: str) -> None:
        """Keep it."""
        self._pattern = pattern

    def __eq__(self, other: object) -> bool:
        """Compare."""
        return isinstance(other, str) and re.fullmatch(self._pattern, other) is not None

    def __repr__(self) -> str:
        """Show it."""
        return f"a text like {self._pattern}"

    __hash__ = None  # type: ignore[assignment]


RECENT = _Recent()
COLORS = {
    "yellow": {"name": "Yellow", "background": "rgb(245, 247, 196)", "border": "rgb(223, 227, 45)"},
    "blue": {"name": "Blue", "background": "rgb(219, 235, 255)", "border": "rgb(168, 207, 255)"},
    "green": {"name": "Green", "background": "rgb(189, 244, 203)", "border": "rgb(74, 227, 113)"},
    "purple": {
        "name": "Purple",
        "background": "rgb(223, 176, 255)",
        "border": "rgb(205, 133, 254)",
    },
    "red": {"name": "Red", "background": "rgb(255, 187, 187)", "border": "rgb(255, 151, 151)"},
    "orange": {"name": "Orange", "background": "rgb(255, 215, 179)", "border": "rgb(255, 172, 98)"},
    "grey": {"name": "Grey", "background": "rgb(238, 238, 238)", "border": "rgb(204, 204, 204)"},
}


def task(url: str, board: Board, number: int, **changed: object) -> Shape:
    """Return a task in full; the first of its column, called Write."""
    shown = _plain_task(board, number) | changed
    query = f"task_id={number}&project_id={shown['project_id']}"
    link = f"{url}/?controller=task&action=show&{query}"
    return shown | {"url": link, "color": COLORS[shown["color_id"]]}


def extended_task(board: Board, number: int, **changed: object) -> Shape:
    """Return a task as boards and searches show it."""
    return {
        "nb_comments": "0",
        "nb_files": "0",
        "nb_subtasks": "0",
        "nb_completed_subtasks": "0",
        "nb_links": "0",
        "nb_external_links": "0",
        "is_milestone": None,
        **_plain_task(board, number),
        "assignee_username": None,
        "assignee_name": None,
        "assignee_email": None,
        "assignee_avatar_path": None,
        "category_name": None,
        "category_description": None,
        "category_color_id": None,
        "column_name": "Backlog",
        "column_position": "1",
        "swimlane_name": "Default swimlane",
        "project_name": "Board",
        "tags": [],
    } | changed


def past_task(board: Board, number: int, **changed: object) -> Shape:
    """Return a task as an event tells of it."""
    not_told = {"reference", "priority", "date_started", "date_moved"}
    told = {
        name: value for name, value in _plain_task(board, number).items() if name not in not_told
    }
    return {
        **told,
        "position": Text(r"[1-9]\d*"),  # the stored order number
        "category_name": None,
        "category_description": None,
        "column_title": "Backlog",
        "column_position": "1",
        "swimlane_name": "Default swimlane",
        "project_name": "Board",
        "assignee_username": None,
        "assignee_name": None,
        "creator_username": None,
        "creator_name": None,
    } | changed


def _plain_task(board: Board, number: int) -> Shape:
    return {
        "id": str(number),
        "title": "Write",
        "description": "",
        "date_creation": RECENT,
        "color_id": "blue",
        "project_id": str(board.id),
        "column_id": str(board.columns[0]),
        "owner_id": "0",
        "position": "1",
        "is_active": "1",
        "date_completed": None,
        "score": "0",
        "date_due": "0",
        "category_id": "0",
        "creator_id": "0",
        "date_modification": RECENT,
        "reference": "",
        "date_started": None,
        "time_spent": "0",
        "time_estimated": "0",
        "swimlane_id": str(board.id),
        "date_moved": RECENT,
        "recurrence_status": "0",
        "recurrence_trigger": "0",
        "recurrence_factor": "0",
        "recurrence_timeframe": "0",
        "recurrence_basedate": "0",
        "recurrence_parent": None,
        "recurrence_child": None,
        "priority": "0",
        "external_provider": None,
        "external_uri": None,
    }


def project(url: str, number: int, **changed: object) -> Shape:
    """Return a project, called Board."""
    return {
        "id": str(number),
        "name": "Board",
        "is_active": "1",
        "token": "",
        "last_modified": RECENT,
        "is_public": 0,
        "is_private": 0,
        "is_everybody_allowed": 0,
        "default_swimlane": "Default swimlane",
        "show_default_swimlane": "1",
        "description": None,
        "identifier": "",
        "owner_id": "0",
        "start_date": "",
        "end_date": "",
        "priority_default": "0",
        "priority_start": "0",
        "priority_end": "3",
        "email": None,
        "predefined_email_subjects": None,
        "per_swimlane_task_limits": 0,
        "task_limit": "0",
        "enable_global_tags": 0,
        "url": {
            "board": f"{url}/?controller=board&action=show&project_id={number}",
            "calendar": f"{url}/?controller=calendar&action=show&project_id={number}",
            "list": f"{url}/?controller=listing&action=show&project_id={number}",
        },
    } | changed


def columns(board: Board) -> list[Shape]:
    """Return the columns of a board."""
    titles = ("Backlog", "Ready", "Work in progress", "Done")
    return [column(board, place, title) for place, title in enumerate(titles)]


def column(board: Board, place: int, title: str, **changed: object) -> Shape:
    """Return a column; `place` counts from 0."""
    return {
        "id": str(board.columns[place]),
        "title": title,
        "position": str(place + 1),
        "project_id": str(board.id),
        "task_limit": "0",
        "description": "",
        "hide_in_dashboard": 0,
    } | changed


def lane(number: int) -> Shape:
    """Return the swimlane of a project."""
    return {
        "id": str(number),
        "name": "Default swimlane",
        "position": "1",
        "is_active": "1",
        "project_id": str(number),
        "description": "",
        "task_limit": "0",
    }


def user(number: int, username: str, **changed: object) -> Shape:
    """Return a user."""
    return {
        "id": str(number),
        "username": username,
        "password": None,
        "role": "app-user",
        "is_admin": 0,
        "is_project_admin": 0,
        "is_ldap_user": 0,
        "name": "",
        "email": "",
        "google_id": None,
        "github_id": None,
        "gitlab_id": None,
        "notifications_enabled": 0,
        "notifications_filter": "4",
        "timezone": None,
        "language": None,
        "theme": "light",
        "filter": None,
        "avatar_path": None,
        "disable_login_form": 0,
        "twofactor_activated": 0,
        "twofactor_secret": None,
        "token": "",
        "api_access_token": None,
        "nb_failed_login": "0",
        "lock_expiration_date": "0",
        "is_active": "1",
    } | changed


def overdue_task(board: Board, number: int, **changed: object) -> Shape:
    """Return a task that was due on the first of January 2020."""
    return {
        "id": str(number),
        "title": "Write",
        "date_due": "1577836800",
        "project_id": str(board.id),
        "project_name": "Board",
        "creator_id": "0",
        "owner_id": "0",
        "assignee_username": None,
        "assignee_name": None,
    } | changed
