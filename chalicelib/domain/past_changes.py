"""Changes of a task that its history tells and no body shows."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def changes_beside(before: Row | None, after: Row | None) -> dict[str, list[object]]:
    """Return the fields that differ of those that only the history tells, before and after."""
    if before is None or after is None:
        return {}
    changes: dict[str, list[object]] = {}
    if (old := _priority_of(before)) != (new := _priority_of(after)):
        changes["priority"] = [old, new]
    texts = [str(row.get("reference") or "") for row in (before, after)]
    if texts[0] != texts[1]:
        changes["reference"] = list(texts)
    return changes


def _priority_of(row: Row) -> int:
    try:
        return int(row.get("priority") or 0)
    except (ValueError, TypeError):  # edited by hand
        return 0
