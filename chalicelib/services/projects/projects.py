"""Projects: add, find, change and remove them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Claim, Numbers, Project, named_rows, save_once
from chalicelib.domain import accounts, moments, tasks
from chalicelib.domain.errors import NotFound, Refused, RowBroken, RowRefused, StoreUnavailable
from chalicelib.services import optimistic_locking, repeats
from chalicelib.services.cached import Cached

FIRST_COLUMNS = ("Backlog", "Ready", "Work in progress", "Done")
LONGEST_IDENTIFIER = 50


def read_projects() -> tuple[list[Project], list[RowBroken]]:
    """Return all projects by id, and an error for each unreadable one."""
    rows, broken = Project.read_all()
    return sorted(rows, key=lambda project: int(project.id)), broken


def list_projects() -> list[Project]:
    """Return all projects by id, without unreadable ones."""
    return read_projects()[0]


CACHE = Cached(lambda: {int(project.id): project for project in list_projects()})


def find_project(project_id: int) -> Project:
    """Return the current project.

    Raises:
        NotFound: There is no such project.
    """
    with translating_store_errors():
        try:
            return Project.get(project_id, consistent_read=True)
        except Project.DoesNotExist as error:
            raise NotFound(f"there is no project {project_id}") from error


def find_by_identifier(identifier: str) -> Project:
    """Return the project with an identifier. Raises NotFound."""
    is_usable = len(identifier) <= LONGEST_IDENTIFIER  # the store limits the length of keys
    number = Claim.owner_of(f"project:{identifier.upper()}", time.time()) if is_usable else None
    if number is None:
        raise NotFound(f"there is no project {identifier}")
    return find_project(number)


def add_project(
    name: str,
    columns: Iterable[str] = FIRST_COLUMNS,
    owner_id: int = 0,
    *,
    form_key: str | None = None,
    **more: str,
) -> Project:
    """Add a project with these columns.

    Args:
        name: The name for people.
        columns: The names of its columns.
        owner_id: A user, who becomes its manager; 0 for none.
        form_key: The key of the form: a copy adds no second project; see `repeats`.
        more: `description`, `identifier`, `start_date` and `end_date`.

    Raises:
        Refused: With a reason for each invalid field.
    """
    names = [tasks.read_name("column", column) for column in columns]
    fields: dict[str, Any] = {"name": tasks.read_name("name", name), **_read(more)}
    if owner_id:
        fields |= {"owner_id": owner_id, "members": {str(owner_id): accounts.PROJECT_MANAGER}}

    save = partial(_save_new, names, fields, form_key)
    return repeats.once(form_key, save, find_project)


def _save_new(names: Sequence[str], fields: dict[str, Any], form_key: str | None) -> Project:
    (number,) = Numbers.reserve("project", 1)
    columns = named_rows(Numbers.reserve("column", len(names)), names)
    project = Project(id=number, columns=columns, last_modified=int(time.time()), **fields)
    name = None
    if project.identifier:
        name = Claim(id=f"project:{project.identifier}", owner=project.id)
    claims = filter(None, (name, repeats.claim_of(form_key, int(project.id))))
    try:
        save_once([project, *claims], time.time())
    except ConditionFailed as error:
        raise Refused({"identifier": "is taken"}) from error
    CACHE.forget()
    return project


def _read(texts: Mapping[str, str]) -> dict[str, str | None]:
    """Return the optional fields of a project; "" means none."""
    return {field: _READERS[field](text) or None for field, text in texts.items()}


def _read_identifier(text: str) -> str:
    if text and not (text.isascii() and text.isalnum() and len(text) <= LONGEST_IDENTIFIER):
        raise Refused({"identifier": f"takes up to {LONGEST_IDENTIFIER} letters and digits"})
    return text.upper()


_READERS: dict[str, Callable[[str], str]] = {
    "description": lambda text: tasks.read_note("description", text),
    "identifier": _read_identifier,
    "start_date": lambda text: moments.read_day("start_date", text),
    "end_date": lambda text: moments.read_day("end_date", text),
}


def _owned(project: Project, owner_id: int) -> dict[str, Any]:
    """Return the owner of a project, 0 for none, and its members, owner included."""
    manager = {str(owner_id): accounts.PROJECT_MANAGER} if owner_id else {}
    return {"owner_id": owner_id, "members": {**members_of(project), **manager}}


def change_project(
    project_id: int, changes: Callable[[Project], Mapping[str, Any]], claim: Claim | None = None
) -> Project:
    """Change a project and return it.

    `changes` gets the current project and returns the fields to write, none to change nothing.
    `claim` is written with them.

    Raises:
        ConditionFailed: The claim is taken.
        NotFound: There is no such project.
        Refused: The identifier is taken, or the project would be too large.
        StoreUnavailable: Too many others changed it at the same time.
    """
    for _ in optimistic_locking.conflict_retries():
        project = find_project(project_id)
        wanted = dict(changes(project))
        if not wanted:
            return project
        _refuse_taken(project, wanted.get("identifier"))
        try:
            project.change(wanted, time.time(), claim)
        except (ConditionFailed, Conflict):
            repeats.refuse_claimed(claim)
            continue
        except RowRefused as error:
            raise Refused({"project_id": "is too large: a project takes at most 400 KB"}) from error
        CACHE.forget()
        return find_project(project_id)
    raise StoreUnavailable(f"project {project_id} is being changed by too many others")


def _refuse_taken(project: Project, identifier: str | None) -> None:
    is_new = identifier not in (None, project.identifier)
    if is_new and Claim.owner_of(f"project:{identifier}", time.time()):
        raise Refused({"identifier": "is taken"})


def update_project(
    project_id: int,
    name: str | None = None,
    owner_id: int | None = None,
    *,
    check: Callable[[Project], None] = lambda _: None,
    **more: str,
) -> Project:
    """Change the given fields of a project; a new owner becomes its manager.

    Args:
        project_id: The project.
        name: The name for people.
        owner_id: A user; 0 for none.
        check: Raises Refused if the current project must not change.
        more: `description`, `identifier`, `start_date` and `end_date`.

    Raises:
        NotFound: There is no such project.
        Refused: With a reason for each invalid field; or by `check`.
    """
    named = {} if name is None else {"name": tasks.read_name("name", name)}
    fields: dict[str, Any] = {**_read(more), **named}

    def changed(project: Project) -> Mapping[str, Any]:
        check(project)
        return fields if owner_id is None else {**fields, **_owned(project, owner_id)}

    return change_project(project_id, changed)


def set_active(project_id: int, *, is_active: bool) -> None:
    """Open a project for new tasks, or close it. Raises NotFound."""
    change_project(project_id, lambda _: {"is_active": is_active})


def remove_empty(project_id: int) -> None:
    """Remove a project without tasks, and free its identifier. Raises NotFound."""
    find_project(project_id).remove()
    CACHE.forget()


def members_of(project: Project) -> dict[str, str]:
    """Return the role of each member, by the user's id as text."""
    return {str(user_id): str(role) for user_id, role in project.members.attribute_values.items()}


def role_in(project: Project, user_id: int) -> str | None:
    """Return the role of a user in a project, None for a non-member."""
    return members_of(project).get(str(user_id))
