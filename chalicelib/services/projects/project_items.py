"""The named parts of a project: columns, categories and tags."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from chalicelib.adapters.dynamodb.tables import (
    Claim,
    NamedRow,
    Numbers,
    Project,
    named_rows,
    task_lists,
)
from chalicelib.domain import tasks
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services import repeats
from chalicelib.services.projects import projects

GROUPS = {"columns": "column", "categories": "category", "tags": "tag"}
"""The field of a project for each kind of part, and the word for one part."""

MOST = 250
"""The most parts of a kind in one project: its row is read at each call, and limited in size."""


def _name_field(group: str) -> str:
    """Return Kanboard's field for the name of a part: a column has a title."""
    return "title" if group == "columns" else "name"


def _holder(group: str, part_id: int, known: Mapping[int, Project]) -> int | None:
    for number, project in known.items():
        if any(part.id == part_id for part in _of(project, group)):
            return number
    return None


def project_of(group: str, part_id: int) -> Project:
    """Return the current project that has a part.

    Raises:
        NotFound: No project has it.
    """
    having = partial(_holder, group, part_id)
    number = having(projects.CACHE.get_where(lambda known: having(known) is not None))
    if number is None:
        raise NotFound(f"there is no {GROUPS[group]} {part_id}")
    return projects.find_project(number)


def find_part(project: Project, group: str, part_id: int) -> NamedRow:
    """Return a part of a project. Raises NotFound."""
    for part in _of(project, group):
        if part.id == part_id:
            return part
    raise NotFound(f"there is no {GROUPS[group]} {part_id}")


def add_part(
    project_id: int, group: str, name: str, *, form_key: str | None = None, **more: Any
) -> int:
    """Add a part after the others and return its id.

    Args:
        project_id: The project.
        group: One of GROUPS.
        name: Its name, unique among the project's parts of that kind.
        form_key: The key of the form: a copy adds no second part; see `repeats`.
        more: `task_limit` and `description` of a column, `color_id` of a category or tag.

    Raises:
        NotFound: There is no such project.
        Refused: A field is invalid, or the name is taken.
    """
    fields = _read(group, name, more)

    def add() -> int:
        (number,) = Numbers.reserve(GROUPS[group], 1)
        part = NamedRow(id=number, **fields)  # type: ignore[no-untyped-call]
        claim = repeats.claim_of(form_key, number)
        _edit(project_id, group, lambda parts: [*_without(number, parts), part], claim)
        return number

    return repeats.once(form_key, add, lambda first: first)


def _without(number: int, parts: Iterable[NamedRow]) -> Iterator[NamedRow]:
    return (part for part in parts if part.id != number)


def change_part(group: str, part_id: int, name: str, **more: Any) -> None:
    """Rename a part, and change the other given fields. Raises NotFound and Refused."""
    fields = _read(group, name, more)

    def changed(parts: Sequence[NamedRow]) -> list[NamedRow]:
        old = next((part for part in parts if part.id == part_id), None)
        if old is None:
            raise NotFound(f"there is no {GROUPS[group]} {part_id}")
        new = NamedRow(**{**old.attribute_values, **fields})  # type: ignore[no-untyped-call]
        return [new if part is old else part for part in parts]

    _edit(int(project_of(group, part_id).id), group, changed)


def remove_part(group: str, part_id: int) -> Project:
    """Remove a part and return its project.

    Raises:
        NotFound: There is no such part.
        Refused: It is a column that still has open tasks, or the last one.
    """
    project_id = int(project_of(group, part_id).id)

    def without(parts: Sequence[NamedRow]) -> list[NamedRow]:
        others = [part for part in parts if part.id != part_id]
        if group == "columns":
            _refuse_needed(part_id, others)
        return others

    return _edit(project_id, group, without)


def _refuse_needed(column_id: int, others: Sequence[NamedRow]) -> None:
    if not others:
        raise Refused({"column_id": "is the last column of its project"})
    if task_lists.count_open(column_id, 1):
        raise Refused({"column_id": "still has tasks: move or close them first"})


