"""The shapes of Kanboard's API: every key of Kanboard 1.2 over SQLite, which has the most."""

from chalicelib.domain.tasks import LANE_NAME
from chalicelib.web.jsonrpc.shapes.people import APP_ROLES, app_role, comment, me, user
from chalicelib.web.jsonrpc.shapes.projects import category, column, columns, lane, project, tag
from chalicelib.web.jsonrpc.shapes.tasks import extended_tasks, overdue_task, past_task, task
from chalicelib.web.jsonrpc.shapes.values import Shape, flag, number

__all__ = [
    "APP_ROLES",
    "LANE_NAME",
    "Shape",
    "app_role",
    "category",
    "column",
    "columns",
    "comment",
    "extended_tasks",
    "flag",
    "lane",
    "me",
    "number",
    "overdue_task",
    "past_task",
    "project",
    "tag",
    "task",
    "user",
]
