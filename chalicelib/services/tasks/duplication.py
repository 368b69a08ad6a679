"""Duplicates tasks, and maps a task's fields to another project."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.accounts import users
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import lifecycle
from chalicelib.services.tasks.fields import read_fields, read_project


def duplicate_task(task_id: int, parameters: Mapping[str, str], *, author: int = 0) -> int:
    """Duplicate a task in a project, and return the new id.

    Args:
        task_id: The task to duplicate.
        parameters: `project_id`, and any of `column_id`, `category_id` and `owner_id`. By default
            the new task gets the column and category of the same name, if the project has them,
            and the same owner, if active.
        author: The acting user's id, or 0.

    Raises:
        NotFound: There is no such task.
        Refused: With a reason for each invalid parameter.
    """
    task = lifecycle.find_task(task_id)
    fields = in_project(task, parameters)
    kept = ("title", "description", "color_id", "score", "priority", "date_due", "reference")
    values = {name: getattr(task, name) for name in kept}
    copied = {name: value for name, value in values.items() if value}
    who = {"creator_id": author or task.creator_id, "changed_by": author}
    return lifecycle.create_with({**copied, **fields, **who}).task_id


def in_project(task: Task, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return a task's project, column, category, owner and tags in a project. Raises Refused."""
    old, new = lifecycle.project_of(task), read_project(parameters.get("project_id"))
    owner = users.CACHE.get().get(int(task.owner_id))
    same = {
        "column_id": _same(old.columns, new.columns, task.column_id),
        "category_id": _same(old.categories, new.categories, task.category_id),
        "owner_id": str(owner.id) if owner and owner.is_active else "0",
    }
    given = {name: text for name, text in {**same, **parameters}.items() if text}
    fields = read_fields({"title": str(task.title), **given})
    names = [str(tag.name) for tag in old.tags if tag.id in (task.tags or ())]
    tags = {"tags": project_items.tag_ids(int(new.id), names)}
    return tags | {
        name: fields[name] for name in ("project_id", "column_id", "category_id", "owner_id")
    }


def _same(old: Any, new: Any, part_id: float) -> str:
    """Return the id of the part with the same name in another project, as text, or ""."""
    names = {part.name for part in old if part.id == part_id}
    return next((str(part.id) for part in new if part.name in names), "")
