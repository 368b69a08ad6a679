"""The links from keys to tasks last as long as their tasks, and a year more."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Link
from chalicelib.domain.errors import RowRefused

KEPT_AFTER_TASK = 365 * 86400
"""Seconds after which the link of a task that was closed or removed expires.

Until then the next task of the key names this one.
"""


def keep_with_tasks(changes: Sequence[Change]) -> None:
    """Let the link of a task that was closed or removed expire; one that is reopened lasts again.

    Closing by anybody counts, so this reads the changes of tasks and not what sources do.

    Raises:
        StoreUnavailable: The store failed; the changes must come again.
    """
    ends: dict[tuple[str, int], int | None] = {}
    for change in changes:
        row = change.after or change.before or {}
        if (
            isinstance(row.get("link"), str)
            and change.before
            and _is_open(change.before) != _is_open(change.after)
        ):
            is_over = not _is_open(change.after)
            ends[row["link"], row["task_id"]] = (
                change.happened_at + KEPT_AFTER_TASK if is_over else None
            )
    for (link_id, task_id), expires_at in ends.items():
        # It is gone, stands for a newer task, or its name was edited by hand.
        with suppress(ConditionFailed, RowRefused):
            Link.set_end(link_id, task_id, expires_at)


def _is_open(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row.get("is_active", 1) != 0
