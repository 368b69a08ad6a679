"""Comments on tasks."""

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Comment, Project
from chalicelib.domain import accounts, tasks
from chalicelib.domain.comments import comment_id, task_of
from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.domain.values import is_blank
from chalicelib.services import optimistic_locking, repeats
from chalicelib.services.accounts import users
from chalicelib.services.accounts.access import Caller
from chalicelib.services.tasks import lifecycle

SHOWN = tasks.LARGEST_ITEM
"""Bytes of comments on one page: the longest comment fits. With the longest description the page
stays below Lambda's 6 MB, even if each character is escaped to five bytes."""

_AROUND = 1000
"""Bytes of a page around each comment."""


def list_comments(
    task_id: int, role: str, limit: int | None = None, offset: int = 0
) -> list[Comment]:
    """Return a task's comments that a role may see, the oldest first.

    Without `limit` it returns all of them, otherwise at most `limit`, starting at `offset`.
    """
    return list(
        islice(read_comments(task_id, role), offset, None if limit is None else offset + limit)
    )


def read_comments(task_id: int, role: str) -> Iterator[Comment]:
    """Yield a task's comments that a role may see, the oldest first, as they are read."""
    with translating_store_errors():
        for comment in Comment.query(task_id, consistent_read=True):
            if accounts.at_least(role, str(comment.visibility)):
                yield comment


def newest_comments(
    task_id: int, role: str, before: int | None = None
) -> tuple[list[Comment], int | None]:
    """Return the newest page of `list_comments`, and the cursor of the page before it.

    Args:
        task_id: The task.
        role: The role of the reader.
        before: The cursor that the call for the newer page returned; None: the newest page.
    """
    older = None if before is None else Comment.id < before
    found: list[Comment] = []
    room, ends_at = SHOWN, None
    with translating_store_errors():
        for comment in Comment.query(
            task_id, older, consistent_read=True, scan_index_forward=False
        ):
            room -= len(str(comment.text).encode()) + _AROUND
            if room < 0 and found:
                ends_at = int(found[0].id)
                break
            found.insert(0, comment)
    return [
        comment for comment in found if accounts.at_least(role, str(comment.visibility))
    ], ends_at


def find_comment(number: int) -> Comment:
    """Return a comment.

    Raises:
        NotFound: There is no such comment.
    """
    with translating_store_errors():
        try:
            return Comment.get(task_of(number), number, consistent_read=True)
        except Comment.DoesNotExist as error:
            raise NotFound(f"there is no comment {number}") from error


def may_change(caller: Caller, comment: Comment) -> bool:
    """Tell whether a caller may change a comment: its author, administrators, the application."""
    return comment.user_id == caller.id or caller.is_at_least(accounts.ADMINISTRATOR)


def add_comment(  # noqa: PLR0913 -- the fields of a comment
    task_id: int,
    user_id: int,
    text: str,
    reference: str,
    visibility: str,
    *,
    form_key: str | None = None,
) -> int:
    """Add a comment to a task and return its id.

    Args:
        task_id: The task.
        user_id: The author; 0 is nobody.
        text: The text, in Markdown.
        reference: Its name in another system, or "".
        visibility: The role that a reader must have.
        form_key: The key of the form: a copy adds no second comment; see `repeats`.

    Raises:
        NotFound: There is no such task, or no such user.
        Refused: With a reason for the invalid field.
        StoreUnavailable: Too many others commented at the same time.
    """
    _check(text)
    accounts.read_role(visibility, accounts.ROLES)
    if user_id:
        users.get_user(user_id)
    comment = _new_comment(task_id, user_id, text, tasks.read_reference(reference), visibility)
    return repeats.once(form_key, lambda: _save_new(comment, form_key), lambda first: first)


def _new_comment(task_id: int, user_id: int, text: str, reference: str, visibility: str) -> Comment:
    comment = Comment(task_id, user_id=user_id, text=text, reference=reference)
    comment.visibility, comment.date_creation = visibility, int(time.time())
    comment.date_modification = comment.date_creation
    return comment


def _save_new(comment: Comment, form_key: str | None) -> int:
    task_id = int(comment.task_id)
    for _ in optimistic_locking.conflict_retries():
        last = int(lifecycle.find_task(task_id).last_comment or 0)
        comment.id = comment_id(task_id, last + 1)
        claim = repeats.claim_of(form_key, int(comment.id))
        try:
            comment.save_new(last, claim)
        except (ConditionFailed, Conflict):
            repeats.refuse_claimed(claim)
            continue
        _show_on_boards(task_id)
        return int(comment.id)
    raise StoreUnavailable(f"task {task_id} is getting too many comments at once")


def change_comment(number: int, text: str, *, author: int = 0) -> None:
    """Replace the text of a comment. Raises NotFound and Refused."""
    _check(text)
    find_comment(number).change(text, time.time(), author)


def remove_comment(number: int, *, author: int = 0) -> None:
    """Remove a comment for good.

    Raises:
        NotFound: There is no such comment.
        StoreUnavailable: Its task is being changed by too many others.
    """
    task_id = task_of(number)
    for _ in optimistic_locking.conflict_retries():
        with suppress(Conflict):
            find_comment(number).remove(author)
            return _show_on_boards(task_id)
    raise StoreUnavailable(f"task {task_id} is being changed by too many others")


def _show_on_boards(task_id: int) -> None:
    """Make open boards count a task's comments again; the comment is already written."""
    with suppress(NotFound, ConditionFailed, StoreUnavailable):
        Project.note_comment(int(lifecycle.find_task(task_id).project_id))


def _check(text: str) -> None:
    if is_blank(tasks.read_text("content", text)):
        raise Refused({"content": "is required"})
    if len(text.encode()) > tasks.LARGEST_ITEM - 2048:
        raise Refused({"content": "is too long: a comment takes at most 398 KB"})
