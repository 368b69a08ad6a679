"""Tasks in the shapes of Kanboard's API, written as JSON straight from their texts.

`json.dumps` of a dictionary for each task takes five times as long; a board has thousands.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from chalicelib.adapters.dynamodb.tables import Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain.tasks import COLORS, DEFAULT_COLOR, LANE_NAME
from chalicelib.services.accounts import users
from chalicelib.web.jsonrpc.shapes.people import assignee
from chalicelib.web.jsonrpc.shapes.projects import tag
from chalicelib.web.jsonrpc.shapes.values import Shape, flag, link, number, written

_NUMBER = '"%s"' if isinstance(number(0), str) else "%s"
_ANY = "%s"  # JSON already

_OWN_FIELDS = {
    "id": _NUMBER,
    "title": _ANY,
    "description": _ANY,
    "date_creation": _NUMBER,
    "color_id": _ANY,
    "project_id": _NUMBER,
    "column_id": _NUMBER,
    "swimlane_id": _NUMBER,
    "owner_id": _NUMBER,
    "position": _NUMBER,
    "is_active": _ANY,
    "date_completed": _ANY,
    **dict.fromkeys(("score", "date_due", "category_id", "creator_id"), _NUMBER),
    "date_modification": _NUMBER,
    "reference": _ANY,
    "date_started": _ANY,
    "date_moved": _NUMBER,
    "priority": _NUMBER,
}
"""The stored fields of a task, in their order."""

_NOTHING_OF_THESE: Shape = {
    **dict.fromkeys(("time_spent", "time_estimated"), number(0)),
    **{f"recurrence_{part}": number(0) for part in ("status", "trigger", "factor")},
    **dict.fromkeys(("recurrence_timeframe", "recurrence_basedate"), number(0)),
    **dict.fromkeys(("recurrence_parent", "recurrence_child"), None),
    **dict.fromkeys(("external_provider", "external_uri"), None),
}
"""Kanboard's fields of a task that Taskhook lacks, with Kanboard's empty values."""

_OWN = ",".join(f'"{name}":{kind}' for name, kind in _OWN_FIELDS.items())
_OWN += "," + written(_NOTHING_OF_THESE)[1:-1].replace("%", "%%")

_OFF, _ON = written(flag(False)), written(flag(True))


def own_members(row: Texts) -> str:
    """Return the members of a JSON object with a task's stored fields, with its `place`."""
    created, project_id = row["date_creation"], row["project_id"]
    modified, moved = row["date_modification"], row["date_moved"]
    return _OWN % (
        *(row["task_id"], quoted(row["title"]), quoted(row["description"]), created),
        *(quoted(row["color_id"]), project_id, row["column_id"], project_id, row["owner_id"]),
        *(row["place"], _OFF if row["is_active"] == "0" else _ON, _date(row["date_completed"])),
        *(row["score"], row["date_due"], row["category_id"], row["creator_id"]),
        *(created if modified == "0" else modified, quoted(row["reference"])),
        *(_date(row["date_started"]), created if moved == "0" else moved, row["priority"]),
    )


def _date(text: str) -> str:
    return "null" if text == "0" else _NUMBER % text


def full_tasks(rows: Iterable[Texts], base_url: str) -> list[str]:
    """Return tasks in full, as JSON, each with its `place`."""
    url = quoted(link(base_url, "task"))[:-1]
    return [
        f'{{{own_members(row)},"url":{url}&task_id={row["task_id"]}'
        f'&project_id={row["project_id"]}","color":{_color(row["color_id"])}}}'
        for row in rows
    ]


@functools.lru_cache(maxsize=256)  # a colour that was written by hand may be any text
def _color(color_id: str) -> str:
    return written(COLORS.get(color_id, COLORS[DEFAULT_COLOR])._asdict())


def extended_tasks(rows: Iterable[Texts], project: Project, **more: Any) -> list[str]:
    """Return a project's tasks, as JSON, with the names of their references, as in lists.

    Args:
        rows: The tasks, each with its `place`.
        project: Their project.
        more: Further fields of each.
    """
    same = {**_NONE_COUNTED, "swimlane_name": LANE_NAME, "project_name": project.name, **more}
    head, named, owned = written(same)[:-1], _names_in(project), _assignees()
    comments = f'"nb_comments":{_NUMBER}'
    return [
        f"{head},{comments % row['comments']},{own_members(row)},"
        f"{owned(row['owner_id'])},{named(row)}}}"
        for row in rows
    ]


_NONE_COUNTED: Shape = {
    "nb_files": number(0),
    "nb_subtasks": number(0),
    "nb_completed_subtasks": number(0),
    "nb_links": number(0),
    "nb_external_links": number(0),
    "is_milestone": None,
}


def _names_in(project: Project) -> Callable[[Texts], str]:
    """Return a function of the members with a task's category, column and tags."""
    columns = {
        str(part.id): _members({"column_name": part.name, "column_position": number(place)})
        for place, part in enumerate(project.columns, start=1)
    }
    categories = {
        str(part.id): _members(_category(part.name, part.color_id)) for part in project.categories
    }
    tags = {str(part.id): tag(project, part) for part in project.tags}

    def named(row: Texts) -> str:
        category = categories.get(row["category_id"], _NO_CATEGORY)
        column = columns.get(row["column_id"], _NO_COLUMN)
        return f'{category},{column},"tags":{_tags(row, tags) if "tags" in row else "[]"}'

    return named


def _tags(row: Texts, tags: Mapping[str, Shape]) -> str:
    task_id = number(int(row["task_id"]))
    known = sorted((tag_id for tag_id in row["tags"] if tag_id in tags), key=int)
    return written([{**tags[tag_id], "task_id": task_id} for tag_id in known])


def _members(shape: Shape) -> str:
    return written(shape)[1:-1]


def _category(name: str | None, color_id: str | None) -> Shape:
    return {
        "category_name": name,
        "category_description": None,
        "category_color_id": color_id,
    }


_NO_CATEGORY = _members(_category(None, None))
_NO_COLUMN = _members({"column_name": None, "column_position": None})


def _assignees() -> Callable[[str], str]:
    """Return a function of the members about a user, by id; each is computed once."""
    known = users.CACHE.get()
    return functools.cache(lambda user_id: _members(assignee(known.get(int(user_id)))))
