"""What is removed for good, with all that hangs on it; what ends half-way, another call finishes."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from chalicelib.adapters.store import ConditionFailed
from chalicelib.adapters.tables import Comment, Task, task_lists
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services import board, parts, people, projects

LONGEST = 20.0
"""Seconds that one call may go on removing: API Gateway waits for 29."""

_AT_ONCE = 8


def remove_task(task_id: int, *, author: int = 0) -> None:
    """Remove a task and the comments on it.

    Raises:
        NotFound: There is no such task.
    """
    task = board.find_task(task_id)
    Comment.remove_all(task_id)
    with suppress(ConditionFailed):  # it is gone: somebody else was quicker, or the answer to our own write was lost
        task.remove(author)
    Comment.remove_all(task_id)  # one may have come a moment ago; from now on none can


def remove_project(project_id: int, *, author: int = 0) -> None:
    """Remove a project and its tasks.

    Raises:
        NotFound: There is no such project.
        Refused: There are so many tasks that some are left; nothing new is added to them meanwhile.
    """
    projects.set_active(project_id, is_active=False)
    ends_at = time.monotonic() + LONGEST
    left = [*task_lists.ids_of(project_id, 1), *task_lists.ids_of(project_id, 0)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while left and time.monotonic() < ends_at:
            now, left = left[: 10 * _AT_ONCE], left[10 * _AT_ONCE :]
            list(threads.map(lambda task_id: _remove_if_there(task_id, author), now))
    if left:
        raise Refused({"project_id": f"{len(left)} of its tasks are left: call again"})
    projects.remove_empty(project_id)


def _remove_if_there(task_id: int, author: int) -> None:
    with suppress(NotFound):
        remove_task(task_id, author=author)


def remove_category(category_id: int, *, author: int = 0) -> None:
    """Remove a category; the open tasks that have it have none then. Raises NotFound."""
    project = parts.project_of("categories", category_id)
    for row in task_lists.rows_of(int(project.id), 1, Task.category_id == category_id):
        _take_away(row["task_id"], "category_id", category_id, author)
    parts.remove_part("categories", category_id)


def remove_user(user_id: int, *, author: int = 0) -> None:
    """Remove a user; the open tasks of this one are nobody's then.

    Raises:
        NotFound: There is no such user.
        Refused: It is the last administrator.
    """
    people.set_active(user_id, is_active=False)
    for project in projects.list_projects():
        if projects.role_in(project, user_id):
            projects.end_role(int(project.id), user_id)
        for row in task_lists.rows_of(int(project.id), 1, Task.owner_id == user_id):
            _take_away(row["task_id"], "owner_id", user_id, author)
    people.remove_user(user_id)


def _take_away(task_id: int, field: str, had: int, author: int) -> None:
    """Let a task have no such owner or category any more, unless it was given another one meanwhile."""
    with suppress(NotFound):  # it was removed meanwhile
        board.change_task(task_id, lambda task: {field: 0} if getattr(task, field) == had else {}, author=author)
