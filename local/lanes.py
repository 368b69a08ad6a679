"""What Lambda's event source mapping does with a stream's records: in order for each item, side by side otherwise."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

_log = logging.getLogger(__name__)
_BATCH = 100  # records a call, as the deployed mapping has it
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds before a batch is repeated

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any] | None]


class Record(NamedTuple):
    """A stream record as Lambda gives it, and the shard that it comes from."""

    shard: str
    content: dict[str, Any]

    @property
    def sequence_number(self) -> str:
        """Return its place in the shard."""
        return str(self.content["dynamodb"]["SequenceNumber"])


class Lanes:
    """Calls a handler with batches of records.

    The records of one item go through one lane, so they stay in order. A batch that the handler refuses is repeated,
    from the record that it names, until it is accepted: no record is skipped and none is lost.
    """

    def __init__(
        self, handler: Handler, make_context: Callable[[], Any], save_place: Callable[[str, str], None]
    ) -> None:
        """Make the lanes, as many as the deployed mapping's ParallelizationFactor.

        Args:
            handler: Takes a Lambda event; it may return `batchItemFailures`.
            make_context: Makes the context of a call.
            save_place: Called with a shard and its sequence number up to which, without a gap, all records are done.
        """
        self._handler = handler
        self._make_context = make_context
        self._places = _Places(save_place)
        self._stopping = threading.Event()
        self._lanes = [_Lane(self._work) for _ in range(4)]

    @property
    def backlog(self) -> int:
        """Return how many records are not done yet, about."""
        return self._places.waiting

    def put(self, records: Iterable[Record]) -> None:
        """Take the next records of a shard."""
        for record in records:
            self._places.expect(record)
            keys = sorted(record.content["dynamodb"]["Keys"].items())
            self._lanes[hash(repr(keys)) % len(self._lanes)].put(record)

    def stop(self, timeout: float) -> None:
        """Finish what was put, `timeout` seconds at most; what the handler refuses is left for the next start."""
        self._stopping.set()
        for lane in self._lanes:
            lane.end()
        give_up_at = time.monotonic() + timeout
        for lane in self._lanes:
            lane.join(max(0, give_up_at - time.monotonic()))

    def _work(self, batch: list[Record]) -> bool:
        """Call the handler until it has accepted the batch; False: the end came first, and nothing may overtake it."""
        wait = _FIRST_WAIT
        while batch:
            done = self._call(batch)
            try:
                self._places.finish(batch[:done])
            except OSError:
                _log.exception("the place in the stream could not be saved; the next batch will")
            batch = batch[done:]
            wait = _FIRST_WAIT if done else min(2 * wait, _LONGEST_WAIT)
            if batch and self._stopping.wait(wait):
                return False
        return True

    def _call(self, batch: list[Record]) -> int:
        """Return how many of the batch, from its beginning, are done."""
        try:
            answer = self._handler({"Records": [record.content for record in batch]}, self._make_context())
        except Exception:  # noqa: BLE001 -- whatever it is, Lambda would log it and repeat the batch
            _log.exception("dispatch failed; the batch is repeated")
            return 0
        failed = {failure.get("itemIdentifier") for failure in (answer or {}).get("batchItemFailures", [])}
        if not failed:
            return len(batch)
        numbers = [record.sequence_number for record in batch]
        return min((numbers.index(number) for number in failed if number in numbers), default=0)


class _Lane(threading.Thread):
    """A thread with a queue; it takes up to a batch at a time."""

    def __init__(self, work: Callable[[list[Record]], bool]) -> None:
        super().__init__(name="lane", daemon=True)
        self._work = work
        self._queue: deque[Record] = deque()
        self._condition = threading.Condition()
        self._ending = False
        self.start()

    def put(self, record: Record) -> None:
        with self._condition:
            self._queue.append(record)
            self._condition.notify()

    def end(self) -> None:
        with self._condition:
            self._ending = True
            self._condition.notify()

    def run(self) -> None:
        while (batch := self._take()) and self._work(batch):
            pass

    def _take(self) -> list[Record]:
        """Wait for records; none means the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._queue or self._ending)
            return [self._queue.popleft() for _ in range(min(len(self._queue), _BATCH))]


class _Places:
    """How far each shard is done: up to the record before the first one that is not."""

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

    def finish(self, records: list[Record]) -> None:
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
