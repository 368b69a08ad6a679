"""The history of a task, in words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import PastEvent, Project
from chalicelib.web.pages import presenting

_DONE = {"task.created": "Created", "task.removed": "Removed", "task.modified": "Changed"}
_UNTOLD = {"is_active", "date_completed", "date_modification", "position"}
_LABELS = {
    "owner_id": "assigned to",
    "project_id": "project",
    "column_id": "column",
    "category_id": "category",
    "color_id": "colour",
    "date_due": "due",
}
_TIMES = {"date_due", "date_modification", "date_completed", "date_creation"}


def past_event(event: PastEvent, project: Project, names: dict[int, str]) -> dict[str, Any]:
    """Return an event and its changes in words."""
    changes = json.loads(event.task).get("changes", {})
    done = _DONE[str(event.event_type)]
    if "is_active" in changes:
        done = "Reopened" if changes["is_active"][1] else "Closed"
    return {
        "at": presenting.moment(event.happened_at),
        "what": done,
        "author": event.source or names.get(int(event.author or 0), "the application"),
        "changes": list(_in_words(changes, _known_names(project, names))),
    }


def _in_words(
    changes: Mapping[str, Any], known: Mapping[str, Mapping[int, str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield the label of each changed field, and its values before and after."""
    for name in (name for name in changes if name not in _UNTOLD):
        before, after = (_shown(name, value, known) for value in changes[name])
        yield _LABELS.get(name, name.replace("_", " ")), before, after


def _known_names(project: Project, names: dict[int, str]) -> dict[str, dict[int, str]]:
    """Return the names of the project's parts and of users, by field and id."""
    return {
        "owner_id": names,
        "project_id": {int(project.id): str(project.name)},
        "column_id": {int(part.id): str(part.name) for part in project.columns},
        "category_id": {int(part.id): str(part.name) for part in project.categories},
    }


def _shown(name: str, value: Any, known: Mapping[str, Mapping[int, str]]) -> str:
    if not value:
        return "none"
    if name in _TIMES:
        return presenting.moment(value)
    return known.get(name, {}).get(value, str(value)) if isinstance(value, int) else str(value)
