"""A project with everybody in it, and every procedure: who may call it, and with what."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.domain.accounts import MANAGER, PROJECT_MANAGER, PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.sources import sources
from chalicelib.services.tasks import comments, lifecycle
from tests.support.cloud import Cloud
from tests.support.http_calls import ADMIN, APPLICATION, NOBODY, basic, sign_up
from tests.support.kanboard_keys import ABSENT

CALLERS = {
    "application": APPLICATION,
    "administrator": ADMIN,
    "manager": basic("mary", "secret"),
    "project manager": basic("pia", "secret"),
    "member": basic("max", "secret"),
    "viewer": basic("vera", "secret"),
    "stranger": basic("stan", "secret"),
    "nobody": NOBODY,
}
ROLES = {3: PROJECT_MANAGER, 4: PROJECT_MEMBER, 5: PROJECT_VIEWER}
"""The roles in a project by the ids of pia, max and vera."""

HIDING = {"getProjectByName", "getProjectByIdentifier"}
"""What answers false to those who may not, so that nobody learns which names there are."""

ADMINISTRATORS = {"application", "administrator"}
MANAGERS = {*ADMINISTRATORS, "manager"}
PROJECT_MANAGERS = {*ADMINISTRATORS, "project manager"}
MEMBERS = {*PROJECT_MANAGERS, "member"}
VIEWERS = {*MEMBERS, "viewer"}
ANYBODY = set(CALLERS) - {"nobody"}
USERS = ANYBODY - {"application"}
AUTHORS = {*ADMINISTRATORS, "member"}
"""Who may change a comment that the member has written."""

_numbers = itertools.count(1)


def build(cloud: Cloud) -> None:
    """Let everybody sign up, with an endpoint that cannot be reached and a delivery."""
    sign_up("mary", role=MANAGER)
    for name in ("pia", "max", "vera", "stan"):
        sign_up(name)
    projects.update_project(1, identifier="FIRST")
    _let_in(1)
    endpoints.add_endpoint("http://127.0.0.1:1/", endpoint_id="ci")
    a_task()
    cloud.pump()


def _let_in(project_id: int) -> int:
    for user_id, role in ROLES.items():
        membership.set_role(project_id, user_id, role, is_member=False)
    return project_id


def a_name() -> str:
    """Return a name that nothing has."""
    return f"name{next(_numbers)}"


def a_project() -> int:
    """Add a project with the same members as the first, and return its id."""
    return _let_in(int(projects.add_project(a_name()).id))


def a_task(**fields: str) -> int:
    """Add a task and return its id."""
    return lifecycle.create_task({"title": "x", **fields})


def a_reference() -> str:
    """Add a task that has a name elsewhere, and return the name."""
    reference = a_name()
    a_task(reference=reference)
    return reference


def a_comment() -> int:
    """Let the member comment a task, and return the comment's id."""
    return comments.add_comment(a_task(), 4, "x", "", "user")


def a_user() -> int:
    """Add a user and return the id."""
    return int(users.add_user(a_name()).id)


def a_member() -> int:
    """Add a user who belongs to the first project, and return the id."""
    number = a_user()
    membership.set_role(1, number, PROJECT_MEMBER, is_member=False)
    return number


def a_delivery() -> str:
    """Return the id of the delivery."""
    return str(next(row.id for row in Delivery.scan() if row.event_type != "ping"))


def _a_part(group: str) -> Callable[[], int]:
    return lambda: project_items.add_part(1, group, a_name())


a_column, a_category, a_tag = map(_a_part, ("columns", "categories", "tags"))


def a_source() -> str:
    """Add a source and return its id."""
    return sources.add_source({}).id


def an_endpoint() -> str:
    """Add an endpoint that hears of nothing here, and return its id."""
    return str(endpoints.add_endpoint("http://127.0.0.1:1/", ["task.removed"]).id)


class Entry(NamedTuple):
    """Who may call a procedure, and parameters that work; a function makes its parameter."""

    may: set[str]
    made_of: dict[str, Any]

    def parameters(self) -> dict[str, Any]:
        """Make what a call is about, and return its parameters."""
        return {name: value() if callable(value) else value for name, value in self.made_of.items()}


def _entry(may: set[str], **parameters: Any) -> Entry:
    return Entry(may, parameters)


