"""The payloads that sources have sent, kept for a week, and their outcomes."""

import base64
import json
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import BINARY
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.new_rows import Stated
from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowBroken

SUMMARY = ["status", "created", "changed", "closed", "ignored", "failed", "reason", "size"]
"""The fields of a payload in a list."""


_SHORT = 512
"""Bytes of JSON that is not worth compressing: the store bills each begun KB of a row."""


class Encoded(str):
    """JSON as text, which is not encoded again."""

    __slots__ = ()


class Packed(Attribute[Any]):
    """Compressed JSON, as base64: requests are sent as plain JSON (see `client`)."""

    attr_type = BINARY

    def __init__(self, fault_of: Callable[[Any], str], **how: Any) -> None:
        """Refuse JSON of which a function returns a fault: rows are edited by hand, too."""
        super().__init__(**how)
        self._fault_of = fault_of

    def serialize(self, value: Any) -> str:
        """Return the stored form."""
        return base64.b64encode(pack(value)).decode()

    def deserialize(self, value: Any) -> Any:
        """Return the JSON. Raises ValueError, zlib.error: It is not what the attribute holds."""
        found = json.loads(zlib.decompress(base64.b64decode(value)))
        if fault := self._fault_of(found):
            raise ValueError(fault)
        return found


def _fault_of_content(found: Any) -> str:
    return "" if isinstance(found, dict) else "takes an object"


def _fault_of_items(found: Any) -> str:
    is_list = isinstance(found, list)
    if is_list and all(isinstance(one, list) and len(one) == _PARTS for one in found):
        return ""
    return f"takes a list of lists of {_PARTS} parts"


_PARTS = 5
"""Of what came of an item: its digest, outcome, key, task and reason."""


def pack(value: Any) -> bytes:
    """Return a value, or JSON that is Encoded, as JSON in zlib's format, a long one compressed.

    With its usual window zlib begins by taking 256 KB of memory: for a few hundred bytes that
    takes twenty times as long as the rest.
    """
    text = value if isinstance(value, Encoded) else encoded(value)
    content = text.encode()
    if len(content) < _SHORT:
        return _stored(content)
    packer = zlib.compressobj(3, zlib.DEFLATED, wbits=12, memLevel=4)
    return packer.compress(content) + packer.flush()


def _stored(content: bytes) -> bytes:
    """Return bytes in zlib's format as they are: one stored block (RFC 1950; RFC 1951, 3.2.4)."""
    size = len(content)
    block = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + content
    return b"\x48\x0d" + block + zlib.adler32(content).to_bytes(4, "big")


def encoded(value: Any) -> Encoded:
    """Return a value as compact JSON."""
    return Encoded(_JSON.encode(value))


_JSON = json.JSONEncoder(separators=(",", ":"))


class PayloadsOfSource(GlobalSecondaryIndex["Payload"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The payloads of a source by time, with the fields of a list and without their content."""

    class Meta:
        index_name = "by_source"
        projection = IncludeProjection(SUMMARY)

    source_id = UnicodeAttribute(hash_key=True)
    received_at = NumberAttribute(range_key=True)


class Payload(Table):
    """A payload and the outcomes of its items; `status` is HTTP's, 0 while it is under way."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "payloads"

    by_source = PayloadsOfSource()

    id = UnicodeAttribute(hash_key=True)
    source_id = UnicodeAttribute()
    received_at = NumberAttribute()
    expires_at = NumberAttribute()
    digest = UnicodeAttribute()  # of the bytes as sent
    run = UnicodeAttribute()  # the id of the current or last run
    busy_until = NumberAttribute(null=True)
    status = NumberAttribute(default=0)
    created = NumberAttribute(null=True, default=0)
    changed = NumberAttribute(null=True, default=0)
    closed = NumberAttribute(null=True, default=0)
    ignored = NumberAttribute(null=True, default=0)
    failed = NumberAttribute(null=True, default=0)
    reason = UnicodeAttribute(null=True)  # the reason why the first item, or the payload, failed
    size = NumberAttribute(default=0)  # bytes as sent
    content = Packed(_fault_of_content, null=True)  # the payload itself
    items = Packed(_fault_of_items, null=True)  # the outcome of each item

    @classmethod
    def find(cls, payload_id: str) -> "Payload | None":
        """Return the current payload. Raises RowBroken."""
        with translating_store_errors():
            try:
                return cls.get(payload_id, consistent_read=True)
            except cls.DoesNotExist:
                return None

    def set_progress(self, **fields: Any) -> None:
        """Give fields values that are written later, without PynamoDB's call for each."""
        self.attribute_values.update(fields)

    def put(self, seen_run: str | None, now: float) -> None:
        """Write the whole row.

        Args:
            seen_run: The run of the row to replace; None: no row is known.
            now: Epoch seconds.

        Raises:
            ConditionFailed: There is a row of another run.
        """
        with translating_store_errors():
            self.save(condition=_is_free(seen_run, now))

    def put_in(self, writes: TransactWrite, seen_run: str | None, now: float) -> None:
        """Write the whole row in a transaction, which fails if there is a row of another run."""
        writes.save(self, condition=_is_free(seen_run, now))

    def update_in(self, writes: TransactWrite, names: list[str]) -> None:
        """Write these fields in a transaction, which fails if another run has begun."""
        writes.update(self, self._actions(names), condition=Payload.run == self.run)

    def note(self, names: list[str]) -> None:
        """Write these fields. Raises ConditionFailed: another run has begun, or the row is gone."""
        update = self._get_connection().update_item
        with translating_store_errors():
            update(self.id, actions=self._actions(names), condition=Payload.run == self.run)

    def _actions(self, names: list[str]) -> list[Any]:
        given = [(getattr(Payload, name), getattr(self, name)) for name in names]
        return [one.remove() if value is None else one.set(value) for one, value in given]

    @classmethod
    def items_of(cls, ids: Iterable[str]) -> dict[str, Any]:
        """Return the outcomes of up to 100 payloads by their ids, those that can be read."""
        found: dict[str, Any] = {}
        asked: Any = [{"id": {"S": one}} for one in ids]
        while asked:
            with translating_store_errors():
                rows, asked = cls._batch_get_page(
                    asked, consistent_read=False, attributes_to_get=["id", "items"]
                )  # type: ignore[no-untyped-call]
            for row in rows:
                with suppress(RowBroken):
                    found[row["id"]["S"]] = cls.from_raw_data(row).items
        return found

    @classmethod
    def newest(
        cls, source_id: str, since: float, most: int, before: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the newest payloads of a source, with the fields of a list, as plain rows.

        Args:
            source_id: The source.
            since: Epoch seconds.
            most: The most payloads to return.
            before: Only payloads before this time, in epoch seconds.
        """
        when: Condition = cls.received_at >= since
        if before is not None:
            when = cls.received_at.between(
                since, round(before - 0.001, 3)
            )  # times have three digits
        rows: list[dict[str, Any]] = []
        start: Any = None
        ask = cls.query_of("by_source", source_id, when, scan_index_forward=False)
        while len(rows) < most:
            with translating_store_errors():
                page = ask(exclusive_start_key=start, limit=most - len(rows))
            rows += [plain_row(item) for item in page["Items"]]
            start = page.get("LastEvaluatedKey")
            if not start:
                break
        return rows


def _is_free(seen_run: str | None, now: float) -> Condition:
    condition: Condition = Stated(
        "attribute_not_exists(id) OR expires_at < :now", {":now": {"N": str(now)}}
    )
    return condition if seen_run is None else condition | (Payload.run == seen_run)
