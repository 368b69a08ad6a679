"""The configured URLs, each with the state of its circuit breaker."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.constants import BOOLEAN, NUMBER, STRING_SET
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import (
    ConditionFailed,
    Table,
    all_pages,
    equals_or_absent,
    set_or_remove,
    translating_store_errors,
)
from chalicelib.adapters.dynamodb.tables.attributes import FreeField
from chalicelib.config import CONFIG
from chalicelib.domain import free_fields
from chalicelib.domain.circuit_breaker import BreakerState
from chalicelib.domain.endpoint_fields import FIELDS
from chalicelib.domain.errors import StoreUnavailable

NOTED_AGAIN_AFTER = 30.0
"""Seconds before `waiting_since` is written again: a failing endpoint must not cost a write for
each failure."""


class Endpoint(Table):
    """A configured URL; all but `id` and `url` may be absent."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "endpoints"

    id = UnicodeAttribute(hash_key=True)
    url = UnicodeAttribute()
    events = FreeField(lambda value: set(free_fields.read_texts(value)), STRING_SET)
    format = FreeField(free_fields.read_text)
    is_active = FreeField(free_fields.read_flag, BOOLEAN, default=True, null=False)
    secret = UnicodeAttribute(null=True)
    previous_secret = UnicodeAttribute(null=True)
    previous_secret_until = FreeField(free_fields.read_number, NUMBER)
    signing = FreeField(FIELDS["signing"].read)
    signing_key = UnicodeAttribute(null=True)
    previous_signing_key = UnicodeAttribute(null=True)
    previous_signing_key_until = FreeField(free_fields.read_number, NUMBER)
    name = FreeField(FIELDS["name"].read)
    filter = FreeField(FIELDS["filter"].read)
    filter_failure = FreeField(free_fields.read_text)  # a `FilterFailure`
    template = FreeField(FIELDS["template"].read)
    send_token = FreeField(FIELDS["send_token"].read, BOOLEAN)
    headers = FreeField(FIELDS["headers"].read)
    timeout = FreeField(FIELDS["timeout"].read, NUMBER)
    per_second = FreeField(FIELDS["per_second"].read, NUMBER)
    paced_until = NumberAttribute(null=True)  # epoch seconds up to which slots are taken
    retry_delays = FreeField(FIELDS["retry_delays"].read)
    disabled_reason = UnicodeAttribute(null=True)
    failures = NumberAttribute(null=True)
    slow_answers = NumberAttribute(null=True)
    failing_since = NumberAttribute(null=True)
    suspended_until = NumberAttribute(null=True)
    half_open_limit = NumberAttribute(null=True, attr_name="ramp")
    probing_until = NumberAttribute(null=True)
    waiting_since = NumberAttribute(null=True)

    @property
    def breaker(self) -> BreakerState:
        """The state of the circuit breaker."""
        return BreakerState(
            failures=int(self.failures or 0),
            slow_answers=int(self.slow_answers or 0),
            failing_since=self.failing_since,
            suspended_until=self.suspended_until,
            half_open_limit=int(self.half_open_limit or 1),
            probing_until=self.probing_until,
        )

    def save_breaker(self, was: BreakerState, state: BreakerState) -> None:
        """Write the state of the circuit breaker, under optimistic locking.

        Args:
            was: The state that the new one was computed from.
            state: The new state.

        Raises:
            ConditionFailed: The row has changed, or is gone.
        """
        kept = state._asdict() | {
            "half_open_limit": state.half_open_limit if state.suspended_until else None,
            "probing_until": state.probing_until if state.is_probing else None,
        }
        condition = Endpoint.id.exists()
        for name in ("failures", "slow_answers", "failing_since", "suspended_until"):
            condition &= equals_or_absent(getattr(Endpoint, name), getattr(was, name) or None)
        self._write(
            [set_or_remove(getattr(Endpoint, name), value) for name, value in kept.items()],
            condition,
        )

    def switch(self, *, is_active: bool, reason: str | None = None) -> None:
        """Enable or disable the endpoint, and reset its circuit breaker.

        Raises:
            ConditionFailed: The row is gone; or, with a reason, it is disabled already.
        """
        condition = Endpoint.id.exists()
        if reason:
            # A manual edit may make it a text.
            condition &= Endpoint.is_active.does_not_exist() | (Endpoint.is_active != False)  # noqa: E712 -- an expression
        actions: list[Action] = [getattr(Endpoint, name).remove() for name in BreakerState._fields]
        self._write(
            [
                *actions,
                Endpoint.is_active.set(is_active),
                set_or_remove(Endpoint.disabled_reason, reason),
            ],
            condition,
        )

    def note_waiting(self, now: float) -> None:
        """Note that deliveries will wait for this endpoint, so that dispatch looks for them."""
        if self.waiting_since is not None and self.waiting_since > now - NOTED_AGAIN_AFTER:
            return
        with suppress(ConditionFailed):  # it is gone: the sweep finds its deliveries
            self._write([Endpoint.waiting_since.set(round(now, 3))], Endpoint.id.exists())

    def note_none_waiting(self) -> None:
        """Note that nothing waits for this endpoint, unless that changed since the row was read."""
        with suppress(ConditionFailed):
            self._write(
                [Endpoint.waiting_since.remove()], Endpoint.waiting_since == self.waiting_since
            )

    def note_filter_failure(self, failure: str) -> None:
        """Keep the last failure of the filter."""
        with suppress(ConditionFailed):  # it is gone
            self._write([Endpoint.filter_failure.set(failure)], Endpoint.id.exists())

    def set_fields(self, fields: Mapping[str, Any]) -> None:
        """Write these fields, unless the secret or the key pair has changed since it was read.

        Raises:
            ConditionFailed: One of them has changed, or the row is gone.
        """
        actions: list[Action] = []
        for name, value in fields.items():
            attribute = getattr(Endpoint, name)
            actions.append(attribute.remove() if value is None else attribute.set(value))
        condition = Endpoint.id.exists()
        for name in ("secret", "signing_key"):
            kept = getattr(self, name) or None
            condition &= equals_or_absent(getattr(Endpoint, name), kept)
        self._write(actions, condition)

    def take_slots(self, until: float) -> bool:
        """Take the slots up to a time; False: another process has just taken some, or it is gone.

        The row is read again then.
        """
        is_as_read = equals_or_absent(Endpoint.paced_until, self.paced_until)
        try:
            self._write([Endpoint.paced_until.set(until)], Endpoint.id.exists() & is_as_read)
        except ConditionFailed:
            self.read_again()
            return False
        return True

    def keep_sending_token(self) -> None:
        """Set `send_token`, unless the row has it by now or is gone."""
        condition = Endpoint.id.exists() & Endpoint.send_token.does_not_exist()
        with suppress(ConditionFailed):
            self._write([Endpoint.send_token.set(True)], condition)

    def keep_first(self, name: str, secret: str) -> str:
        """Store a first secret or key pair and return the valid one.

        Another Lambda may have stored one first.

        Args:
            name: The attribute that holds it.
            secret: The one to store.

        Raises:
            StoreUnavailable: The store did not answer, or the row is gone.
        """
        attribute = getattr(Endpoint, name)
        is_first = Endpoint.id.exists() & (attribute.does_not_exist() | (attribute == ""))
        try:
            self._write([attribute.set(secret)], is_first)
        except ConditionFailed as error:
            if not self.read_again():
                raise StoreUnavailable(f"the endpoint {self.id} is gone") from error
        return str(getattr(self, name))

    def read_again(self) -> bool:
        """Read the row again; False: it is gone."""
        with translating_store_errors():
            try:
                row = Endpoint.get(self.id, consistent_read=True)
            except Endpoint.DoesNotExist:
                return False
        self.attribute_values = row.attribute_values
        return True

    def _write(self, actions: Sequence[Action], condition: Condition) -> None:
        # Other threads read this row at the same time, and PynamoDB's update empties it before it
        # fills it again.
        row = Endpoint(self.id)
        with translating_store_errors():
            row.update(actions=list(actions), condition=condition)
        self.attribute_values = row.attribute_values

    @classmethod
    def raw_rows(cls) -> list[Mapping[str, Any]]:
        """Return every row as the store holds it: one unusable row must not hide the others."""
        return list(all_pages(partial(cls._get_connection().scan, consistent_read=True)))
