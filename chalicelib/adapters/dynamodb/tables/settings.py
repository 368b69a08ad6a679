"""The administrator's settings, the id counters, and claims on names."""

import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.rows import fault_of
from chalicelib.adapters.dynamodb.store import Table, transaction, translating_store_errors
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowBroken


def _broken_in(table: type[Table], data: dict[str, Any]) -> dict[str, str]:
    kinds = table.get_attributes()
    reasons = {name: fault_of({name: kinds[name]}, data) for name in kinds}
    return {name: reason for name, reason in reasons.items() if reason}


class Settings(Table):
    """The one row of settings that an administrator may change.

    A secret that was edited into another type is ignored, and `broken` has the reason: the other
    secrets keep working.
    """

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "settings"

    id = UnicodeAttribute(hash_key=True, default="settings")
    webhook_token = UnicodeAttribute()
    api_token = UnicodeAttribute()
    session_key = UnicodeAttribute(null=True)
    # Absent: the endpoints may be from before `send_token`, when the token was always sent.
    endpoints_have_send_token = BooleanAttribute(null=True)
    address = UnicodeAttribute(null=True)  # where somebody last signed in

    broken: Mapping[str, str] = MappingProxyType({})  # the reasons, by the names of the secrets

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "Settings":
        """Return the row; an unreadable secret is logged once."""
        broken = _broken_in(cls, data)
        row = super().from_raw_data(
            {name: value for name, value in data.items() if name not in broken}
        )
        row.broken = broken
        for name in broken:
            log.once("row_broken", logging.ERROR, error=str(row.error_of(name)))
        return row

    def error_of(self, name: str) -> RowBroken:
        """Return the error of a secret that is broken."""
        return RowBroken(f"the row settings of {self.Meta.table_name}", self.broken[name])

    def deserialize(self, attribute_values: dict[str, dict[str, Any]]) -> None:
        """Read an update's answer."""
        self.broken = _broken_in(type(self), attribute_values)
        super().deserialize(
            {name: value for name, value in attribute_values.items() if name not in self.broken}
        )

    def note_send_token(self) -> None:
        """Note that every endpoint from before `send_token` has the field."""
        with translating_store_errors():
            self.update(
                actions=[Settings.endpoints_have_send_token.set(True)],
                condition=Settings.id.exists(),
            )

    def replace_session_key(self, key: str) -> None:
        """Replace the key that was read.

        Raises:
            ConditionFailed: Another process has replaced it.
        """
        kept = Settings.session_key
        # May be NULL.
        is_as_read = ~kept.is_type() if self.session_key is None else kept == self.session_key
        with translating_store_errors():
            self.update(actions=[kept.set(key)], condition=is_as_read)


class Numbers(Table):
    """The one row of id counters: the last id of each kind."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True, default="numbers")
    task = NumberAttribute(default=0)
    project = NumberAttribute(default=0)
    column = NumberAttribute(default=0)
    category = NumberAttribute(default=0)
    tag = NumberAttribute(default=0)
    user = NumberAttribute(default=0)
    refusal = NumberAttribute(null=True, default=0)  # refused requests that were kept

    def deserialize(self, attribute_values: dict[str, dict[str, Any]]) -> None:
        """Read an update's answer, without counters that were edited into another type."""
        broken = _broken_in(type(self), attribute_values)
        super().deserialize(
            {name: value for name, value in attribute_values.items() if name not in broken}
        )

    @classmethod
    def reserve(cls, kind: str, count: int) -> range:
        """Reserve the next `count` ids of a kind; nobody else ever gets them."""
        row, number = cls(), getattr(cls, kind)
        with translating_store_errors():
            row.update(actions=[number.add(count)])
        last = int(getattr(row, kind))
        return range(last - count + 1, last + 1)


class Claim(Table):
    """A taken name: an idempotency key, a username, or the key of a form that was sent."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    owner = NumberAttribute()
    expires_at = NumberAttribute(null=True)
    asked = UnicodeAttribute(null=True)  # a digest of the request that used an idempotency key

    def take(self, writes: TransactWrite, now: float) -> None:
        """Write it in a transaction, which fails if the name is taken by an unexpired claim."""
        writes.save(self, condition=Claim.id.does_not_exist() | (Claim.expires_at < now))

    @classmethod
    def find(cls, claim_id: str, now: float) -> "Claim | None":
        """Return a claim, or None if the name is free or the claim has expired."""
        with translating_store_errors():
            try:
                claim = cls.get(claim_id, consistent_read=True)
            except cls.DoesNotExist:
                return None
        if claim.owner is None:
            raise RowBroken(f"the row {claim_id} of {cls.Meta.table_name}", "owner: is required")
        return None if claim.expires_at is not None and claim.expires_at < now else claim

    @classmethod
    def owner_of(cls, claim_id: str, now: float) -> int | None:
        """Return the id of the name's owner, or None if it is free or the claim has expired."""
        claim = cls.find(claim_id, now)
        return None if claim is None else int(claim.owner)


def _hash_key(row: Model) -> str:
    return next(name for name, attribute in row.get_attributes().items() if attribute.is_hash_key)


def save_once(rows: Iterable[Model], now: float) -> None:
    """Write all of the rows or none; each must be new. An expired claim counts as removed.

    Raises:
        ConditionFailed: One of them exists already.
    """
    with transaction() as writes:
        for row in rows:
            if isinstance(row, Claim):
                row.take(writes, now)
            else:
                writes.save(row, condition=getattr(type(row), _hash_key(row)).does_not_exist())
