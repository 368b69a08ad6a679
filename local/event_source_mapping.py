"""Lambda's event source mapping for a stream: in order per item, otherwise in parallel."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local.records import Record, RecordQueue

CALLS = 10
"""Most concurrent calls for a shard, as in the mapping deployed in `prod`."""

_log = logging.getLogger(__name__)
_BATCH = 10  # records a call, repeated if this process ends; a deployed mapping has 100
_FEW = 4  # of a call that runs alone: what it has posted is soon saved
_SPARE = 4  # idle workers that stay
_MOST_AT_ONCE = 20  # whole batches in flight, or as many records in smaller ones
_AT_FIRST = 2  # of these, so that progress is saved soon even if this run is killed
# Waiting items, and the concurrent batches then: more would contend in the store.
_BACKLOG, _CATCHING_UP = (50, 4)
_HEAD_START = 0.05  # seconds after which another call starts beside the latest one; see _pause
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds before a batch is repeated

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any] | None]


class EventSourceMapping:
    """Calls a handler with batches of records, several at a time.

    An item is in one call at a time, so its records stay in order and a hanging call delays no
    other item. A refused batch is repeated from the record that the handler names until it is
    accepted: no record is skipped or lost.
    """

    def __init__(
        self,
        handler: Handler,
        make_context: Callable[[], Any],
        save_place: Callable[[str, str], None],
        calls: int = CALLS,
    ) -> None:
        """Prepare; the first records start the workers.

        Args:
            handler: Takes a Lambda event; it may return `batchItemFailures`.
            make_context: Makes the context of a call.
            save_place: Called with a shard and the sequence number up to which all records are
                done, without a gap.
            calls: Most concurrent calls.
        """
        self._handler = handler
        self._make_context = make_context
        self._places = _Places(save_place)
        self._stopping = threading.Event()
        lock = threading.Lock()  # guards the following
        self._changed, self._left = threading.Condition(lock), threading.Condition(lock)
        self._queue, self._room = RecordQueue(), _Room(min(calls, _MOST_AT_ONCE))
        self._calls = calls
        self._latest: Sequence[Record] = ()  # the latest batch, while its call runs
        self._began_at = 0.0  # when it was taken, in seconds of the monotonic clock
        self._workers = self._idle = 0

    @property
    def backlog(self) -> int:
        """Return about how many records are not done yet."""
        return self._places.waiting

    def put(self, records: Iterable[Record]) -> None:
        """Take the next records of a shard."""
        with self._changed:
            for record in records:
                self._places.expect(record)
                self._queue.put(record)
            self._call_worker()

    def stop(self, timeout: float) -> None:
        """Finish the records within `timeout` seconds; refused ones wait for the next start."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
            self._left.wait_for(lambda: not self._workers, timeout)

    def _call_worker(self) -> None:
        """Wake or start a worker, if one is available."""
        if not self._queue.has_next() or not self._has_room():
            return
        if self._idle:
            self._changed.notify()
        elif self._workers < self._calls:
            threading.Thread(target=self._work, name="batch", daemon=True).start()
            self._workers += 1

    def _has_room(self) -> bool:
        return self._room.is_there(_CATCHING_UP if len(self._queue) >= _BACKLOG else _MOST_AT_ONCE)

    def _work(self) -> None:
        while batch := self._take():
            self._handle(batch)

    def _take(self) -> Sequence[Record]:
        """Wait for a batch; an empty one ends this worker."""
        with self._changed:
            while (pause := self._pause()) != 0:
                if pause is None and self._may_end():
                    self._workers -= 1
                    self._left.notify_all()
                    return ()
                self._idle += 1
                self._changed.wait(pause)
                self._idle -= 1
            batch = self._latest = self._queue.take(self._size())
            self._began_at = time.monotonic()
            self._room.take(len(batch))
            self._call_worker()
            return batch

    def _size(self) -> int:
        is_alone = not self._latest and len(self._queue) < _BACKLOG
        return _FEW if is_alone else _BATCH

    def _may_end(self) -> bool:
        return self._idle >= _SPARE or (self._stopping.is_set() and not self._queue.has_next())

    def _pause(self) -> float | None:
        """Return for how many seconds no batch may be taken; None: until something changes.

        A batch waits for the latest one unless that takes long, as for a slow endpoint: calls side
        by side share one interpreter, so all their deliveries would be under way for longer.
        """
        if not self._queue.has_next() or not self._has_room():
            return None
        return max(0, self._began_at + _HEAD_START - time.monotonic()) if self._latest else 0

    def _handle(self, batch: Sequence[Record]) -> None:
        """Call the handler until it accepts the batch; items it refuses at the end stay taken."""
        wait = _FIRST_WAIT
        while True:
            done = self._call(batch)
            self._finish(batch, done)
            batch = batch[done:]
            wait = _FIRST_WAIT if done else min(2 * wait, _LONGEST_WAIT)
            if not batch or self._stopping.wait(wait):
                return
            with self._changed:
                self._left.wait_for(self._has_room)
                self._room.take(len(batch))

    def _call(self, batch: Sequence[Record]) -> int:
        """Return how many records of the batch are done, from its start."""
        try:
            answer = self._handler(
                {"Records": [record.content for record in batch]}, self._make_context()
            )
        except Exception:  # noqa: BLE001 -- Lambda logs any exception and repeats the batch
            _log.exception("dispatch failed; the batch is repeated")
            return 0
        failed = {
            failure.get("itemIdentifier") for failure in (answer or {}).get("batchItemFailures", [])
        }
        if not failed:
            return len(batch)
        numbers = [record.sequence_number for record in batch]
        return min((numbers.index(number) for number in failed if number in numbers), default=0)

    def _finish(self, batch: Sequence[Record], count: int) -> None:
        done, refused = batch[:count], batch[count:]
        with self._changed:
            if self._latest is batch:
                self._latest = ()
            self._room.leave(len(batch), is_good=not refused)
            self._left.notify_all()
            self._queue.free({record.item for record in done} - {record.item for record in refused})
            if refused:  # otherwise this worker continues
                self._call_worker()
        try:
            self._places.finish(done)
        except OSError:
            _log.exception("the place in the stream could not be saved; the next batch will")


