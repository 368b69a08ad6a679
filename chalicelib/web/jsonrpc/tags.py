"""Tags, and the tags of tasks."""

from chalicelib.domain.accounts import PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import access
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import lifecycle
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import ANYBODY, Call, procedure

Shape = shapes.Shape


@procedure(ANYBODY)
def get_all_tags(call: Call) -> list[Shape]:
    """Return the tags of all projects that the caller may see."""
    tags: list[Shape] = []
    for project in projects.list_projects():
        if access.may_in(call.caller, project, PROJECT_VIEWER):
            tags += [shapes.tag(project, part) for part in project.tags]
    return tags


@procedure(PROJECT_VIEWER)
def get_tags_by_project(_: Call, project_id: int) -> list[Shape]:
    """Return the tags of a project."""
    project = projects.find_project(project_id)
    return [shapes.tag(project, part) for part in project.tags]


@procedure(PROJECT_MEMBER)
def create_tag(_: Call, project_id: int, tag: str, color_id: str | None = None) -> int:
    """Add a tag to a project and return its id; like Kanboard, refuse an existing name."""
    return project_items.add_part(project_id, "tags", tag, color_id=color_id)


@procedure(PROJECT_MEMBER)
def update_tag(_: Call, tag_id: int, tag: str, color_id: str | None = None) -> bool:
    """Change a tag's name and colour."""
    project_items.change_part("tags", tag_id, tag, color_id=color_id)
    return True


@procedure(PROJECT_MEMBER)
def remove_tag(_: Call, tag_id: int) -> bool:
    """Remove a tag; its tasks no longer show it."""
    project_items.remove_part("tags", tag_id)
    return True


@procedure(PROJECT_MEMBER)
def set_task_tags(call: Call, project_id: int, task_id: int, tags: list[str]) -> bool:
    """Replace a task's tags; tags that its project lacks are created."""
    if lifecycle.find_task(task_id).project_id != project_id:
        raise Refused({"project_id": f"task {task_id} is not in project {project_id}"})
    lifecycle.update_task(task_id, {}, tags=tags, author=call.caller.id)
    return True


@procedure(PROJECT_VIEWER)
def get_task_tags(_: Call, task_id: int) -> dict[str, str]:
    """Return the names of a task's tags by id."""
    task = lifecycle.find_task(task_id)
    tags = projects.find_project(int(task.project_id)).tags
    return {str(part.id): str(part.name) for part in tags if part.id in (task.tags or ())}
