"""The one swimlane of each board; its id is its project's."""

from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.domain.errors import NotFound
from chalicelib.services.projects import projects
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = shapes.Shape


def _lane(project_id: int) -> Shape:
    """Return the swimlane of a project. Raises NotFound."""
    projects.find_project(project_id)
    return shapes.lane(project_id)


@procedure(PROJECT_VIEWER, otherwise=None)
def get_active_swimlanes(_: Call, project_id: int) -> list[Shape]:
    """Return a list with the one swimlane."""
    return [_lane(project_id)]


@procedure(PROJECT_VIEWER, otherwise=None)
def get_all_swimlanes(_: Call, project_id: int) -> list[Shape]:
    """Return a list with the one swimlane."""
    return [_lane(project_id)]


@procedure(PROJECT_VIEWER, otherwise=None)
def get_default_swimlane(_: Call, project_id: int) -> Shape:
    """Return the one swimlane."""
    return _lane(project_id)


@procedure(PROJECT_VIEWER, otherwise=None)
def get_swimlane(_: Call, swimlane_id: int) -> Shape:
    """Return the swimlane with an id."""
    return _lane(swimlane_id)


@procedure(PROJECT_VIEWER, otherwise=None)
def get_swimlane_by_id(_: Call, swimlane_id: int) -> Shape:
    """Return the swimlane with an id, like `getSwimlane`."""
    return _lane(swimlane_id)


@procedure(PROJECT_VIEWER, otherwise=None)
def get_swimlane_by_name(_: Call, project_id: int, name: str) -> Shape:
    """Return the swimlane with a name."""
    lane = _lane(project_id)
    if name != lane["name"]:
        raise NotFound(f"there is no swimlane {name} in project {project_id}")
    return lane
