"""Waiting records of a stream: in order per item, otherwise in parallel."""

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple


class Record(NamedTuple):
    """A stream record in Lambda's format, and its shard."""

    shard: str
    content: dict[str, Any]

    @property
    def sequence_number(self) -> str:
        """Return its sequence number."""
        return str(self.content["dynamodb"]["SequenceNumber"])

    @property
    def item(self) -> str:
        """Return the key of its item."""
        return repr(sorted(self.content["dynamodb"]["Keys"].items()))


class RecordQueue:
    """Waiting records, and the items in use, whose records wait until they are free."""

    def __init__(self) -> None:
        """Start empty."""
        self._arrivals = count()
        self._waiting: dict[str, deque[tuple[int, Record]]] = {}
        # The first record of each free item. If its item is taken otherwise, an entry stays until
        # its turn and is then dropped: so a batch is found in a few steps per record.
        self._firsts: list[tuple[int, str]] = []
        self._taken: set[str] = set()

    def put(self, record: Record) -> None:
        """Take a record behind those of its item."""
        item = record.item
        self._waiting.setdefault(item, deque()).append((next(self._arrivals), record))
        if item not in self._taken and len(self._waiting[item]) == 1:
            self._offer(item)

    def __len__(self) -> int:
        """Return about how many items have a waiting record: some entries may be stale."""
        return len(self._firsts)

    def has_next(self) -> bool:
        """Tell whether a record of a free item is waiting."""
        while self._firsts and not self._is_first(*self._firsts[0]):
            heappop(self._firsts)
        return bool(self._firsts)

    def take(self, most: int) -> list[Record]:
        """Take the processable records in order of arrival, and reserve their items."""
        batch: list[Record] = []
        items: set[str] = set()
        while len(batch) < most and self.has_next():
            _, item = heappop(self._firsts)
            batch.append(self._waiting[item].popleft()[1])
            items.add(item)
            self._offer(item)
        self._taken |= items
        return batch

    def free(self, items: Iterable[str]) -> None:
        """Let the records of these items be taken again."""
        for item in items:
            self._taken.remove(item)
            self._offer(item)

    def _offer(self, item: str) -> None:
        if self._waiting.get(item):
            heappush(self._firsts, (self._waiting[item][0][0], item))
        else:
            self._waiting.pop(item, None)

    def _is_first(self, arrival: int, item: str) -> bool:
        waiting = self._waiting.get(item)
        return item not in self._taken and waiting is not None and waiting[0][0] == arrival
