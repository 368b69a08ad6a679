"""What a source would make of a payload; nothing is written."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Link, Task
from chalicelib.domain.errors import Refused, RowBroken
from chalicelib.domain.payloads import (
    CHANGED,
    CLOSED,
    CREATED,
    FAILED,
    IGNORED,
    Mapped,
    PayloadFailed,
    PayloadUnreadable,
    check_levels,
    compile_mapping,
    map_payload,
)
from chalicelib.domain.sources import Source
from chalicelib.domain.wishes import changed_fields, digests_of
from chalicelib.services.sources import placing, receiving
from chalicelib.services.sources.applying import link_id, open_task
from chalicelib.services.tasks import changes

Shown = dict[str, Any]
"""`outcome`, `key`, `task` (what its template says, null where it makes none) and `reason`."""


class _Open(NamedTuple):
    task: Task | None  # None: an earlier item of the same payload would make it
    written: Mapping[str, str]
    previous: int | None = None  # the key's task before this one


def try_payload(
    source: Source,
    payload: Any,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> list[Shown]:
    """Return what each item of a payload would come to, as tasks stand now.

    Args:
        source: Stored or not.
        payload: Parsed JSON.
        headers: By their names in lower case.
        query: By the parameters' names in lower case.

    Raises:
        Refused: The source's mapping cannot be used, or the payload cannot be read.
    """
    seen = {"payload": payload, "headers": dict(headers or {}), "query": dict(query or {})}
    try:
        check_levels(payload)
        ends_at = time.monotonic() + receiving.LONGEST
        mapped = list(receiving.in_time(map_payload(compile_mapping(source), seen), ends_at))
    except (PayloadUnreadable, receiving.OutOfTime) as error:
        raise Refused({"payload": str(error)}) from error
    except PayloadFailed as error:
        return [_shown(FAILED, Mapped("0"), str(error))]
    opened: dict[str, _Open | None] = {}
    return [_try(source, item, opened) for item in mapped]


def _try(source: Source, item: Mapped, opened: dict[str, _Open | None]) -> Shown:
    if item.outcome:
        return _shown(item.outcome, item, item.reason)
    try:
        return _do(source, item, opened)
    except (Refused, RowBroken) as error:
        return _shown(FAILED, item, str(error))


def _do(source: Source, item: Mapped, opened: dict[str, _Open | None]) -> Shown:
    standing = None
    if item.key is not None:
        standing = opened[item.key] if item.key in opened else _standing(source.id, item.key)
    if item.closes:
        opened[item.key or ""] = None
        return (
            _shown(CLOSED, item)
            if standing
            else _shown(IGNORED, item, "no task of this key is open")
        )
    return _create(item, opened) if standing is None else _change(item, standing, opened)


def _standing(source_id: str, key: str) -> _Open | None:
    link = Link.find(link_id(source_id, key))
    task = open_task(link)
    if link is None or task is None:
        return None
    return _Open(task, link.digests, None if link.previous is None else int(link.previous))


def _create(item: Mapped, opened: dict[str, _Open | None]) -> Shown:
    wish = item.wish or {}
    placed = placing.place(wish)
    if item.key is not None:
        opened[item.key] = _Open(None, digests_of(wish))
    return _shown(CREATED, item, placing.said(placed.left_out))


def _change(item: Mapped, standing: _Open, opened: dict[str, _Open | None]) -> Shown:
    wish = item.wish or {}
    changed = {name: wish[name] for name in changed_fields(wish, standing.written)}
    if not changed or not _differs(standing, changed):
        return _shown(IGNORED, item, "changes nothing")
    opened[item.key or ""] = standing._replace(written={**standing.written, **digests_of(wish)})
    return _shown(CHANGED, item)


def _differs(standing: _Open, changed: Mapping[str, Any]) -> bool:
    """Tell whether a task has other values; unknown tags are not made."""
    task = standing.task
    if task is None:
        return True
    plain = {name: value for name, value in changed.items() if name != "tags"}
    project = placing.read_known(int(task.project_id))
    fields = placing.changes(plain, int(project.id), standing.previous).fields
    if changes.differing(task, fields):
        return True
    ids = {tag.name: int(tag.id) for tag in project.tags}
    return "tags" in changed and {ids.get(name) for name in changed["tags"]} != set(task.tags or ())


def _shown(outcome: str, item: Mapped, reason: str = "") -> Shown:
    task = None if item.wish is None else dict(item.wish)
    return {"outcome": outcome, "key": item.key, "task": task, "reason": reason}
