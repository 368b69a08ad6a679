"""The sources, and the links from their keys to tasks."""

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import ALL_OLD
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.new_rows import is_new
from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.dynamodb.store import (
    ConditionFailed,
    Table,
    all_pages,
    set_or_remove,
    translating_store_errors,
)
from chalicelib.adapters.dynamodb.tables.settings import Settings
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowBroken


class SourceRow(Table):
    """A source as this code writes it; rows by hand may differ, so `plain_rows` reads them."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "sources"

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(null=True)
    is_active = BooleanAttribute(null=True)
    secret = UnicodeAttribute(null=True)
    previous_secret = UnicodeAttribute(null=True)
    previous_secret_until = NumberAttribute(null=True)
    verify = UnicodeAttribute(null=True)
    preset = UnicodeAttribute(null=True)
    each = UnicodeAttribute(null=True)
    when = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    close_when = UnicodeAttribute(null=True)
    task = UnicodeAttribute(null=True)  # JSON
    origins = UnicodeAttribute(null=True)  # JSON
    redirect_to = UnicodeAttribute(null=True)
    from_taskhook = BooleanAttribute(null=True)

    @classmethod
    def plain_rows(cls) -> dict[str, dict[str, Any]]:
        """Return all rows by id, as they were written."""
        items = all_pages(partial(cls._get_connection().scan, consistent_read=True))
        rows = [_plain(item) for item in items]
        return {str(row["id"]): row for row in rows}

    @classmethod
    def find_plain(cls, source_id: str) -> dict[str, Any] | None:
        """Return a row as it was written, or None."""
        with translating_store_errors():
            item = cls._get_connection().get_item(source_id, consistent_read=True).get("Item")
        return None if item is None else _plain(item)

    @classmethod
    def put_new(cls, fields: Mapping[str, Any]) -> None:
        """Write a new row. Raises ConditionFailed: The id is taken."""
        with translating_store_errors():
            cls(**fields).save(condition=cls.id.does_not_exist())

    @classmethod
    def set_fields(cls, source_id: str, fields: Mapping[str, Any], secret: Any) -> None:
        """Write these fields; None removes one.

        Args:
            source_id: The source.
            fields: The values by name.
            secret: The secret as it was read; None: there was none.

        Raises:
            ConditionFailed: The secret has changed, or the row is gone.
        """
        actions: list[Action] = []
        for name, value in fields.items():
            attribute = getattr(cls, name)
            actions.append(attribute.remove() if value is None else attribute.set(value))
        kept: Any = cls.secret
        is_same = kept == secret if isinstance(secret, str) else ~kept.is_type()  # may be NULL
        with translating_store_errors():
            update = cls._get_connection().update_item
            update(source_id, actions=actions, condition=cls.id.exists() & is_same)

    @classmethod
    def remove(cls, source_id: str) -> None:
        """Remove a row. Raises ConditionFailed: It is gone."""
        with translating_store_errors():
            cls(source_id).delete(condition=cls.id.exists())


_PLAIN = {"S", "N", "BOOL", "NULL", "L", "M", "SS"}
"""The types that a field may have; bytes and sets of numbers are not among them."""


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as people wrote it; a field of another type makes it broken."""
    try:
        row = plain_row(item)
        return row | {name: b"" for name, value in item.items() if not _PLAIN & value.keys()}
    except (AttributeError, KeyError, TypeError, ValueError):
        name = str(item.get("id", {}).get("S", ""))
        log.once("row_broken", logging.ERROR, error=f"the source {name} cannot be read")
        return {"id": name, "preset": 0}


class Link(Table):
    """The task of a source's key, and the values that the source last wrote to it."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    task_id = NumberAttribute()
    previous = NumberAttribute(null=True)  # the key's task before this one
    written = UnicodeAttribute()  # JSON: a digest of each field
    source_id = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # a time after its task was closed or removed

    @classmethod
    def set_end(cls, link_id: str, task_id: int, expires_at: int | None) -> None:
        """Let a link expire at a time in epoch seconds, or last (None).

        Raises:
            ConditionFailed: It is gone, or has another task.
        """
        end = set_or_remove(cls.expires_at, expires_at)
        with translating_store_errors():
            update = cls._get_connection().update_item
            update(link_id, actions=[end], condition=cls.task_id == task_id)

    @classmethod
    def find(cls, link_id: str) -> "Link | None":
        """Return the current link, or None for a new key.

        Raises:
            RowBroken: It was edited by hand, and has no task or no digests.
        """
        with translating_store_errors():
            item = cls._get_connection().get_item(link_id, consistent_read=True).get("Item")
        return cls._read(link_id, item) if item else None

    @classmethod
    def in_the_way(cls, failed: ConditionFailed, link_id: str) -> "Link | None":
        """Return the link that kept a new one from being written; None: it is not known.

        Raises as `find` does.
        """
        for item in failed.rows:
            if item.get("id") == {"S": link_id}:
                return cls._read(link_id, dict(item))
        return None

    @classmethod
    def _read(cls, link_id: str, item: dict[str, Any]) -> "Link":
        link = cls.from_raw_data(item)
        if link.task_id is None or not isinstance(link.digests, dict):
            raise RowBroken(f"the row {link_id}", "takes a task_id and the JSON of an object")
        return link

    @property
    def digests(self) -> dict[str, str]:
        """The digests of the values that the source last wrote, by field."""
        try:
            digests: dict[str, str] = json.loads(self.written or "")
        except ValueError as error:
            raise RowBroken(f"the row {self.id}", "written: is not JSON") from error
        return digests

    def replace(self, writes: TransactWrite, seen: "Link | None") -> None:
        """Write the link in a transaction, which fails if it has changed since it was read."""
        if seen is None:
            writes.save(self, condition=is_new("id"), return_values=ALL_OLD)
            return
        is_same = (Link.task_id == seen.task_id) & (Link.written == seen.written)
        writes.save(self, condition=is_same)
