"""Counts of long columns: the number of open tasks between their marks."""

import json
import time
from typing import NamedTuple
from uuid import uuid4

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowBroken
from chalicelib.domain.marks import Marks


class Counted(NamedTuple):
    """The marks of a column as stored; before the first count there is no edition."""

    marks: Marks = Marks()
    edition: str = ""
    expires_at: float = 0.0


class Places(Table):
    """The row of a column's marks; each write of it is another edition."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "settings"

    id = UnicodeAttribute(hash_key=True)
    marks = UnicodeAttribute()  # JSON: the ranks, and the counts between them
    edition = UnicodeAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def find(cls, column_id: int) -> Counted:
        """Return the current marks of a column, none if they have expired or cannot be read."""
        get_item = cls._get_connection().get_item
        with translating_store_errors():
            item = get_item(f"places:{column_id}", consistent_read=True).get("Item")
        try:
            row = cls.from_raw_data(item or {})
            if item is None or row.expires_at < time.time():
                return Counted()
            ranks, counts = json.loads(row.marks)
            return Counted(Marks(tuple(ranks), tuple(counts)), row.edition, row.expires_at)
        except (RowBroken, TypeError, ValueError):
            cls.forget(column_id)
            return Counted()

    @classmethod
    def replace(cls, column_id: int, seen: Counted, marks: Marks, expires_at: float) -> Counted:
        """Write the marks of a column and return them as stored.

        Raises:
            ConditionFailed: They have changed since they were read.
        """
        made = Counted(marks, uuid4().hex, expires_at)
        row = cls(
            id=f"places:{column_id}",
            marks=json.dumps([marks.ranks, marks.counts], separators=(",", ":")),
            edition=made.edition,
            expires_at=int(expires_at),
        )
        is_as_seen = cls.edition == seen.edition
        if not seen.edition:
            is_as_seen = cls.id.does_not_exist() | (cls.expires_at < time.time())
        with translating_store_errors():
            row.save(condition=is_as_seen)
        return made

    @classmethod
    def forget(cls, column_id: int) -> None:
        """Expire the marks of a column."""
        row = cls(id=f"places:{column_id}", marks="[[],[]]", edition="", expires_at=0)
        with translating_store_errors():
            row.save()
