"""The names that an event carries, from what this process has cached."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain.event_objects import Person
from chalicelib.domain.events import Event
from chalicelib.services.accounts import settings, users
from chalicelib.services.projects import projects


class CachedNames(NamedTuple):
    """Names as they are cached, at most `SETTINGS_TTL` seconds old."""

    projects: Mapping[int, Project]
    users: Mapping[int, User]
    address: str  # of the pages; "" if it is not known

    def project(self, project_id: int) -> str | None:
        """Return the name of a project."""
        project = self.projects.get(project_id)
        return None if project is None else str(project.name)

    def part(self, kind: str, project_id: int, part_id: int) -> str | None:
        """Return the name of a project's part; `kind` is columns, categories or tags."""
        return _name_of_part(self.projects, kind, project_id, part_id)

    def user(self, user_id: int) -> Person | None:
        """Return the names of a user."""
        user = self.users.get(user_id)
        return None if user is None else Person(user.shown_name, str(user.username))

    def task_url(self, task_id: int) -> str | None:
        """Return the address of a task's page."""
        return f"{self.address}/tasks/{task_id}" if self.address else None


def names_for(events: Sequence[Event]) -> CachedNames:
    """Return the names of what some events point to.

    Where a cache lacks one, it is read again: a column may be a second old. So this makes at most
    one call for each table, and usually none.

    Raises:
        StoreUnavailable: The store did not answer.
    """
    if not events:
        return CachedNames({}, {}, "")
    user_ids = {one for event in events for one in _users_of(event)}

    def knows_all_parts(known: Mapping[int, Project]) -> bool:
        return all(_knows_parts(known, event) for event in events)

    def knows_all_users(known: Mapping[int, User]) -> bool:
        return user_ids <= known.keys()

    return CachedNames(
        projects.CACHE.get_where(knows_all_parts),
        users.CACHE.get_where(knows_all_users) if user_ids else {},
        settings.address(),
    )


def _users_of(event: Event) -> set[int]:
    """Return the ids of the users that an event names."""
    author = event.author if isinstance(event.author, int) else 0
    return {event.data["owner_id"], author} - {0}


def _knows_parts(known: Mapping[int, Project], event: Event) -> bool:
    task = event.data
    wanted = [("columns", task["column_id"]), ("categories", task["category_id"])]
    wanted += [("tags", tag_id) for tag_id in event.tags]
    return all(
        _name_of_part(known, kind, task["project_id"], number) is not None
        for kind, number in wanted
        if number
    )


def _name_of_part(
    known: Mapping[int, Project], kind: str, project_id: int, part_id: int
) -> str | None:
    project = known.get(project_id)
    if project is not None:
        for part in getattr(project, kind):
            if part.id == part_id:
                return str(part.name)
    return None
