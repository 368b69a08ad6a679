"""Changes of a task that its history tells and no body shows."""

import json
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

Tag = tuple[int, int]
"""The ids of a project and of a tag of it."""


def changed_tags(before: Row | None, after: Row | None) -> set[Tag]:
    """Return the tags of a task before and after a change of them; of another change none."""
    if before is None or after is None:
        return set()
    old, new = _tags_of(before), _tags_of(after)
    return set() if old == new else old | new


def changes_beside(
    before: Row | None, after: Row | None, tag_names: Mapping[Tag, str]
) -> dict[str, list[object]]:
    """Return the fields that differ of those that only the history tells, before and after.

    Args:
        before: The task's row before the change; None: there was none.
        after: The row after it; None: it was removed.
        tag_names: The names of `changed_tags`, but of tags that are gone.
    """
    if before is None or after is None:
        return {}
    shown = [_shown(row, tag_names) for row in (before, after)]
    pairs = {name: [one[name] for one in shown] for name in shown[0]}
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new}


def kept_changes(task: str) -> dict[str, tuple[Any, Any]]:
    """Return the changes that a record of the history keeps, each as before and after.

    A list or an object, as a later release may keep one, is its JSON. What cannot be read, as after
    an edit by hand, is left out: the rest of the history is told all the same.
    """
    try:
        kept = list(json.loads(task).get("changes", {}).items())
    except (ValueError, AttributeError):
        return {}
    changes = {}
    for name, pair in kept:
        if isinstance(pair, list) and len(pair) == 2:
            changes[name] = (_plain(pair[0]), _plain(pair[1]))
    return changes


def _plain(value: Any) -> Any:
    is_plain = not isinstance(value, (list, dict))
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _shown(row: Row, tag_names: Mapping[Tag, str]) -> dict[str, object]:
    tags = [tag_names.get(tag, f"tag {tag[1]}") for tag in _tags_of(row)]
    return {
        "priority": _priority_of(row),
        "reference": str(row.get("reference") or ""),
        "tags": ", ".join(sorted(tags)),  # a release before this field can show a text
    }


def _priority_of(row: Row) -> int:
    try:
        return int(row.get("priority") or 0)
    except (ValueError, TypeError):  # edited by hand
        return 0


def _tags_of(row: Row) -> set[Tag]:
    try:
        return {(int(row["project_id"]), int(tag)) for tag in row.get("tags") or ()}
    except (KeyError, ValueError, TypeError):  # edited by hand
        return set()
