"""The further fields of a `kanboard-events` body, from this process's caches."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.event_objects import EventObject
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects


def known_of(event: EventObject) -> Mapping[str, Any]:
    """Return the fields for `kanboard_events.write`, with the current names of users and columns.

    Raises:
        StoreUnavailable: The store did not answer.
    """
    data = event["data"]
    if data is None:
        return {}
    known = users.CACHE.get()
    creator = known.get(data["creator_id"])
    comment = event["comment"] or {}
    return {
        "author_username": _username(known, event["author"]),
        "creator_username": creator and creator.username,
        "creator_name": creator and (creator.name or None),
        "column_position": _column_position(data["project_id"], data["column_id"]),
        "comment_username": _username(known, comment.get("author")),
    }


def _username(known: Mapping[int, Any], person: Mapping[str, Any] | None) -> str | None:
    user = known.get(person["id"]) if person else None
    return None if user is None else str(user.username)


def _column_position(project_id: int, column_id: int) -> int | None:
    """Return the position of a column in its project, from 1."""
    project = projects.CACHE.get().get(project_id)
    ids = [column.id for column in project.columns] if project else []
    return ids.index(column_id) + 1 if column_id in ids else None
