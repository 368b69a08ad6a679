"""The names in an event, from this process's caches."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain.event_objects import Person
from chalicelib.domain.events import Event
from chalicelib.domain.past_changes import Tag
from chalicelib.services.accounts import settings, users
from chalicelib.services.projects import projects

Key = tuple[str, int, int]
"""A kind such as columns, the project's id, and the id; ("", ID, 0) is the project itself."""

_KINDS = ("columns", "categories", "tags")


class CachedNames(NamedTuple):
    """Names as they are cached, at most `SETTINGS_TTL` seconds old."""

    by_key: Mapping[Key, str]
    users: Mapping[int, User]
    address: str  # of the pages; "" if it is not known

    def project(self, project_id: int) -> str | None:
        """Return the name of a project."""
        return self.by_key.get(("", project_id, 0))

    def part(self, kind: str, project_id: int, part_id: int) -> str | None:
        """Return the name of a project's part; `kind` is columns, categories or tags."""
        return self.by_key.get((kind, project_id, part_id))

    def user(self, user_id: int) -> Person | None:
        """Return the names of a user."""
        user = self.users.get(user_id)
        return None if user is None else Person(user.shown_name, str(user.username))

    def task_url(self, task_id: int) -> str | None:
        """Return the address of a task's page."""
        return f"{self.address}/tasks/{task_id}" if self.address else None


def names_for(events: Sequence[Event]) -> CachedNames:
    """Return the names that some events refer to.

    If a cache lacks one, it is read again: a column may be a second old. So this makes at most
    one call for each table, and usually none.

    Raises:
        StoreUnavailable: The store did not answer.
    """
    if not events:
        return CachedNames({}, {}, "")
    parts = {part for event in events for part in _parts_of(event)}
    user_ids = {one for event in events for one in _users_of(event)}

    def knows_all_parts(known: Mapping[int, Project]) -> bool:
        return parts <= _index_of(known).keys()

    def knows_all_users(known: Mapping[int, User]) -> bool:
        return user_ids <= known.keys()

    return CachedNames(
        _index_of(projects.CACHE.get_where(knows_all_parts)),
        users.CACHE.get_where(knows_all_users) if user_ids else {},
        settings.address(),
    )


def tag_names(tags: Collection[Tag]) -> dict[Tag, str]:
    """Return the names of some tags, but of those that are gone; it reads as `names_for` does.

    Raises:
        StoreUnavailable: The store did not answer.
    """
    if not tags:
        return {}
    keys = {("tags", *tag): tag for tag in tags}
    found = _index_of(
        projects.CACHE.get_where(lambda known: keys.keys() <= _index_of(known).keys())
    )
    return {tag: found[key] for key, tag in keys.items() if key in found}


def _users_of(event: Event) -> set[int]:
    """Return the ids of the users that an event names."""
    author = event.author if isinstance(event.author, int) else 0
    writer = event.comment.user_id if event.comment else 0
    return {event.data["owner_id"], author, writer} - {0}


def _parts_of(event: Event) -> Iterator[Key]:
    """Yield the keys of the parts of its project that a task refers to."""
    task, project_id = event.data, event.data["project_id"]
    if task["column_id"]:
        yield "columns", project_id, task["column_id"]
    if task["category_id"]:
        yield "categories", project_id, task["category_id"]
    for tag_id in event.tags:
        yield "tags", project_id, tag_id


_indexed: tuple[Mapping[int, Project], Mapping[Key, str]] = ({}, {})
"""The most recent projects and their indexes: the parts of a row are slow to read."""


def _index_of(known: Mapping[int, Project]) -> Mapping[Key, str]:
    global _indexed  # noqa: PLW0603 -- threads that race make the same
    indexed = _indexed
    if indexed[0] is not known:
        _indexed = indexed = known, dict(_names_in(known))
    return indexed[1]


def _names_in(known: Mapping[int, Project]) -> Iterator[tuple[Key, str]]:
    for project_id, project in known.items():
        yield ("", project_id, 0), str(project.name)
        for kind in _KINDS:
            for part in getattr(project, kind):
                yield (kind, project_id, int(part.id)), str(part.name)
