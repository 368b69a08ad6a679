"""The procedures of the API, by Kanboard's names, with its parameters and its results (docs.kanboard.org, "API")."""

from chalicelib.web.jsonrpc import (
    absent,
    application,
    board,
    comments,
    endpoints,
    me,
    parts,
    projects,
    swimlanes,
    tags,
    tasks,
    users,
)
from chalicelib.web.jsonrpc.base import PROCEDURES, Call, InvalidParams

__all__ = [
    "PROCEDURES",
    "Call",
    "InvalidParams",
    "absent",
    "application",
    "board",
    "comments",
    "endpoints",
    "me",
    "parts",
    "projects",
    "swimlanes",
    "tags",
    "tasks",
    "users",
]
