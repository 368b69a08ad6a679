"""The shapes of Kanboard's API: every key of Kanboard 1.2 over SQLite, which has the most."""

from chalicelib.domain.tasks import LANE_NAME
from chalicelib.web.jsonrpc.shapes.people import APP_ROLES, app_role, comment, me, user
from chalicelib.web.jsonrpc.shapes.projects import category, column, columns, lane, project, tag
from chalicelib.web.jsonrpc.shapes.task_lists import extended_tasks, full_tasks
from chalicelib.web.jsonrpc.shapes.tasks import overdue_task, past_task
from chalicelib.web.jsonrpc.shapes.values import (
    JsonList,
    JsonObject,
    Shape,
    Written,
    flag,
    number,
    written,
)

__all__ = [
    "APP_ROLES",
    "LANE_NAME",
    "JsonList",
    "JsonObject",
    "Shape",
    "Written",
    "app_role",
    "category",
    "column",
    "columns",
    "comment",
    "extended_tasks",
    "flag",
    "full_tasks",
    "lane",
    "me",
    "number",
    "overdue_task",
    "past_task",
    "project",
    "tag",
    "user",
    "written",
]