class _Room:
    """The concurrency limit: one more after a good batch, half after a refused one.

    It counts records in units of whole batches, since the cost of a call is its records: a hanging
    call with few records does not hold up others.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit  # batches
        self._most = _AT_FIRST  # of these, now
        self._taken = 0  # records

    def is_there(self, most: int) -> bool:
        """Tell whether there is room for a whole batch among `most`."""
        return self._taken <= (min(most, self._most) - 1) * _BATCH

    def take(self, records: int) -> None:
        self._taken += records

    def leave(self, records: int, *, is_good: bool) -> None:
        self._taken -= records
        self._most = min(self._most + 1, self._limit) if is_good else max(self._most // 2, 1)


class _Places:
    """The progress of each shard: up to the record before the first unfinished one."""

    def __init__(self, save: Callable[[str, str], None]) -> None:
        self._save = save
        self._lock = threading.Lock()
        self._open: dict[str, deque[str]] = {}
        self._done: set[tuple[str, str]] = set()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._open.values()))

    def expect(self, record: Record) -> None:
        with self._lock:
            self._open.setdefault(record.shard, deque()).append(record.sequence_number)

    def finish(self, records: Sequence[Record]) -> None:
        with self._lock:
            self._done.update((record.shard, record.sequence_number) for record in records)
            for shard in {record.shard for record in records}:
                self._advance(shard)

    def _advance(self, shard: str) -> None:
        numbers, place = self._open[shard], None
        while numbers and (shard, numbers[0]) in self._done:
            place = numbers.popleft()
            self._done.remove((shard, place))
        if place is not None:
            self._save(shard, place)
