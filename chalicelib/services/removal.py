"""What is removed for good, with all that hangs on it."""

from chalicelib.adapters.store import ConditionFailed
from chalicelib.adapters.tables import Comment, Task
from chalicelib.domain.errors import NotFound
from chalicelib.services import board, parts, people, projects


def remove_task(task_id: int, *, author: int = 0) -> None:
    """Remove a task and the comments on it.

    Raises:
        NotFound: There is no such task.
    """
    try:
        Task(task_id).remove(author)
    except ConditionFailed as error:
        raise NotFound(f"there is no task {task_id}") from error
    Comment.remove_all(task_id)


def remove_project(project_id: int, *, author: int = 0) -> None:
    """Remove a project and its tasks; where it ends half-way, nothing new is added, and another call goes on.

    Raises:
        NotFound: There is no such project.
    """
    projects.set_active(project_id, is_active=False)
    for row in [*Task.rows_of(project_id, 1), *Task.rows_of(project_id, 0)]:
        try:
            remove_task(row["task_id"], author=author)
        except NotFound:
            continue
    projects.remove_empty(project_id)


def remove_category(category_id: int, *, author: int = 0) -> None:
    """Remove a category; the open tasks that have it have none then. Raises NotFound."""
    project = parts.remove_part("categories", category_id)
    for row in Task.rows_of(int(project.id), 1, Task.category_id == category_id):
        board.change_task(row["task_id"], lambda _: {"category_id": 0}, author=author)


def remove_user(user_id: int, *, author: int = 0) -> None:
    """Remove a user; the open tasks of this one are nobody's then.

    Raises:
        NotFound: There is no such user.
        Refused: It is the last administrator.
    """
    people.remove_user(user_id)
    for project in projects.list_projects():
        if projects.role_in(project, user_id):
            projects.set_role(int(project.id), user_id, None, is_member=True)
        for row in Task.rows_of(int(project.id), 1, Task.owner_id == user_id):
            board.change_task(row["task_id"], lambda _: {"owner_id": 0}, author=author)
