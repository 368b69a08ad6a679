"""The parameters of every procedure: names, order and defaults."""

import pytest

from chalicelib.domain.endpoint_fields import FIELDS
from chalicelib.web.jsonrpc import PROCEDURES
from tests.support.http_calls import result, rpc

RECURRENCE = [
    f"recurrence_{name}" for name in ("status", "trigger", "factor", "timeframe", "basedate")
]
REASONS = {
    **dict.fromkeys(RECURRENCE, "takes 0: Taskhook has no recurring tasks"),
    **dict.fromkeys(["time_spent", "time_estimated"], "takes 0: Taskhook does not track hours"),
}

# One line a procedure, as Kanboard's documentation lists them; what has a default may be left out.
SIGNATURES = """
getVersion
getTimezone
getDefaultTaskColor
getDefaultTaskColors
getColorList
getApplicationRoles
getProjectRoles
getActiveSwimlanes project_id
getAllSwimlanes project_id
getDefaultSwimlane project_id
getSwimlane swimlane_id
getSwimlaneById swimlane_id
getSwimlaneByName project_id name
getMe
getMyDashboard
getMyActivityStream
getMyOverdueTasks
getMyProjects
getMyProjectsList
getBoard project_id limit=None offset=0
getColumns project_id
getColumn column_id
addColumn project_id title task_limit=0 description=''
updateColumn column_id title task_limit=0 description=''
changeColumnPosition project_id column_id position
removeColumn column_id
getAllCategories project_id
getCategory category_id
createCategory project_id name color_id=None
updateCategory id name color_id=None
removeCategory category_id
getAllTags
getTagsByProject project_id
createTag project_id tag color_id=None
updateTag tag_id tag color_id=None
removeTag tag_id
setTaskTags project_id task_id tags
getTaskTags task_id
createComment task_id user_id content reference='' visibility='app-user'
getComment comment_id
updateComment id content
removeComment comment_id
createProject name description='' owner_id=0 identifier='' start_date='' end_date=''
getProjectById project_id
getProjectByName name
getProjectByIdentifier identifier
getAllProjects
updateProject project_id name=None description=None owner_id=None identifier=None\
 start_date=None end_date=None
removeProject project_id
enableProject project_id
disableProject project_id
getProjectActivity project_id
getProjectActivities project_ids
getProjectUsers project_id
getAssignableUsers project_id prepend_unassigned=False
addProjectUser project_id user_id role='project-member'
changeProjectUserRole project_id user_id role
removeProjectUser project_id user_id
getProjectUserRole project_id user_id
createUser username password name='' email='' role='app-user'
getUser user_id
getUserByName username
getAllUsers
updateUser id username=None name=None email=None role=None
enableUser user_id
disableUser user_id
isActiveUser user_id
removeUser user_id
createTask title project_id color_id='' column_id=0 owner_id=0 creator_id=0 date_due=''\
 description='' category_id=0 score=0 swimlane_id=0 priority=0 recurrence_status=0\
 recurrence_trigger=0 recurrence_factor=0 recurrence_timeframe=0 recurrence_basedate=0\
 reference='' tags=[] date_started='' time_spent=0 time_estimated=0
updateTask id title=None color_id=None owner_id=None date_due=None description=None\
 category_id=None score=None priority=None recurrence_status=None recurrence_trigger=None\
 recurrence_factor=None recurrence_timeframe=None recurrence_basedate=None reference=None\
 tags=None date_started=None time_spent=None time_estimated=None
getTask task_id
getTaskByReference project_id reference
getAllTasks project_id status_id=1 limit=None offset=0
searchTasks project_id query limit=None offset=0
getAllComments task_id limit=None offset=0
getOverdueTasks
getOverdueTasksByProject project_id
openTask task_id
closeTask task_id
removeTask task_id
moveTaskPosition project_id task_id column_id position swimlane_id=0
moveTaskToProject task_id project_id swimlane_id=None column_id=None category_id=None owner_id=None
duplicateTaskToProject task_id project_id swimlane_id=None column_id=None category_id=None\
 owner_id=None
createEndpoint url events=[] format=None id=None secret=None is_active=None FIELDS
getEndpoints
updateEndpoint id url=None events=None format=None is_active=None secret=None FIELDS
removeEndpoint endpoint_id
testEndpoint endpoint_id
getDeliveries endpoint_id=None status=None since=None limit=100
retryDelivery delivery_id
replayDeliveries endpoint_id since until=None limit=100 after=None
createSource id=None name=None is_active=None secret=None verify=None preset=None each=None\
 when=None key=None close_when=None task=None origins=None redirect_to=None from_taskhook=None
getSources
updateSource id name=None is_active=None secret=None verify=None preset=None each=None when=None\
 key=None close_when=None task=None origins=None redirect_to=None from_taskhook=None
removeSource id
trySource id payload
getAllSubtasks task_id
getSubtask subtask_id
hasSubtaskTimer subtask_id user_id
getSubtaskTimeSpent subtask_id user_id
getAllTaskFiles task_id
getTaskFile file_id
downloadTaskFile file_id
getAllProjectFiles project_id
getProjectFile project_id file_id
downloadProjectFile project_id file_id
getAllTaskLinks task_id
getTaskLinkById task_link_id
getAllLinks
getLinkById link_id
getLinkByLabel label
getOppositeLinkId link_id
getAllExternalTaskLinks task_id
getExternalTaskLinkById task_id link_id
getExternalTaskLinkTypes
getExternalTaskLinkProviderDependencies providerName
getTaskMetadata task_id
getTaskMetadataByName task_id name
getProjectMetadata project_id
getProjectMetadataByName project_id name
getActions project_id
getAvailableActions
getAvailableActionEvents
getCompatibleActionEvents action_name
getAllGroups
getGroup group_id
getMemberGroups user_id
getGroupMembers group_id
isGroupMember group_id user_id
getProjectByEmail email
"""


def said_of(procedure):
    """Return a line of the table for a procedure."""
    parameters = [
        name if one.default is one.empty else f"{name}={one.default!r}"
        for name, one in procedure.parameters.items()
    ]
    return " ".join([procedure.name, *parameters])


def test_every_procedure_takes_what_the_table_says_in_its_order():
    fields = " ".join(f"{name}=None" for name in FIELDS)
    listed = SIGNATURES.replace("FIELDS", fields).split("\n")[1:-1]

    assert sorted(map(said_of, PROCEDURES.values())) == sorted(listed)


@pytest.mark.usefixtures("cloud")
def test_what_no_task_here_has_may_be_given_as_nothing():
    for nothing in (0, "0", 0.0, None):
        given = dict.fromkeys(REASONS, nothing)

        created = result("createTask", {"title": "x", "project_id": 1, **given})
        changed = result("updateTask", {"id": created, "title": "y", **given})

        assert created
        assert changed is True


@pytest.mark.usefixtures("cloud")
def test_what_no_task_here_has_is_refused_where_it_says_something():
    result("createTask", ["x", 1])

    created = [rpc("createTask", {"title": "x", "project_id": 1, name: 3}) for name in REASONS]
    changed = [rpc("updateTask", {"id": 1, "title": "y", name: "3"}) for name in REASONS]

    told = [answer.headers["X-Failure-Reason"] for answer in created + changed]
    assert told == [
        f"{method}: {name}: {reason}"
        for method in ("createTask", "updateTask")
        for name, reason in REASONS.items()
    ]
    assert [task["title"] for task in result("getAllTasks", [1])] == ["x"]
