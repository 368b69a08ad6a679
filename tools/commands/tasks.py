"""The commands of `taskhook task`."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import PastEvent, Project
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.domain.errors import Refused
from chalicelib.domain.past_changes import kept_changes
from chalicelib.domain.tasks import LARGEST_ID
from chalicelib.services.accounts import users
from chalicelib.services.accounts.access import APPLICATION
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle, moving, queries
from chalicelib.services.tasks.fields import read_project
from tools.commands.delivery_rows import delivery_row
from tools.commands.rows import Row, time_text
from tools.verbs.parts import Args

_OPEN = "status:open"
_UNTOLD = {"position", "date_modification", "date_completed"}
_ROLE = "user"
"""Who may read a comment that the command line adds: everybody, as on a page."""


def task_add(args: Args) -> Row:
    """Add a task."""
    project = _project(args.project)
    given = {
        "title": args.title,
        "description": sys.stdin.read() if args.description == "-" else args.description,
        "project_id": str(project.id),
        "column_id": args.column and _part(project, "columns", args.column),
        "owner_id": args.assignee and str(users.find_user(args.assignee).id),
        "category_id": args.category and _part(project, "categories", args.category),
        "color_id": args.color,
        "priority": args.priority,
        "date_due": args.due,
        "reference": args.reference,
    }
    fields = {name: text for name, text in given.items() if text is not None}
    return _found(lifecycle.create_task(fields, tags=args.tag))


def task_list(args: Args) -> list[Row]:
    """List the tasks that a search finds, the open ones first; unknown names are told on stderr."""
    from chalicelib.services.tasks import searching_everywhere  # noqa: PLC0415 -- a list alone needs it

    known = [_project(args.project)] if args.project else projects.list_projects()
    query, rows, after = " ".join(args.query) or _OPEN, list[Row](), 0
    names, missing = _names(), dict[str, str]()
    while True:
        some = searching_everywhere.search_everywhere(known, query, APPLICATION, after=after)
        missing = dict(some.missing)
        for project, found in some.found:
            rows += [_row(project, task, names) for task in found]
        if some.after is None or (args.limit and len(rows) > args.limit):
            break
        after = some.after
    for reason in missing.values():
        print(f"{args.program}: {reason}", file=sys.stderr)
    return rows


def task_show(args: Args) -> Row:
    """Show a task with its comments, its history and its newest deliveries."""
    from chalicelib.services.deliveries import delivery_search  # noqa: PLC0415 -- as above
    from chalicelib.services.tasks import comments, history  # noqa: PLC0415 -- as above

    task, names = lifecycle.find_task(args.id), _names()
    known = _known(lifecycle.project_of(task), names)
    sent = delivery_search.search(delivery_search.Wanted(task_id=args.id), limit=20).rows
    return {
        **_found(args.id),
        "description": task.description or "",
        "comments": [
            {
                "at": time_text(one.date_creation),
                "author": names.get(int(one.user_id), ""),
                "text": one.text,
            }
            for one in comments.list_comments(args.id, APPLICATION.role)
        ],
        "history": [_event(one, known) for one in reversed(history.of_task(args.id))],
        "deliveries": [delivery_row(row) for row in sent],
    }


def task_move(args: Args) -> Row:
    """Move a task to a column, of another project if one is given."""
    task = lifecycle.find_task(args.id)
    project = _project(args.project or str(int(task.project_id)))
    column = _part(project, "columns", args.column)
    if project.id != task.project_id:
        moving.move_to_project(args.id, {"project_id": str(project.id), "column_id": column})
    if project.id == task.project_id or args.position:
        moving.move_task(args.id, int(column), args.position or LARGEST_ID)
    return _found(args.id)


def task_close(args: Args) -> Row:
    """Close a task."""
    lifecycle.close_task(args.id)
    return _found(args.id)


def task_open(args: Args) -> Row:
    """Open a closed task again."""
    lifecycle.reopen_task(args.id)
    return _found(args.id)


def task_comment(args: Args) -> Row:
    """Add a comment."""
    from chalicelib.services.tasks import comments  # noqa: PLC0415 -- as above

    author = int(users.find_user(args.author).id) if args.author else 0
    text = sys.stdin.read().rstrip("\n") if args.text == "-" else args.text
    number = comments.add_comment(args.id, author, text, "", _ROLE)
    return {"id": number, "task_id": args.id, "author": args.author or "", "text": text}


def task_remove(args: Args) -> Row:
    """Remove a task, and show its last state."""
    from chalicelib.services.tasks import removal  # noqa: PLC0415 -- as above

    last = _found(args.id)
    removal.remove_task(args.id)
    return {**last, "state": "removed"}


def _project(text: str | None) -> Project:
    """Return an active project by its name or id; None: the first one. Raises Refused."""
    if text is None or text.isdigit():
        return read_project(text)
    for project in projects.list_projects():
        if project.is_active and project.name == text:
            return project
    raise Refused({"project": f"there is no active project {text}"})


def _part(project: Project, group: str, text: str) -> str:
    """Return the id of a project's column or category by its name or id. Raises Refused."""
    parts = {str(part.name): str(part.id) for part in getattr(project, group)}
    if text in parts:
        return parts[text]
    if text in parts.values():
        return text
    field = {"columns": "column", "categories": "category"}[group]
    taken = ", ".join(parts) or "nothing"
    raise Refused({field: f"project {project.name} has no {text}: it takes {taken}"})


def _names() -> dict[int, str]:
    return {int(user.id): str(user.name or user.username) for user in users.list_users()}


def _found(task_id: int) -> Row:
    task = lifecycle.find_task(task_id)
    return _row(lifecycle.project_of(task), queries.placed(task), _names())


def _row(project: Project, task: Texts, names: dict[int, str]) -> Row:
    due = int(task["date_due"])
    tags = {str(tag.id): str(tag.name) for tag in project.tags}
    return {
        "id": int(task["task_id"]),
        "title": task["title"],
        "state": "open" if task["is_active"] != "0" else "closed",
        "project": str(project.name),
        "column": _name_of(project.columns, task["column_id"]),
        "assignee": names.get(int(task["owner_id"]), ""),
        "priority": int(task["priority"]),
        "due": time_text(due) if due else "",
        "category": _name_of(project.categories, task["category_id"]),
        "tags": [tags[tag] for tag in task.get("tags", ()) if tag in tags],
        "color": task["color_id"],
        "reference": task["reference"],
    }


def _name_of(parts: Iterable[Any], number: str) -> str:
    return next((str(part.name) for part in parts if str(part.id) == number), "")


_Known = Mapping[str, Mapping[int, str]]
"""By field, the names of ids."""


def _known(project: Project, names: Mapping[int, str]) -> _Known:
    return {
        "owner_id": names,
        "project_id": {int(project.id): str(project.name)},
        "column_id": {int(part.id): str(part.name) for part in project.columns},
        "category_id": {int(part.id): str(part.name) for part in project.categories},
    }


def _event(event: PastEvent, known: _Known) -> Row:
    changes = kept_changes(event.task)
    told = []
    for name in changes.keys() - _UNTOLD:
        before, after = (known.get(name, {}).get(value, value) for value in changes[name])
        told.append(f"{name.removesuffix('_id')}: {before} -> {after}")
    return {
        "at": time_text(event.happened_at),
        "event": str(event.event_type),
        "author": event.source or known["owner_id"].get(int(event.author or 0), ""),
        "changes": sorted(told),
    }