def _absent(may: set[str], names: str) -> dict[str, Entry]:
    """Return the entries of reads of what Taskhook does not have."""
    return {name: _entry(may, **ABSENT[name][0]) for name in names.split()}


TABLE = {
    "getVersion": _entry(ANYBODY),
    "getTimezone": _entry(ANYBODY),
    "getDefaultTaskColor": _entry(ANYBODY),
    "getDefaultTaskColors": _entry(ANYBODY),
    "getColorList": _entry(ANYBODY),
    "getApplicationRoles": _entry(ANYBODY),
    "getProjectRoles": _entry(ANYBODY),
    "getAllTags": _entry(ANYBODY),
    "getMe": _entry(USERS),
    "getMyProjects": _entry(USERS),
    "getMyProjectsList": _entry(USERS),
    "getMyOverdueTasks": _entry(USERS),
    "getMyActivityStream": _entry(USERS),
    "getMyDashboard": _entry(USERS),
    "getActiveSwimlanes": _entry(VIEWERS, project_id=1),
    "getAllSwimlanes": _entry(VIEWERS, project_id=1),
    "getDefaultSwimlane": _entry(VIEWERS, project_id=1),
    "getSwimlane": _entry(VIEWERS, swimlane_id=1),
    "getSwimlaneById": _entry(VIEWERS, swimlane_id=1),
    "getSwimlaneByName": _entry(VIEWERS, project_id=1, name="Default swimlane"),
    "getBoard": _entry(VIEWERS, project_id=1),
    "getColumns": _entry(VIEWERS, project_id=1),
    "getColumn": _entry(VIEWERS, column_id=1),
    "getAllCategories": _entry(VIEWERS, project_id=1),
    "getCategory": _entry(VIEWERS, category_id=a_category),
    "getTagsByProject": _entry(VIEWERS, project_id=1),
    "getTaskTags": _entry(VIEWERS, task_id=a_task),
    "getComment": _entry(VIEWERS, comment_id=a_comment),
    "getAllComments": _entry(VIEWERS, task_id=a_task),
    "getProjectById": _entry(VIEWERS, project_id=1),
    "getProjectByName": _entry(VIEWERS, name="My project"),
    "getProjectByIdentifier": _entry(VIEWERS, identifier="first"),
    "getProjectActivity": _entry(VIEWERS, project_id=1),
    "getProjectActivities": _entry(VIEWERS, project_ids=[1]),
    "getProjectUsers": _entry(VIEWERS, project_id=1),
    "getAssignableUsers": _entry(VIEWERS, project_id=1),
    "getProjectUserRole": _entry(VIEWERS, project_id=1, user_id=3),
    "getTask": _entry(VIEWERS, task_id=a_task),
    "getTaskByReference": _entry(VIEWERS, project_id=1, reference=a_reference),
    "getAllTasks": _entry(VIEWERS, project_id=1),
    "searchTasks": _entry(VIEWERS, project_id=1, query="x"),
    "getOverdueTasksByProject": _entry(VIEWERS, project_id=1),
    "createComment": _entry(MEMBERS, task_id=a_task, user_id=1, content="x"),
    "updateComment": _entry(AUTHORS, id=a_comment, content="y"),
    "removeComment": _entry(AUTHORS, comment_id=a_comment),
    "createTag": _entry(MEMBERS, project_id=1, tag=a_name),
    "updateTag": _entry(MEMBERS, tag_id=a_tag, tag=a_name),
    "removeTag": _entry(MEMBERS, tag_id=a_tag),
    "setTaskTags": _entry(MEMBERS, project_id=1, task_id=a_task, tags=["x"]),
    "createTask": _entry(MEMBERS, project_id=1, title="x"),
    "updateTask": _entry(MEMBERS, id=a_task, title="y"),
    "openTask": _entry(MEMBERS, task_id=a_task),
    "closeTask": _entry(MEMBERS, task_id=a_task),
    "removeTask": _entry(MEMBERS, task_id=a_task),
    "moveTaskPosition": _entry(MEMBERS, project_id=1, task_id=a_task, column_id=2, position=1),
    "moveTaskToProject": _entry(MEMBERS, task_id=a_task, project_id=a_project),
    "duplicateTaskToProject": _entry(MEMBERS, task_id=a_task, project_id=a_project),
    "addColumn": _entry(PROJECT_MANAGERS, project_id=1, title=a_name),
    "updateColumn": _entry(PROJECT_MANAGERS, column_id=a_column, title=a_name),
    "changeColumnPosition": _entry(PROJECT_MANAGERS, project_id=1, column_id=a_column, position=1),
    "removeColumn": _entry(PROJECT_MANAGERS, column_id=a_column),
    "createCategory": _entry(PROJECT_MANAGERS, project_id=1, name=a_name),
    "updateCategory": _entry(PROJECT_MANAGERS, id=a_category, name=a_name),
    "removeCategory": _entry(PROJECT_MANAGERS, category_id=a_category),
    "updateProject": _entry(PROJECT_MANAGERS, project_id=a_project, description="y"),
    "removeProject": _entry(PROJECT_MANAGERS, project_id=a_project),
    "enableProject": _entry(PROJECT_MANAGERS, project_id=a_project),
    "disableProject": _entry(PROJECT_MANAGERS, project_id=a_project),
    "addProjectUser": _entry(PROJECT_MANAGERS, project_id=1, user_id=a_user),
    "changeProjectUserRole": _entry(
        PROJECT_MANAGERS, project_id=1, user_id=a_member, role=PROJECT_VIEWER
    ),
    "removeProjectUser": _entry(PROJECT_MANAGERS, project_id=1, user_id=a_member),
    "createProject": _entry(MANAGERS, name="x"),
    "getAllProjects": _entry(ADMINISTRATORS),
    "getOverdueTasks": _entry(ADMINISTRATORS),
    "createUser": _entry(ADMINISTRATORS, username=a_name, password="secret"),
    "getUser": _entry(ADMINISTRATORS, user_id=1),
    "getUserByName": _entry(ADMINISTRATORS, username="admin"),
    "getAllUsers": _entry(ADMINISTRATORS),
    "updateUser": _entry(ADMINISTRATORS, id=a_user, name="x"),
    "enableUser": _entry(ADMINISTRATORS, user_id=a_user),
    "disableUser": _entry(ADMINISTRATORS, user_id=a_user),
    "isActiveUser": _entry(ADMINISTRATORS, user_id=1),
    "removeUser": _entry(ADMINISTRATORS, user_id=a_user),
    "createEndpoint": _entry(ADMINISTRATORS, url="http://127.0.0.1:1/", events=["task.removed"]),
    "getEndpoints": _entry(ADMINISTRATORS),
    "updateEndpoint": _entry(ADMINISTRATORS, id=an_endpoint, format="standard"),
    "removeEndpoint": _entry(ADMINISTRATORS, endpoint_id=an_endpoint),
    "testEndpoint": _entry(ADMINISTRATORS, endpoint_id="ci"),
    "getDeliveries": _entry(ADMINISTRATORS),
    "retryDelivery": _entry(ADMINISTRATORS, delivery_id=a_delivery),
    "replayDeliveries": _entry(ADMINISTRATORS, endpoint_id="ci", since=0),
    "createSource": _entry(ADMINISTRATORS, id=a_name),
    "getSources": _entry(ADMINISTRATORS),
    "updateSource": _entry(ADMINISTRATORS, id=a_source, name="x"),
    "removeSource": _entry(ADMINISTRATORS, id=a_source),
    "trySource": _entry(ADMINISTRATORS, id=a_source, payload={"title": "x"}),
    **_absent(
        VIEWERS,
        """getAllSubtasks getAllTaskFiles getAllTaskLinks getAllExternalTaskLinks
        getExternalTaskLinkById getTaskMetadata getTaskMetadataByName getProjectMetadata
        getProjectMetadataByName getAllProjectFiles getProjectFile downloadProjectFile""",
    ),
    **_absent(PROJECT_MANAGERS, "getActions"),
    **_absent(
        ADMINISTRATORS,
        """getSubtask hasSubtaskTimer getSubtaskTimeSpent getTaskFile downloadTaskFile
        getTaskLinkById getAllLinks getLinkById getLinkByLabel getOppositeLinkId getAllGroups
        getGroup getMemberGroups getGroupMembers isGroupMember""",
    ),
    **_absent(
        ANYBODY,
        """getProjectByEmail getAvailableActions getAvailableActionEvents getCompatibleActionEvents
        getExternalTaskLinkTypes getExternalTaskLinkProviderDependencies""",
    ),
}
