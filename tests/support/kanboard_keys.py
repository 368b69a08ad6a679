"""What Kanboard 1.2.53 answers: the keys of each shape, and which shape each procedure answers.

Read off its tables over SQLite, where no migration has dropped a column, and its models, formatters
and procedures.
"""

from collections.abc import Callable, Iterator
from typing import Any

Ask = Callable[..., Any]


def _keys(text: str) -> set[str]:
    return set(text.split())


_TASK = _keys("""id title description date_creation color_id project_id column_id owner_id
    position is_active date_completed score date_due category_id creator_id date_modification
    reference date_started time_spent time_estimated swimlane_id date_moved recurrence_status
    recurrence_trigger recurrence_factor recurrence_timeframe recurrence_basedate
    recurrence_parent recurrence_child priority external_provider external_uri""")
_NAMED = _keys("category_name category_description swimlane_name project_name column_position")
_ASSIGNEE = _keys("assignee_username assignee_name")
_LISTED = (
    _TASK
    | _NAMED
    | _ASSIGNEE
    | _keys("""nb_comments nb_files nb_subtasks nb_completed_subtasks nb_links nb_external_links
    is_milestone assignee_email assignee_avatar_path category_color_id column_name tags""")
)
_COLUMN = _keys("id title position project_id task_limit description hide_in_dashboard")
_LANE = _keys("id name position is_active project_id description task_limit")
_SESSION = _keys("""id username is_ldap_user name email google_id github_id
    notifications_enabled timezone language disable_login_form twofactor_activated
    twofactor_secret token notifications_filter nb_failed_login lock_expiration_date gitlab_id
    role is_active avatar_path api_access_token filter theme""")
_TAG = _keys("id name project_id color_id")
_NOT_TOLD = _keys("reference priority date_started date_moved")
"""What an event of Taskhook does not say of its task."""

KEYS = {
    "task": _TASK | {"url", "color"},
    "task of a search": _LISTED,
    "task of a board": _LISTED | {"is_draggable"},
    "task of a dashboard": _LISTED | {"subtasks"},
    "task of an event": (_TASK - _NOT_TOLD)
    | (_NAMED | _ASSIGNEE | _keys("column_title creator_username creator_name")),
    "overdue task": _ASSIGNEE
    | _keys("id title date_due project_id creator_id owner_id project_name"),
    "color": _keys("name background border"),
    "project": _keys("""id name is_active token last_modified is_public is_private
        is_everybody_allowed default_swimlane show_default_swimlane description identifier
        start_date end_date owner_id priority_default priority_start priority_end email
        predefined_email_subjects per_swimlane_task_limits task_limit enable_global_tags url"""),
    "links of a project": _keys("board calendar list"),  # the calendar is of older ones
    "column": _COLUMN,
    "column of a board": _COLUMN
    | _keys("""tasks nb_tasks score nb_open_tasks column_nb_open_tasks
        nb_visible_tasks_across_swimlane nb_unfiltered_tasks_across_swimlane
        cumulative_score_across_swimlane"""),
    "swimlane": _LANE,
    "swimlane of a board": _LANE | _keys("columns nb_swimlanes nb_columns nb_tasks score"),
    "category": _TAG | {"description"},
    "tag": _TAG,
    "tag of a task": _TAG | {"task_id"},
    "comment": _keys("""id task_id user_id date_creation date_modification comment reference
        visibility username name email avatar_path"""),
    "user": _SESSION | _keys("password is_admin is_project_admin"),
    "user who asks": _SESSION,
    "event": _keys("""id date_creation event_name creator_id project_id task_id author_username
        author_name email avatar_path task changes author event_title event_content"""),
}

INNER = {
    "task": {"color": "color"},
    "task of a search": {"tags": "tag of a task"},
    "task of a board": {"tags": "tag of a task"},
    "task of a dashboard": {"tags": "tag of a task"},
    "project": {"url": "links of a project"},
    "swimlane of a board": {"columns": "column of a board"},
    "column of a board": {"tasks": "task of a board"},
    "event": {"task": "task of an event"},
}
"""Which shapes stand in which, by their key."""

READS: dict[str, tuple[str, dict[str, Any]]] = {
    "getTask": ("task", {"task_id": 1}),
    "getTaskByReference": ("task", {"project_id": 1, "reference": "elsewhere"}),
    "getAllTasks": ("task", {"project_id": 1}),
    "searchTasks": ("task of a search", {"project_id": 1, "query": "Write"}),
    "getOverdueTasks": ("overdue task", {}),
    "getOverdueTasksByProject": ("overdue task", {"project_id": 1}),
    "getMyOverdueTasks": ("overdue task", {}),
    "getMyDashboard": ("task of a dashboard", {}),
    "getBoard": ("swimlane of a board", {"project_id": 1}),
    "getActiveSwimlanes": ("swimlane", {"project_id": 1}),
    "getAllSwimlanes": ("swimlane", {"project_id": 1}),
    "getDefaultSwimlane": ("swimlane", {"project_id": 1}),
    "getSwimlane": ("swimlane", {"swimlane_id": 1}),
    "getSwimlaneById": ("swimlane", {"swimlane_id": 1}),
    "getSwimlaneByName": ("swimlane", {"project_id": 1, "name": "Default swimlane"}),
    "getColumns": ("column", {"project_id": 1}),
    "getColumn": ("column", {"column_id": 1}),
    "getAllCategories": ("category", {"project_id": 1}),
    "getCategory": ("category", {"category_id": 1}),
    "getAllTags": ("tag", {}),
    "getTagsByProject": ("tag", {"project_id": 1}),
    "getComment": ("comment", {"comment_id": 2**20 + 1}),
    "getAllComments": ("comment", {"task_id": 1}),
    "getProjectById": ("project", {"project_id": 1}),
    "getProjectByName": ("project", {"name": "My project"}),
    "getProjectByIdentifier": ("project", {"identifier": "FIRST"}),
    "getAllProjects": ("project", {}),
    "getMyProjects": ("project", {}),
    "getUser": ("user", {"user_id": 1}),
    "getUserByName": ("user", {"username": "admin"}),
    "getAllUsers": ("user", {}),
    "getMe": ("user who asks", {}),
    "getProjectActivity": ("event", {"project_id": 1}),
    "getProjectActivities": ("event", {"project_ids": [1]}),
    "getMyActivityStream": ("event", {}),
}
"""The shape that a procedure answers, alone or in a list, and parameters with which it answers one
after `fill`."""

