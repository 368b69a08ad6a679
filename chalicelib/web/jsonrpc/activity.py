"""Events of tasks in the shape of Kanboard's activity stream."""

import html
import json
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.shapes import Shape

_EVENT_NAMES = {
    "task.created": "task.create",
    "task.removed": "task.remove",
    "task.modified": "task.update",
}
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
    """Return an event in the shape of Kanboard's activity stream."""
    seen = json.loads(row.task)
    changes = seen.pop("changes", {})
    name = _event_name(row, changes)
    author = users.CACHE.get().get(int(row.author or 0))
    shown = author.shown_name if author else row.source or "application"
    title = f"{shown}: task #{row.task_id} {_DONE[name]}"
    return {
        "id": shapes.number(_number_of(row)),
        "date_creation": shapes.number(row.happened_at),
        "event_name": name,
        "creator_id": shapes.number(int(row.author or 0)),
        "project_id": shapes.number(row.project_id),
        "task_id": shapes.number(row.task_id),
        "author_username": author.username if author else None,
        "author_name": author.name if author else None,
        "email": author.email if author else None,
        "avatar_path": None,
        "task": shapes.past_task(seen, projects.CACHE.get().get(int(row.project_id))),
        "changes": changes,
        "author": shown,
        "event_title": title,
        "event_content": f"<p>{html.escape(title)}: <em>{html.escape(str(seen['title']))}</em></p>",
    }


def _number_of(row: PastEvent) -> int:
    """Return the event's second and the end of its sequence number (too large for JSON)."""
    return int(row.happened_at) << 20 | int(row.sequence) & (1 << 20) - 1


def _event_name(row: PastEvent, changes: Mapping[str, Any]) -> str:
    if "is_active" in changes:
        return "task.open" if changes["is_active"][1] else "task.close"
    named = (name for field, name in _CHANGE_NAMES.items() if field in changes)
    return next(named, _EVENT_NAMES[str(row.event_type)])
