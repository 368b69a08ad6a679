"""Deliveries that this process has posted but not recorded: a repeat only records them."""

import threading
from collections.abc import Iterable

from chalicelib.adapters.dynamodb.tables import Delivery

MAX_ROWS = 10_000
"""As many as a batch of 100 changes has for 100 endpoints."""

MAX_TEXT = 50_000_000
"""The most characters of events and bodies to keep."""


def _size_of(delivery: Delivery) -> int:
    return len(delivery.packed_event or "") + len(delivery.body or "")


class Unrecorded:
    """Rows by their places in the stream; the oldest are forgotten, and posted again."""

    def __init__(self, max_rows: int = MAX_ROWS, max_text: int = MAX_TEXT) -> None:
        """Keep none yet."""
        self._most_rows, self._most_text = max_rows, max_text
        self._rows: dict[str, dict[str, Delivery]] = {}  # by sequence and lane, the oldest first
        self._count = self._text = 0
        self._lock = threading.Lock()

    def __contains__(self, sequence: str) -> bool:
        """Tell whether anything of a record is kept."""
        return sequence in self._rows

    def keep(self, delivery: Delivery) -> None:
        """Keep a row whose attempt was made."""
        with self._lock:
            rows = self._rows.setdefault(delivery.sequence, {})
            if delivery.ordering_key not in rows:
                self._add(1, _size_of(delivery))
            rows[delivery.ordering_key] = delivery
            while self._count > self._most_rows or self._text > self._most_text:
                self._drop(next(iter(self._rows)))

    def of(self, lane: str, sequence: str) -> Delivery | None:
        """Return a row that was kept."""
        return self._rows.get(sequence, {}).get(lane)

    def drop(self, sequences: Iterable[str]) -> None:
        """Drop what was kept of these records: all of it is recorded."""
        with self._lock:
            for sequence in sequences:
                self._drop(sequence)

    def forget(self) -> None:
        """Drop all, as the end of the process does."""
        self.drop(list(self._rows))

    def _drop(self, sequence: str) -> None:
        for row in self._rows.pop(sequence, {}).values():
            self._add(-1, -_size_of(row))

    def _add(self, rows: int, text: int) -> None:
        self._count += rows
        self._text += text


UNRECORDED = Unrecorded()
