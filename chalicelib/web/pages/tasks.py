"""The task page: fields, comments, history and deliveries."""

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.tables import Comment, Project, Task
from chalicelib.domain.accounts import ADMINISTRATOR, PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.domain.errors import Forbidden, NotFound, Refused
from chalicelib.services.accounts import access, users
from chalicelib.services.projects import projects
from chalicelib.services.tasks import (
    comments,
    history,
    lifecycle,
    moving,
    places,
    queries,
    undoing,
)
from chalicelib.web.pages import boards, editing, task_view, times
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest, id_of, number_of
from chalicelib.web.pages.rendering import page, redirect, render
from chalicelib.web.pages.task_history import lines
from chalicelib.web.pages.undoing import moved_to, offered

blueprint = Blueprint(__name__)

FIELDS = (
    "title",
    "description",
    "color_id",
    "owner_id",
    "category_id",
    "date_due",
    "priority",
    "score",
    "reference",
)


@page(blueprint, "/tasks/{task_id}")
def task_page(request: PageRequest, task_id: str, errors: dict[str, str] | None = None) -> Response:
    """Show a task."""
    task, project = _open(request, task_id, PROJECT_VIEWER)
    values, options = _values(task, project), task_view.choices(task, project)
    names = {int(user.id): user.shown_name for user in users.CACHE.get().values()}
    is_administrator = request.caller.is_at_least(ADMINISTRATOR)
    after = number_of(request.get("after")) or None
    shown_comments, older = comments.newest_comments(int(task.task_id), request.caller.role, after)
    changed = editing.changed(request, values) if errors else {}
    others = boards.visible_projects(request, PROJECT_MEMBER)
    return render(
        request,
        "task.html",
        errors=errors,
        task=task,
        project=project,
        place=places.place_of(task),
        values=values | changed,
        shown=editing.shown(values),
        content=request.values.get("content", "") if errors else "",
        choices=options,
        facts=task_view.facts(task, project, values, options),
        texts=task_view.texts(request, task, shown_comments),
        are_newest=after is None,
        older=older,
        past=list(lines(history.of_task(int(task.task_id)), project, names)),
        deliveries=task_view.deliveries(task) if is_administrator else [],
        may_edit=access.may_in(request.caller, project, PROJECT_MEMBER),
        other_projects=[one for one in others if one.id != project.id],
    )


def _open(request: PageRequest, task_id: str, role: str) -> tuple[Task, Project]:
    try:
        task = lifecycle.find_task(id_of("task", task_id))
    except NotFound:
        # Other users must not learn which tasks exist.
        access.require(request.caller, ADMINISTRATOR)
        raise
    access.require_in_project(request.caller, int(task.project_id), role)
    return task, projects.find_project(int(task.project_id))


def _values(task: Task, project: Project) -> dict[str, str]:
    """Return the form values of a task."""
    values = {name: str(getattr(task, name) or "") for name in FIELDS}
    for name in _PEOPLE_AND_PARTS:
        values[name] = values[name] or "0"
    tags = [str(tag.name) for tag in project.tags if tag.id in (task.tags or ())]
    return values | times.due_fields(int(task.date_due)) | {"tags": editing.listed(tags)}


_PEOPLE_AND_PARTS = ("owner_id", "category_id")


@page(blueprint, "/tasks/{task_id}", on_error=task_page)
def change_task(request: PageRequest, task_id: str) -> Response:
    """Handle the form's button."""
    task, project = _open(request, task_id, PROJECT_MEMBER)
    number, author = int(task.task_id), request.caller.id
    done = {"done": "saved"}
    match request.get("do"):
        case "save":
            _save(request, task, project)
        case "close":
            done = offered(request, "Closed.", task, lifecycle.close_task(number, author=author))
        case "open":
            done = offered(request, "Reopened.", task, lifecycle.reopen_task(number, author=author))
        case "move":
            done = _move(request, task)
        case "remove":
            if not is_sure(request):
                return ask(
                    request,
                    f"Remove #{number} {task.title}?",
                    "The task and its comments are removed. Right afterwards you can undo this.",
                )
            key = undoing.remove_task(number, f"Removed #{number} {task.title}.", author=author)
            done = {"undo": key} if key else {"done": "removed"}
            return redirect(request, f"/boards/{project.id}", **done)
        case other:
            return _comment_on(request, task, other)
    return redirect(request, f"/tasks/{number}", **done)


