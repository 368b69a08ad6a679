"""Completes tasks edited by hand: it adds the index fields and counts the changes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb.stream import Change
from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain import events, tasks


def repair_manual_edits(changes: Sequence[Change]) -> None:
    """Write the fields that a changed row lacks: index fields, and the next version.

    Most rows lack nothing, since a task written by Taskhook has these fields. No body shows them,
    so that writing them calls no endpoint.

    Raises:
        StoreUnavailable: The store failed; the changes must come again.
    """
    newest = {_task_id(change): change for change in changes}
    versions: dict[tuple[Any, Any], int] = {}
    for change in changes:
        if version := _uncounted(change):
            versions[_edition(change)] = max(version, versions.get(_edition(change), 0))
    for change in newest.values():
        if change.after is not None:
            # A row that no body can show becomes a dead letter as a change.
            with suppress(KeyError, ValueError, TypeError):
                _complete(change.after, change.happened_at, versions.get(_edition(change)))


def _task_id(change: Change) -> Any:
    return (change.after or change.before or {}).get("task_id")


def _edition(change: Change) -> tuple[Any, Any]:
    return _task_id(change), (change.after or {}).get("version")


def _uncounted(change: Change) -> int | None:
    if change.before is None or change.after is None:
        return None
    try:
        return events.uncounted(change.before, change.after)
    except (ValueError, TypeError):
        return None


def _complete(row: Mapping[str, Any], happened_at: int, version: int | None) -> None:
    wanted = tasks.index_fields(row, int(row.get("closed_at") or happened_at))
    if version:
        wanted["version"] = version
    if any(row.get(name) != value for name, value in wanted.items()):
        Task.complete(row, wanted)
