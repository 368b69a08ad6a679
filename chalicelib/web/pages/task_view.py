"""What the page of a task shows beside its form: facts, texts and deliveries in words."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Comment, Project, Task
from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.domain.tasks import COLORS
from chalicelib.services.accounts import access, users
from chalicelib.services.deliveries import delivery_search
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import projects
from chalicelib.services.tasks import comments, queries
from chalicelib.web.pages import presenting, state_words, times
from chalicelib.web.pages.markdown import LONGEST, Reader, tasks_named
from chalicelib.web.pages.page_request import PageRequest

Choices = dict[str, dict[str, str]]


def choices(task: Task, project: Project) -> Choices:
    """Return the options of the select fields, including the task's current values."""
    owners = {"0": "Nobody"}
    for user in users.CACHE.get().values():
        if user.is_active or user.id == task.owner_id:
            owners[str(user.id)] = user.shown_name + ("" if user.is_active else " (inactive)")
    owners.setdefault(str(task.owner_id), f"user {task.owner_id} (removed)")
    categories = {"0": "None"} | {str(part.id): str(part.name) for part in project.categories}
    categories.setdefault(str(task.category_id), f"category {task.category_id} (removed)")
    colors = {color_id: color.name for color_id, color in COLORS.items()}
    return {"owner_id": owners, "category_id": categories, "color_id": colors}


def facts(
    task: Task, project: Project, values: Mapping[str, str], options: Choices
) -> list[tuple[str, str]]:
    """Return the labels and values of the fields that say something about a task."""
    columns = {part.id: str(part.name) for part in project.columns}
    due = int(task.date_due)
    shown = [
        ("Column", columns.get(task.column_id, f"column {task.column_id} (removed)")),
        ("Assigned to", options["owner_id"][values["owner_id"]]),
        ("Due", times.due(due) if due else ""),
        ("Priority", values["priority"]),
        ("Category", options["category_id"][values["category_id"]] if task.category_id else ""),
        ("Tags", values["tags"]),
        ("Score", values["score"]),
        ("Reference", values["reference"]),
    ]
    return [(label, value) for label, value in shown if value]


class Texts(NamedTuple):
    """The texts of a task as HTML, which belongs into a page as it is."""

    description: Any
    is_cut: bool
    comments: list[dict[str, Any]]


def texts(request: PageRequest, task: Task, shown: Sequence[Comment]) -> Texts:
    """Return a task's description and some of its comments; the newest have the most room."""
    description = str(task.description or "")
    newest = [str(comment.text) for comment in reversed(shown)]
    reader = Reader(_paths(request, tasks_named([description, *newest])))
    html = reader.shown(description[:LONGEST])
    said = [reader.shown(text) for text in newest]
    names = {int(user.id): user.shown_name for user in users.CACHE.get().values()}
    made = [
        {
            "id": int(comment.id),
            "author": names.get(int(comment.user_id), "nobody"),
            "at": times.stamp(comment.date_creation),
            "html": said[-1 - number],
            "is_own": comments.may_change(request.caller, comment),
        }
        for number, comment in enumerate(shown)
    ]
    return Texts(html, len(description) > LONGEST, made)


def _paths(request: PageRequest, task_ids: Sequence[int]) -> dict[int, str]:
    """Return the paths of those tasks that the reader may see, by id."""
    if not task_ids:
        return {}
    known = projects.CACHE.get()
    return {
        task_id: f"{request.root}/tasks/{task_id}"
        for task_id, project_id in queries.projects_of(task_ids).items()
        if project_id in known and access.may_in(request.caller, known[project_id], PROJECT_VIEWER)
    }


def deliveries(task: Task) -> list[dict[str, Any]]:
    """Return the newest deliveries of a task as lists show them."""
    rows = delivery_search.search(delivery_search.Wanted(task_id=int(task.task_id)), limit=20).rows
    known = {str(one.endpoint.id): one.endpoint for one in endpoints.list_endpoints()}
    names = presenting.short_names(known.values())
    return [
        presenting.listed(row)
        | state_words.of_delivery(row, known.get(row.endpoint_id))
        | {"host": names.get(row.endpoint_id, row.endpoint_id), "why": presenting.reason(row)}
        for row in rows
    ]