def _save(request: PageRequest, task: Task, project: Project) -> None:
    """Write the changed fields, unless they were changed elsewhere."""
    changes = editing.changed(request, _values(task, project))

    def refuse_overtaken(now: Task) -> None:
        editing.refuse_overtaken(
            request, changes, _values(now, project), task_view.choices(now, project)
        )

    # Checked first: the page with the errors also shows the new values.
    refuse_overtaken(task)
    fields = _filled(request, {name: text for name, text in changes.items() if name != "tags"})
    tags = editing.names_in(changes["tags"]) if "tags" in changes else None
    lifecycle.update_task(
        int(task.task_id), fields, tags=tags, author=request.caller.id, check=refuse_overtaken
    )


def _filled(request: PageRequest, fields: dict[str, str]) -> dict[str, str]:
    """Return fields as the service takes them: an empty number is 0, a due date is one text."""
    filled = dict(fields)
    for name in fields.keys() & {"owner_id", "category_id", "priority", "score"}:
        filled[name] = fields[name].strip() or "0"
    if filled.pop("time_due", None) is not None or "date_due" in filled:
        day, at = request.get("date_due"), request.get("time_due")
        if at and not day:
            raise Refused({"date_due": "is required with a time"})
        filled["date_due"] = f"{day} {at}".strip()
    return filled


def _move(request: PageRequest, task: Task) -> dict[str, str]:
    """Move a task to a position in a column, or to another project; return the redirect's query."""
    number, author = int(task.task_id), request.caller.id
    if request.get("project_id"):
        boards.open_project(request, request.get("project_id"), PROJECT_MEMBER)
        there = {"project_id": request.get("project_id")}
        moved = moving.move_to_project(number, there, author=author)
        return offered(request, moved_to(moved), task, moved)
    below = moving.below(task)
    column_id, position = request.number("column_id"), request.number("position")
    moved = moving.move_task(number, column_id, position, author=author)
    return offered(request, moved_to(moved), task, moved, below)


def _own_comment(request: PageRequest, task_id: int, comment_id: int) -> Comment:
    found = comments.find_comment(comment_id)
    if found.task_id != task_id:
        raise NotFound(f"there is no such comment on task {task_id}")
    if not comments.may_change(request.caller, found):
        raise Forbidden("this comment belongs to another user")
    return found


def _comment_on(request: PageRequest, task: Task, verb: str) -> Response:
    number = int(task.task_id)
    if verb == "comment":
        text = request.values.get("content", "")
        comments.add_comment(number, request.caller.id, text, "", "user", form_key=request.form_key)
    elif verb.startswith("uncomment-"):
        found = _own_comment(request, number, number_of(verb.removeprefix("uncomment-")))
        if not is_sure(request):
            return ask(request, "Remove this comment?", str(found.text))
        comments.remove_comment(int(found.id), author=request.caller.id)
    else:
        raise Refused({"do": f"takes no {verb!r}"})
    return redirect(request, f"/tasks/{number}")


@page(blueprint, "/boards/{project_id}/closed")
def closed_page(request: PageRequest, project_id: str) -> Response:
    """Show the closed tasks of a project, the last closed first."""
    project = boards.open_project(request, project_id, PROJECT_VIEWER)
    closed_at, _, task_id = request.get("after").partition(".")
    after = (number_of(closed_at), number_of(task_id)) if task_id else None
    tasks, last = queries.closed_page(int(project.id), after)
    older = "{}.{}".format(*last) if last else None
    return render(
        request, "closed.html", project=project, tasks=tasks, is_first=after is None, older=older
    )
