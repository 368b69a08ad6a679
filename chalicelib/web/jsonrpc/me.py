"""Procedures about the calling user; the application is no user and may not call them."""

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from chalicelib.services.tasks import history, queries
from chalicelib.web.jsonrpc import activity, shapes
from chalicelib.web.jsonrpc.base import A_USER, Call, procedure
from chalicelib.web.jsonrpc.shapes import JsonList, Shape, Written

LONGEST_STREAM = 100
"""The most events, as in Kanboard."""


def _me(call: Call) -> User:
    return users.get_user(call.caller.id)


def _projects(call: Call) -> list[Project]:
    """Return the active projects to which the caller belongs."""
    return [
        row
        for row in projects.list_projects()
        if row.is_active and projects.role_in(row, call.caller.id)
    ]


@procedure(A_USER)
def get_me(call: Call) -> Shape:
    """Return the calling user."""
    return shapes.me(_me(call))


@procedure(A_USER)
def get_my_projects(call: Call) -> list[Shape]:
    """Return the projects of the calling user."""
    return [shapes.project(project, call.base_url) for project in _projects(call)]


@procedure(A_USER)
def get_my_projects_list(call: Call) -> dict[str, str]:
    """Return the names of the calling user's projects by id."""
    return {str(project.id): str(project.name) for project in _projects(call)}


@procedure(A_USER)
def get_my_overdue_tasks(call: Call) -> list[Shape]:
    """Return the overdue open tasks of the calling user."""
    mine = _projects(call)
    names = {int(project.id): str(project.name) for project in mine}
    return [shapes.overdue_task(row, names) for row in queries.overdue(mine, call.caller.id)]


@procedure(A_USER)
def get_my_activity_stream(call: Call) -> list[Shape]:
    """Return the newest events in the calling user's projects."""
    ids = [int(project.id) for project in _projects(call)]
    return [activity.past_event(event) for event in history.of_projects(ids, LONGEST_STREAM)]


@procedure(A_USER)
def get_my_dashboard(call: Call) -> JsonList:
    """Return the caller's open tasks, each with an empty list of subtasks."""
    shown: list[str] = []
    for project in _projects(call):
        rows = queries.tasks_of(project, is_active=True)
        mine = [row for row in rows if row["owner_id"] == str(call.caller.id)]
        shown += shapes.extended_tasks(mine, project, subtasks=[])
    return Written.array(shown)
