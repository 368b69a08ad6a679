"""What a source would make of a payload; nothing is written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Link
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
from chalicelib.services.sources import placing
from chalicelib.services.sources.applying import link_id, open_task

Shown = dict[str, Any]
"""`outcome`, `key`, `task` (what its template says, null where it makes none) and `reason`."""


class _Open(NamedTuple):
    project_id: int
    written: Mapping[str, str]


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
        mapped = list(map_payload(compile_mapping(source), seen))
    except PayloadUnreadable as error:
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
    return None if link is None or task is None else _Open(int(task.project_id), link.digests)


def _create(item: Mapped, opened: dict[str, _Open | None]) -> Shown:
    wish = item.wish or {}
    placed = placing.place(wish)
    if item.key is not None:
        opened[item.key] = _Open(placed.fields["project_id"], digests_of(wish))
    return _shown(CREATED, item, placing.said(placed.left_out))


def _change(item: Mapped, standing: _Open, opened: dict[str, _Open | None]) -> Shown:
    wish = item.wish or {}
    changed = changed_fields(wish, standing.written)
    if not changed:
        return _shown(IGNORED, item, "changes nothing")
    opened[item.key or ""] = standing._replace(written={**standing.written, **digests_of(wish)})
    return _shown(CHANGED, item)


def _shown(outcome: str, item: Mapped, reason: str = "") -> Shown:
    task = None if item.wish is None else dict(item.wish)
    return {"outcome": outcome, "key": item.key, "task": task, "reason": reason}