PLAIN = {
    *("getVersion", "getTimezone", "getDefaultTaskColor", "getDefaultTaskColors", "getColorList"),
    *(
        "getApplicationRoles",
        "getProjectRoles",
        "getTaskTags",
        "getProjectUsers",
        "getAssignableUsers",
    ),
    *("getProjectUserRole", "getMyProjectsList", "isActiveUser"),
}
"""Reads that answer a value, or names by their ids."""

ABSENT: dict[str, tuple[dict[str, Any], object]] = {
    "getAllSubtasks": ({"task_id": 1}, []),
    "getSubtask": ({"subtask_id": 1}, None),
    "hasSubtaskTimer": ({"subtask_id": 1, "user_id": 1}, False),
    "getSubtaskTimeSpent": ({"subtask_id": 1, "user_id": 1}, 0),
    "getAllTaskFiles": ({"task_id": 1}, []),
    "getTaskFile": ({"file_id": 1}, None),
    "downloadTaskFile": ({"file_id": 1}, ""),
    "getAllProjectFiles": ({"project_id": 1}, []),
    "getProjectFile": ({"project_id": 1, "file_id": 1}, False),
    "downloadProjectFile": ({"project_id": 1, "file_id": 1}, ""),
    "getAllTaskLinks": ({"task_id": 1}, []),
    "getTaskLinkById": ({"task_link_id": 1}, None),
    "getAllLinks": ({}, []),
    "getLinkById": ({"link_id": 1}, None),
    "getLinkByLabel": ({"label": "blocks"}, None),
    "getOppositeLinkId": ({"link_id": 1}, False),
    "getAllExternalTaskLinks": ({"task_id": 1}, []),
    "getExternalTaskLinkById": ({"task_id": 1, "link_id": 1}, False),
    "getExternalTaskLinkTypes": ({}, {}),
    "getExternalTaskLinkProviderDependencies": ({"providerName": "weblink"}, False),
    "getTaskMetadata": ({"task_id": 1}, {}),
    "getTaskMetadataByName": ({"task_id": 1, "name": "x"}, ""),
    "getProjectMetadata": ({"project_id": 1}, {}),
    "getProjectMetadataByName": ({"project_id": 1, "name": "x"}, ""),
    "getActions": ({"project_id": 1}, []),
    "getAvailableActions": ({}, {}),
    "getAvailableActionEvents": ({}, {}),
    "getCompatibleActionEvents": ({"action_name": "x"}, {}),
    "getAllGroups": ({}, []),
    "getGroup": ({"group_id": 1}, None),
    "getMemberGroups": ({"user_id": 1}, []),
    "getGroupMembers": ({"group_id": 1}, []),
    "isGroupMember": ({"group_id": 1, "user_id": 1}, False),
    "getProjectByEmail": ({"email": "board@example.com"}, False),
}
"""Reads of what Taskhook does not have: parameters, and what a Kanboard without any answers."""

FALSE_FLAGS = {
    *(
        "is_public",
        "is_private",
        "is_everybody_allowed",
        "per_swimlane_task_limits",
        "enable_global_tags",
    ),
    *(
        "hide_in_dashboard",
        "is_project_admin",
        "is_ldap_user",
        "notifications_enabled",
        "disable_login_form",
    ),
    "twofactor_activated",
}
"""What is true of nothing in Taskhook."""


def fill(ask: Ask) -> None:
    """Make one of everything in a new Taskhook, as the administrator; `ask` calls a procedure."""
    ask("updateProject", project_id=1, owner_id=1, identifier="FIRST", description="All of it")
    ask("createCategory", project_id=1, name="Bug", color_id="red")
    task = {
        "title": "Write",
        "project_id": 1,
        "owner_id": 1,
        "category_id": 1,
        "tags": ["soon"],
        "score": 3,
    }
    ask(
        "createTask",
        date_due="2020-01-01",
        date_started="2020-01-01",
        reference="elsewhere",
        priority=2,
        **task,
    )
    ask("createComment", task_id=1, user_id=1, content="Done?")
    ask("updateTask", id=1, title="Write it")


def shapes_in(shape: str, value: Any) -> Iterator[tuple[str, set[str]]]:
    """Yield each shape in an answer, which is one or a list of them, with the keys that it has."""
    for one in value if isinstance(value, list) else [value]:
        yield shape, set(one)
        for name, inner in INNER.get(shape, {}).items():
            yield from shapes_in(inner, one[name])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value in an answer that holds no others, with the keys under which it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value
