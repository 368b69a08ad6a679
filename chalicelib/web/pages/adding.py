"""Adds the task of a form, and tells which one it is."""

from chalice.app import Response

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.services.tasks import lifecycle
from chalicelib.web.pages import editing, headers
from chalicelib.web.pages.page_request import PageRequest

FIELDS = (
    *("title", "description", "column_id", "color_id", "owner_id"),
    *("category_id", "date_due", "priority"),
)
"""The fields of a new task that forms may have, but for its tags."""


def add_task(request: PageRequest, project: Project) -> int:
    """Create the task of a form, one for all copies of the form, and return its id.

    Raises:
        Refused: With a reason for each invalid field.
    """
    fields = {name: request.get(name) for name in FIELDS}
    fields |= {"project_id": str(project.id), "description": request.values.get("description", "")}
    tags = editing.names_in(request.get("tags"))
    created = lifecycle.create_once(fields, request.form_key, tags=tags, author=request.caller.id)
    return created.task_id


def told(task_id: int) -> Response:
    """Return an answer for a script, which names the task that was added."""
    return Response("", status_code=204, headers=headers.ALWAYS | {"X-Task-Id": str(task_id)})
