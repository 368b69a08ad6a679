"""What was written by hand is completed: tasks come into the lists in which they belong, and changes are counted."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.adapters.stream import Change
from chalicelib.adapters.tables import Task
from chalicelib.domain import events, tasks


def index_tasks(changes: Sequence[Change]) -> None:
    """Write what a changed row lacks: to be in the list of open or of closed tasks, and its next version.

    Of most there is nothing to write: whoever writes a task through Taskhook writes this too.

    No body shows what is written, so that nobody is called for it.

    Raises:
        StoreUnavailable: Then the changes must come again.
    """
    newest = {_task_id(change): change for change in changes}
    by_hand = {_edition(change) for change in changes if _is_uncounted(change)}
    for change in newest.values():
        if change.after is not None:
            with suppress(KeyError, ValueError, TypeError):  # what no body can show is set aside as a change
                _complete(change.after, change.happened_at, is_counted=_edition(change) not in by_hand)


def _task_id(change: Change) -> Any:
    return (change.after or change.before or {}).get("task_id")


def _edition(change: Change) -> tuple[Any, Any]:
    return _task_id(change), (change.after or {}).get("version")


def _is_uncounted(change: Change) -> bool:
    if change.before is None or change.after is None:
        return False
    try:
        return events.is_uncounted(change.before, change.after)
    except (ValueError, TypeError):
        return False


def _complete(row: Mapping[str, Any], happened_at: int, *, is_counted: bool) -> None:
    wanted = tasks.standing(row, int(row.get("closed_at") or happened_at))
    if not is_counted:
        wanted["version"] = int(row.get("version") or 1) + 1
    if any(row.get(name) != value for name, value in wanted.items()):
        Task.complete(row, wanted)
