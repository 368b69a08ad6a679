"""Tasks that a query finds."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.adapters.tables import Project
from chalicelib.domain import search
from chalicelib.services import listing, people


def search_tasks(project: Project, text: str, me: int) -> list[Mapping[str, Any]]:
    """Return the tasks of a project that a query finds, open and closed, by their ids.

    Args:
        project: Where to look.
        text: The query, after `domain.search`.
        me: The id of the user who asks, 0 for the application.

    Raises:
        Refused: The query cannot be read.
    """
    users = people.CACHE.get().values()
    scene = search.Scene(
        now=time.time(),
        me=me,
        users={name.lower(): int(user.id) for user in users for name in (user.name, user.username) if name},
        columns=_ids(project.columns),
        categories=_ids(project.categories),
        tags=_ids(project.tags),
    )
    query = search.parse(text, scene)
    rows = [row for status in query.statuses for row in listing.tasks_of(project, is_active=bool(status))]
    return sorted(filter(query.matches, rows), key=lambda row: int(row["task_id"]))


def _ids(parts: Iterable[Any]) -> dict[str, int]:
    return {str(part.name).lower(): int(part.id) for part in parts}
