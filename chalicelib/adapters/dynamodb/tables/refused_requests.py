"""Requests that were refused: rows of a ring in the table of events, under a task that never is."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.dynamodb.store import Table, all_pages, translating_store_errors
from chalicelib.adapters.dynamodb.tables.history import PastEvent

_NO_TASK = 0


class RefusedRequest(Table):
    """A refused request; `sequence` is its place in the ring."""

    class Meta(PastEvent.Meta):
        pass

    task_id = NumberAttribute(hash_key=True, default=_NO_TASK)
    sequence = UnicodeAttribute(range_key=True)
    received_at = NumberAttribute()
    expires_at = NumberAttribute()
    status = NumberAttribute()
    reason = UnicodeAttribute()
    address = UnicodeAttribute()
    method = UnicodeAttribute()
    path = UnicodeAttribute()
    parameters = JSONAttribute()
    user_agent = UnicodeAttribute()
    left_out = NumberAttribute(null=True, default=0)

    @classmethod
    def put(cls, place: int, fields: Mapping[str, Any], expires_at: int) -> None:
        """Write a request at a place of the ring, over the one that was there."""
        row = cls(sequence=f"{place:03}", expires_at=expires_at, **fields)
        with translating_store_errors():
            row.save()

    @classmethod
    def plain_rows(cls) -> list[dict[str, Any]]:
        """Return all rows, as they were written; one that was edited by hand may lack fields."""
        query = partial(cls._get_connection().query, str(_NO_TASK))
        rows = [plain_row(item) for item in all_pages(query)]
        return [{**row, "parameters": _read(row.get("parameters"))} for row in rows]


def _read(text: Any) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
