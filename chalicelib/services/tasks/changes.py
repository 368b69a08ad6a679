"""The fields that a change of a task writes: those that differ, and the time of the change."""

import time
from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain import events, tasks
from chalicelib.domain.errors import Refused


def check_size(row: Mapping[str, object]) -> None:
    """Refuse a task that is too large for the store. Raises Refused."""
    if tasks.item_size(row) > tasks.LARGEST_ITEM:
        raise Refused({"description": "is too long: a task takes at most 400 KB"})


def differing(task: Task, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in which a task differs, with the time of the change; {} for none.

    Raises:
        Refused: The task would be too large.
    """
    # "" and None are the same.
    changed = [name for name in fields if (getattr(task, name) or 0) != (fields[name] or 0)]
    wanted = {name: fields[name] for name in changed}
    if not wanted:
        return {}
    check_size({**task.attribute_values, **wanted})
    return wanted | {"date_modification": _modified_at(task, wanted)}


def _modified_at(task: Task, wanted: Collection[str]) -> int:
    """Return a change's time; if no body shows the change, it must differ from the last time."""
    now = int(time.time())
    return now if events.FIELDS.keys() & set(wanted) else max(now, int(task.date_modification) + 1)
