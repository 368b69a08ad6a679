"""Permanent removal of objects and their dependents; a repeated call finishes a partial one."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import Comment, Project, Task, task_lists
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import lifecycle, places

LONGEST = 20.0
"""Seconds that one call may spend on removing: API Gateway waits for 29."""

_AT_ONCE = 8


def remove_task(task_id: int, *, author: int = 0) -> None:
    """Remove a task and the comments on it.

    Raises:
        NotFound: There is no such task.
    """
    task = lifecycle.find_task(task_id)
    Comment.remove_all(task_id)
    # The task is gone: somebody else was quicker, or the answer to our own write was lost.
    with suppress(ConditionFailed), places.kept(task, None):
        task.remove(author)
    Comment.remove_all(task_id)  # a comment may have just been added; from now on none can


def remove_project(project_id: int, *, author: int = 0) -> None:
    """Remove a project and its tasks.

    Raises:
        NotFound: There is no such project.
        Refused: There are so many tasks that some are left; no new tasks can be added.
    """
    projects.set_active(project_id, is_active=False)
    ids = (task_id for is_active in (1, 0) for task_id in task_lists.ids_of(project_id, is_active))
    _do_each("project_id", ids, lambda task_id: remove_task(task_id, author=author))
    projects.remove_empty(project_id)


def remove_category(category_id: int, *, author: int = 0) -> None:
    """Remove a category, also from the open tasks that have it.

    Raises:
        NotFound: There is no such category.
        Refused: There are so many such tasks that some are left.
    """
    _clear(
        "category_id", category_id, [project_items.project_of("categories", category_id)], author
    )
    project_items.remove_part("categories", category_id)


def remove_user(user_id: int, *, author: int = 0) -> None:
    """Remove a user, also as the owner of open tasks.

    Raises:
        NotFound: There is no such user.
        Refused: It is the last administrator, or there are so many such tasks that some are left.
    """
    users.set_active(user_id, is_active=False)
    known = projects.list_projects()
    for project in known:
        if projects.role_in(project, user_id):
            membership.end_role(int(project.id), user_id)
    _clear("owner_id", user_id, known, author)
    users.remove_user(user_id)


def _clear(field: str, had: int, known: Iterable[Project], author: int) -> None:
    """Clear an owner or category in all open tasks that still have it."""
    where = getattr(Task, field) == had
    rows = (row for project in known for row in task_lists.rows_of(int(project.id), 1, where))

    def clear(task_id: int) -> None:
        lifecycle.change_task(
            task_id, lambda task: {field: 0} if getattr(task, field) == had else {}, author=author
        )

    _do_each(field, (row["task_id"] for row in rows), clear)


def _do_each(field: str, task_ids: Iterable[int], do: Callable[[int], object]) -> None:
    """Apply `do` to each task that still exists. Raises Refused for this field when time is up."""
    ends_at = time.monotonic() + LONGEST

    def is_done(task_id: int) -> bool:
        is_in_time = time.monotonic() < ends_at
        if is_in_time:
            with suppress(NotFound):  # the task has just been removed
                do(task_id)
        return is_in_time

    ids, left = iter(task_ids), 0
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while now := list(islice(ids, _AT_ONCE * 10)):
            left += list(threads.map(is_done, now)).count(False)
            if left:
                left += sum(1 for _ in ids)
    if left:
        raise Refused({field: f"{left} of its tasks are left: call again"})
