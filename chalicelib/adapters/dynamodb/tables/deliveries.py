"""Deliveries: one event on its way to one endpoint, and each attempt so far."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import (
    ConditionFailed,
    all_pages,
    equals_or_absent,
    set_or_remove,
    translating_store_errors,
)
from chalicelib.adapters.dynamodb.tables import delivery_indexes
from chalicelib.adapters.dynamodb.tables.attributes import Attempts
from chalicelib.adapters.dynamodb.tables.delivery_contents import DeliveryContents
from chalicelib.config import CONFIG
from chalicelib.domain.delivery_states import DeliveryState, Status
from chalicelib.domain.errors import RowBroken

SEQUENCE_DIGITS = 40
"""The most digits of a stream record's number; padded to it, texts sort as numbers."""

_STATUSES = {status.value: status for status in Status}

Key = tuple[str, str]  # the ordering key of a delivery and its sequence


class Broken(NamedTuple):
    """An unusable row, and the reason."""

    ordering_key: str
    sequence: str
    reason: str


class Delivery(DeliveryContents):
    """One event on its way to one endpoint, and each attempt so far.

    The deliveries of one task to one endpoint share an ordering key, which the table names `lane`.
    `sequence` is the event's place in the stream of its table, with "-c" behind it for a comment,
    and "-1", "-2" ... for the parts of a change; for an event without a stream, a time.
    """

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "deliveries"

    pending = delivery_indexes.PendingByOrderingKey()
    due = delivery_indexes.DueAtEndpoint()
    by_endpoint = delivery_indexes.DeliveriesOfEndpoint()

    ordering_key = UnicodeAttribute(hash_key=True, attr_name="lane")
    sequence = UnicodeAttribute(range_key=True)
    endpoint_id = UnicodeAttribute()
    task_id = NumberAttribute()
    task_version = NumberAttribute()
    hops = NumberAttribute(null=True)  # the number of Taskhooks that the change has passed
    status = UnicodeAttribute()
    url = UnicodeAttribute(null=True)  # of the newest attempt, if there is one, without the token
    # The latest outcome in a few words.
    outcome = UnicodeAttribute(default="waits for its first attempt")
    attempts = Attempts(default=list)  # the newest ones
    tries = NumberAttribute(default=0)  # attempts so far
    tries_before = NumberAttribute(null=True, default=0)  # those that use up no retry
    took_ms = NumberAttribute(null=True)  # of the first attempt; absent: there was none yet
    created_at = NumberAttribute()
    due_at = NumberAttribute(null=True)
    give_up_at = NumberAttribute()
    expires_at = NumberAttribute()

    @staticmethod
    def key_of(delivery_id: str) -> Key:
        """Return the ordering key and the sequence of an id, or a key that no row has."""
        ordering_key, _, number = delivery_id.rpartition(".")
        number, hyphen, place = number.partition("-")
        return ordering_key or "-", number.zfill(SEQUENCE_DIGITS) + hyphen + place

    @property
    def id(self) -> str:
        """The id that people use: endpoint, task, place in the stream."""
        return f"{self.ordering_key}.{self.sequence.lstrip('0')}"

    @property
    def is_pending(self) -> bool:
        """Whether it is neither delivered nor given up yet."""
        return bool(self.status == Status.PENDING.value)

    @property
    def state(self) -> DeliveryState:
        """The state; a due delivery is pending, even if a row edited by hand has another status."""
        status = _STATUSES.get(self.status, Status.FAILED)
        if self.due_at is not None:
            status = Status.PENDING
        times = self.due_at, self.give_up_at, int(self.expires_at)
        tries = int(self.tries), int(self.tries_before or 0)
        return DeliveryState(status, *times, self.outcome, *tries)

    def become(self, state: DeliveryState) -> None:
        """Take another state without saving it."""
        # PynamoDB's setters do the same, one field at a time, in ten times the time.
        self.attribute_values.update(state._asdict(), status=state.status.value)

    def save_new(self) -> bool:
        """Write the row unless it exists: a repeated stream record must not undo later changes."""
        try:
            with translating_store_errors():
                self.save(condition=Delivery.ordering_key.does_not_exist())
        except ConditionFailed:
            return False
        return True

    def save_state(self, state: DeliveryState, event: str | None = None) -> bool:
        """Write a next state, and another packed event; False: `due_at` has changed meanwhile.

        A lease changes it too, so that only one of two workers can claim a delivery.
        """
        is_as_read = Delivery.ordering_key.exists() & equals_or_absent(Delivery.due_at, self.due_at)
        events = [] if event is None else [Delivery.packed_event.set(event)]
        return self._write([*self._changes(state), *events], is_as_read)

    def replace_event(self, packed: str) -> bool:
        """Replace a pending event; False: it, or its time, has changed since it was read."""
        is_as_read = (Delivery.packed_event == self.packed_event) & (Delivery.due_at == self.due_at)
        return self._write([Delivery.packed_event.set(packed)], is_as_read)

    def save_superseded(self, state: DeliveryState) -> bool:
        """Write that a later change covers it, at any `due_at`; False: it is not pending."""
        return self._write(self._changes(state), Delivery.status == Status.PENDING.value)

    def save_outcome(self, held_until: float) -> bool:
        """Write the row after an attempt; False: the lease expired and another worker has it."""
        actions = [
            Delivery.status.set(self.status),
            Delivery.attempts.set(self.attempts),
            Delivery.format.set(self.format),
            set_or_remove(Delivery.body, self.body),
            set_or_remove(Delivery.url, self.url),
            Delivery.outcome.set(self.outcome),
            Delivery.tries.set(self.tries),
            set_or_remove(Delivery.took_ms, self.took_ms),
            set_or_remove(Delivery.due_at, self.due_at),
            Delivery.expires_at.set(self.expires_at),
        ]
        return self._write(actions, Delivery.due_at == round(held_until, 3))

    def _changes(self, state: DeliveryState) -> list[Action]:
        """Return the actions that write another state: those of the changed fields."""
        before, after = self.state._asdict(), state._asdict()
        before["status"], after["status"] = self.status, state.status.value
        actions: list[Action] = []
        for name, value in after.items():
            attribute = getattr(Delivery, name)
            if value != before[name]:
                actions.append(attribute.remove() if value is None else attribute.set(value))
        return actions

    def _write(self, actions: Sequence[Action], condition: Condition) -> bool:
        try:
            with translating_store_errors():
                self.update(actions=list(actions), condition=condition)
        except ConditionFailed:
            return False
        return True

    @classmethod
    def has_pending(cls, ordering_key: str) -> bool:
        """Tell whether a delivery with this ordering key is pending."""
        only: dict[str, Any] = {"limit": 1, "attributes_to_get": ["lane"]}
        query = cls.query_of("pending", ordering_key, consistent_read=True, **only)
        with translating_store_errors():
            return bool(query()["Items"])

    @classmethod
    def recorded_of(cls, keys: Iterable[Key]) -> set[Key]:
        """Return the keys that have a row, finished deliveries included."""
        with translating_store_errors():
            rows = cls.batch_get(keys, consistent_read=True, attributes_to_get=["lane", "sequence"])
            return {(row.ordering_key, row.sequence) for row in rows}

    @classmethod
    def find(cls, delivery_id: str) -> "Delivery | Broken | None":
        """Return the delivery with an id; `Broken` for an unusable row; None: there is no row."""
        with translating_store_errors():
            get_item = cls._get_connection().get_item
            row = get_item(*cls.key_of(delivery_id), consistent_read=True).get("Item")
        return cls._of(row) if row else None

    @classmethod
    def waiting_in(cls, ordering_key: str) -> tuple[list["Delivery"], list[Broken]]:
        """Return the pending deliveries with an ordering key, in order, and its unreadable rows."""
        pending = all_pages(cls.query_of("pending", ordering_key, consistent_read=True))
        rows = [cls._of(row) for row in pending]
        usable = [row for row in rows if isinstance(row, Delivery)]
        broken = [row for row in rows if isinstance(row, Broken)]
        return sorted(usable, key=lambda row: row.sequence), broken

    @classmethod
    def _of(cls, row: Mapping[str, Any]) -> "Delivery | Broken":
        try:
            delivery = cls.from_raw_data(dict(row))
            _require_all(delivery)
        except (RowBroken, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = error.reason if isinstance(error, RowBroken) else error
            return Broken(row["lane"]["S"], row["sequence"]["S"], f"cannot be read: {reason}")
        return delivery

    @classmethod
    def count_waiting(cls) -> Counter[str]:
        """Count the deliveries that wait, by endpoint id; all of them, unless thousands wait."""
        with translating_store_errors():
            page = cls._get_connection().scan(index_name="due", attributes_to_get=["endpoint_id"])
            return Counter(row["endpoint_id"]["S"] for row in page["Items"])

    @classmethod
    def set_aside(cls, broken: Broken) -> None:
        """Take an unusable row out of the indexes, and write the reason in it."""
        outcome = Delivery.outcome.set(f"set aside: {broken.reason}")
        actions = [Delivery.due_at.remove(), Delivery.status.set(Status.FAILED.value), outcome]
        # The row may be gone, or no longer due.
        with suppress(ConditionFailed), translating_store_errors():
            key, is_due = (broken.ordering_key, broken.sequence), Delivery.due_at.exists()
            cls._get_connection().update_item(*key, actions=actions, condition=is_due)


def _require_all(delivery: Delivery) -> None:
    for name, attribute in delivery.get_attributes().items():
        if not attribute.null and getattr(delivery, name) is None:
            raise ValueError(f"{name} is missing")
    if delivery.event is None and delivery.body is None:
        raise ValueError("event is missing")
