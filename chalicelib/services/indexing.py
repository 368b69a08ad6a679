"""Tasks that were made, closed or opened by hand come into the lists in which they belong, and out of the others."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.adapters.stream import Change
from chalicelib.adapters.tables import Task
from chalicelib.domain import tasks


def index_tasks(changes: Sequence[Change]) -> None:
    """Write what a changed row lacks to be in the list of open or of closed tasks; of most there is nothing to write.

    No body shows what is written, so that nobody is called for it.

    Raises:
        StoreUnavailable: Then the changes must come again.
    """
    newest = {_task_id(change): change for change in changes}
    for change in newest.values():
        if change.after is not None:
            with suppress(KeyError, ValueError, TypeError):  # what no body can show is set aside as a change
                _index(change.after, change.happened_at)


def _task_id(change: Change) -> Any:
    return (change.after or change.before or {}).get("task_id")


def _index(row: Mapping[str, Any], happened_at: int) -> None:
    stands = tasks.standing(row, int(row.get("closed_at") or happened_at))
    if any(row.get(name) != value for name, value in stands.items()):
        Task.stand(row, stands)