def move_column(project_id: int, column_id: int, place: int) -> None:
    """Move a column to a place in its project, from 1; a place beyond the end is refused.

    Raises:
        NotFound: The project has no such column.
        Refused: There is no such place.
    """
    _edit(project_id, "columns", lambda parts: _moved(parts, column_id, place))


def _moved(columns: Sequence[NamedRow], column_id: int, place: int) -> list[NamedRow]:
    others = [column for column in columns if column.id != column_id]
    if len(others) == len(columns):
        raise NotFound(f"there is no column {column_id}")
    if not 1 <= place <= len(columns):
        raise Refused({"position": f"takes 1 to {len(columns)}"})
    [column] = [column for column in columns if column.id == column_id]
    return [*others[: place - 1], column, *others[place - 1 :]]


def tag_ids(project_id: int, names: Iterable[str]) -> set[int]:
    """Return the ids of tags by their names; missing tags are added to the project.

    Raises:
        NotFound: There is no such project.
        Refused: A name is invalid.
    """
    return ids_of_tags(project_id, [tasks.read_name("tags", name) for name in names])


def ids_of_tags(project_id: int, names: Iterable[str]) -> set[int]:
    """Return the ids of tags as `tag_ids` does, for names that were already checked.

    Raises:
        NotFound: There is no such project.
        Refused: There would be too many tags.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return set()
    known = _ids_of_tags(projects.CACHE.get().get(project_id))
    if not known.keys() >= set(wanted):
        known = _ids_of_tags(projects.find_project(project_id))
    if missing := [name for name in wanted if name not in known]:
        known = _ids_of_tags(_with_tags(project_id, missing))
    # A tag may have just been removed again.
    return {known[name] for name in wanted if name in known}


def _with_tags(project_id: int, names: Sequence[str]) -> Project:
    new = named_rows(Numbers.reserve("tag", len(names)), names)
    return _edit(project_id, "tags", lambda tags: _joined(tags, new))


def _ids_of_tags(project: Project | None) -> dict[str, int]:
    return {str(tag.name): int(tag.id) for tag in project.tags} if project else {}


def _joined(parts: Sequence[NamedRow], new: Iterable[NamedRow]) -> list[NamedRow]:
    """Add the parts with new names: somebody else may have added the others."""
    names = {part.name for part in parts}
    return [*parts, *(part for part in new if part.name not in names)]


def _of(project: Project, group: str) -> list[NamedRow]:
    parts: list[NamedRow] = getattr(project, group)
    return parts


def _read(group: str, name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": tasks.read_name(_name_field(group), name)}
    if more.get("color_id") is not None:  # "" removes it
        fields["color_id"] = tasks.read_color(more["color_id"]) if more["color_id"] else None
    if more.get("description") is not None:
        fields["description"] = tasks.read_note("description", more["description"])
    if more.get("task_limit") is not None:
        fields["task_limit"] = tasks.read_id("task_limit", str(more["task_limit"]))
    return fields


def _edit(
    project_id: int,
    group: str,
    edit: Callable[[Sequence[NamedRow]], list[NamedRow]],
    claim: Claim | None = None,
) -> Project:
    """Edit one kind of a project's parts; names stay unique, except for earlier duplicates."""

    def edited(project: Project) -> Mapping[str, Any]:
        old = _of(project, group)
        parts = edit(old)
        if len(parts) > MOST:
            raise Refused({group: f"a project takes up to {MOST}"})
        if _repeated(parts) > _repeated(old):
            raise Refused({_name_field(group): "is taken"})
        return {group: parts}

    return projects.change_project(project_id, edited, claim)


def _repeated(parts: Sequence[NamedRow]) -> int:
    """Return the number of parts with the name of an earlier part."""
    return len(parts) - len({part.name for part in parts})
