"""Comments on tasks."""

from chalicelib.domain import accounts
from chalicelib.domain.accounts import PROJECT_MEMBER, PROJECT_VIEWER
from chalicelib.domain.errors import Forbidden, NotFound, Refused
from chalicelib.services.tasks import comments, lifecycle
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = shapes.Shape


@procedure(PROJECT_MEMBER)
def create_comment(
    call: Call,
    task_id: int,
    user_id: int,
    content: str,
    reference: str = "",
    visibility: str = "app-user",
) -> int:
    """Add a comment and return its id; users write under their own names."""
    if visibility not in shapes.APP_ROLES:
        raise Refused({"visibility": "takes one of " + ", ".join(shapes.APP_ROLES)})
    author = call.caller.id or user_id
    return comments.add_comment(task_id, author, content, reference, shapes.APP_ROLES[visibility])


@procedure(PROJECT_VIEWER, otherwise=None)
def get_comment(call: Call, comment_id: int) -> Shape:
    """Return a comment."""
    found = comments.find_comment(comment_id)
    if not accounts.at_least(call.caller.role, str(found.visibility)):
        raise NotFound(f"there is no comment {comment_id}")
    return shapes.comment(found)


@procedure(PROJECT_VIEWER)
def get_all_comments(
    call: Call, task_id: int, limit: int | None = None, offset: int = 0
) -> list[Shape]:
    """Return the comments of a task that the caller may see, oldest first.

    `limit` and `offset` are our own parameters.
    """
    lifecycle.find_task(task_id)
    return [
        shapes.comment(comment)
        for comment in comments.list_comments(task_id, call.caller.role, limit, offset)
    ]


@procedure(PROJECT_MEMBER, id_is="comment_id")
def update_comment(call: Call, id: int, content: str) -> bool:  # noqa: A002 -- Kanboard's name
    """Replace the text of a comment."""
    _require_own(call, id)
    comments.change_comment(id, content, author=call.caller.id)
    return True


@procedure(PROJECT_MEMBER)
def remove_comment(call: Call, comment_id: int) -> bool:
    """Remove a comment for good."""
    _require_own(call, comment_id)
    comments.remove_comment(comment_id, author=call.caller.id)
    return True


def _require_own(call: Call, comment_id: int) -> None:
    if not comments.may_change(call.caller, comments.find_comment(comment_id)):
        raise Forbidden("this comment belongs to another user")
