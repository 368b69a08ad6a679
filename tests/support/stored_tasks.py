"""What the store holds of tasks."""

from chalicelib.adapters.dynamodb.tables import Task


def titles() -> list[str]:
    """Return the titles of all tasks, sorted."""
    return sorted(str(task.title) for task in Task.scan())
