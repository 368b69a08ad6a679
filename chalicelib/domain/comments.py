"""The ids of comments: each contains its task's id, so that no index is needed."""

_COMMENTS_OF_A_TASK = 2**20


def comment_id(task_id: int, number: int) -> int:
    """Return the id of a task's n-th comment; exact in JavaScript for the first 2^33 tasks."""
    return task_id * _COMMENTS_OF_A_TASK + number


def task_of(comment_id: int) -> int:
    """Return the id of the task that a comment is on."""
    return comment_id // _COMMENTS_OF_A_TASK
