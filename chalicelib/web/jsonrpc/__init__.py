"""The API's procedures, with Kanboard's names, parameters and results (docs.kanboard.org)."""

from chalicelib.web.jsonrpc import (
    absent,
    application,
    board,
    comments,
    endpoints,
    me,
    parts,
    projects,
    sources,
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
    "sources",
    "swimlanes",
    "tags",
    "tasks",
    "users",
]
