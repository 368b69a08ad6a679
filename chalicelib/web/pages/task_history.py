"""The history of a task: a sentence for each change, with its author and time."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import PastEvent, Project
from chalicelib.domain.past_changes import kept_changes
from chalicelib.domain.tasks import COLORS
from chalicelib.web.pages import times

_DONE = {"task.created": "Created", "task.removed": "Removed"}
_UNTOLD = {"is_active", "date_completed", "date_modification", "position"}
_LABELS = {
    "owner_id": "Assignee",
    "project_id": "Project",
    "column_id": "Column",
    "category_id": "Category",
    "color_id": "Colour",
    "date_due": "Due date",
}
_TIMES = {"date_due", "date_creation"}
_MOVES = {"column_id", "project_id"}
_COUNTED = {"priority"}
"""Fields of which 0 is a value like any other."""
_LONG = {"description"}
"""Fields whose values are too long for a sentence."""

Known = Mapping[str, Mapping[Any, str]]


def lines(
    events: Iterable[PastEvent], project: Project, names: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """Yield what each change did, as a sentence, and its time; in the order of the events."""
    known = _known_names(project, names)
    for event in events:
        author = event.source or names.get(int(event.author or 0), "the application")
        for done in _sentences(event, known):
            yield {"what": f"{done} by {author}", "at": times.stamp(event.happened_at)}


def _sentences(event: PastEvent, known: Known) -> Iterator[str]:
    """Yield a sentence for each change of an event, without its author."""
    changes = kept_changes(event.task)
    done = _DONE.get(str(event.event_type), "")
    if "is_active" in changes:
        done = "Reopened" if changes["is_active"][1] else "Closed"
    told = []
    for name, (before, after) in changes.items():
        if name not in _UNTOLD:
            told.append(_sentence(name, before, after, known))
    if "position" in changes and not told:
        told = ["Moved within its column"]
    yield from [done, *told] if done else told or ["Changed"]


def _sentence(name: str, before: Any, after: Any, known: Known) -> str:
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    if name in _LONG:
        return f"{label} {'changed' if before and after else 'added' if after else 'removed'}"
    old, new = (_shown(name, value, known) for value in (before, after))
    if name in _MOVES:
        return f"Moved from {old} to {new}"
    if name == "owner_id" and after:
        return f"Assigned to {new}"
    if (before and after) or name in _COUNTED:
        return f"{label} changed from {old} to {new}"
    return f"{label} set to {new}" if after else f"{label} {old} removed"


def _known_names(project: Project, names: Mapping[int, str]) -> Known:
    """Return the names of the project's parts and of users, by field and id."""
    return {
        "owner_id": names,
        "project_id": {int(project.id): str(project.name)},
        "column_id": {int(part.id): str(part.name) for part in project.columns},
        "category_id": {int(part.id): str(part.name) for part in project.categories},
        "color_id": {color_id: color.name for color_id, color in COLORS.items()},
    }


def _shown(name: str, value: Any, known: Known) -> str:
    if name in _TIMES and value:
        return times.due(value)
    if name == "title":
        return f"\N{LEFT DOUBLE QUOTATION MARK}{value}\N{RIGHT DOUBLE QUOTATION MARK}"
    kind = {"project_id": "project ", "column_id": "column ", "owner_id": "user "}.get(name, "")
    return known.get(name, {}).get(value, f"{kind}{value}")
