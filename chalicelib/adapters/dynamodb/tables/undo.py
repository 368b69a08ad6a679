"""What somebody may undo for a while: JSON, compressed, in as many rows as it takes."""

import base64
import json
import time
import zlib
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.adapters.dynamodb.tables.payloads import pack
from chalicelib.adapters.dynamodb.tables.settings import Settings
from chalicelib.domain.errors import Refused

_PART = 350_000
"""Characters of a row: DynamoDB takes 400 KB."""

_MOST_PARTS = 20
"""Rows of one undo: a call writes up to 16 MB."""


class Undo(Table):
    """A part of what may be undone; its id is `undo:KEY:PART`, and DynamoDB removes it later."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    content = UnicodeAttribute()  # a part of the packed JSON in base64
    parts = NumberAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def keep(cls, key: str, value: Any, lifetime: int) -> None:
        """Write a JSON value, for so many seconds.

        Raises:
            Refused: It is too large.
        """
        text = base64.b64encode(pack(value)).decode()
        parts = [text[begin : begin + _PART] for begin in range(0, len(text), _PART)]
        if len(parts) > _MOST_PARTS:
            raise Refused({"undo": "is too large to be kept"})
        expires_at = int(time.time()) + lifetime
        put_all(
            cls(f"undo:{key}:{number}", content=part, parts=len(parts), expires_at=expires_at)
            for number, part in enumerate(parts)
        )

    @classmethod
    def find(cls, key: str) -> Any:
        """Return what was kept, or None if there is nothing or it has expired."""
        first = cls._part(key, 0)
        if first is None or first.expires_at < time.time():
            return None
        rows = [first, *(cls._part(key, number) for number in range(1, int(first.parts)))]
        text = "".join(str(row.content) for row in rows if row is not None)
        return json.loads(zlib.decompress(base64.b64decode(text)))

    @classmethod
    def _part(cls, key: str, number: int) -> "Undo | None":
        with translating_store_errors():
            try:
                return cls.get(f"undo:{key}:{number}", consistent_read=True)
            except cls.DoesNotExist:
                return None
