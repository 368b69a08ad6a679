"""Every table and index, and each write that needs a condition.

A name is imported when it is first asked for: PynamoDB takes 1 to 2 ms to make a model, and most
functions and commands use few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.adapters.dynamodb.tables.comments import Comment
    from chalicelib.adapters.dynamodb.tables.creating import create_tables
    from chalicelib.adapters.dynamodb.tables.deliveries import Delivery
    from chalicelib.adapters.dynamodb.tables.delivery_contents import BODY_NOT_KEPT
    from chalicelib.adapters.dynamodb.tables.endpoints import Endpoint
    from chalicelib.adapters.dynamodb.tables.history import PastEvent
    from chalicelib.adapters.dynamodb.tables.payloads import Payload
    from chalicelib.adapters.dynamodb.tables.places import Counted, Places
    from chalicelib.adapters.dynamodb.tables.projects import NamedRow, Project, named_rows
    from chalicelib.adapters.dynamodb.tables.refused_requests import RefusedRequest
    from chalicelib.adapters.dynamodb.tables.settings import Claim, Numbers, Settings, save_once
    from chalicelib.adapters.dynamodb.tables.sources import Link, SourceRow
    from chalicelib.adapters.dynamodb.tables.tasks import Task
    from chalicelib.adapters.dynamodb.tables.tries import Tries
    from chalicelib.adapters.dynamodb.tables.undo import Undo
    from chalicelib.adapters.dynamodb.tables.users import ApiToken, User

__all__ = [
    "BODY_NOT_KEPT",
    "ApiToken",
    "Claim",
    "Comment",
    "Counted",
    "Delivery",
    "Endpoint",
    "Link",
    "NamedRow",
    "Numbers",
    "PastEvent",
    "Payload",
    "Places",
    "Project",
    "RefusedRequest",
    "Settings",
    "SourceRow",
    "Task",
    "Tries",
    "Undo",
    "User",
    "create_tables",
    "named_rows",
    "save_once",
]

_HOMES = {
    "Comment": "comments",
    "create_tables": "creating",
    "Delivery": "deliveries",
    "BODY_NOT_KEPT": "delivery_contents",
    "Endpoint": "endpoints",
    "PastEvent": "history",
    "Payload": "payloads",
    "Counted": "places",
    "Places": "places",
    "NamedRow": "projects",
    "Project": "projects",
    "named_rows": "projects",
    "RefusedRequest": "refused_requests",
    "Claim": "settings",
    "Numbers": "settings",
    "Settings": "settings",
    "save_once": "settings",
    "Link": "sources",
    "SourceRow": "sources",
    "Task": "tasks",
    "Tries": "tries",
    "Undo": "undo",
    "ApiToken": "users",
    "User": "users",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    """Import a name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
