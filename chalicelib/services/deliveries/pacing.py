"""Attempts at an endpoint with a pace: one sender at a time, in slots that the row counts.

Deliveries over the pace wait and are due. The process that takes a block of slots is the sender: it
makes one attempt a slot, the longest due first, and takes the next block. Other processes leave.
The sender looks again after its last block, so that later deliveries are not left behind.
"""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial

from chalicelib.adapters import queue
from chalicelib.adapters.dynamodb.tables import Endpoint, delivery_lists
from chalicelib.adapters.queue import RetryMessage
from chalicelib.domain import pace
from chalicelib.services.deliveries import persisting
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.ordered_attempts import Work, work_through
from chalicelib.services.deliveries.worker_pool import RETRIES
from chalicelib.services.endpoints import effective

LEAD = 0.1
"""Seconds before its slot in which a delivery is read and claimed: the store may take a while, and
the attempts must still be a gap apart."""

SETTLING = 1.0
"""Seconds after the last block in which the index of due deliveries may lag behind."""

Run = Future[list[Result]]


def send_paced(endpoint: Endpoint, work: Work, *, takes_over: bool = False) -> None:
    """Send due deliveries at an endpoint's pace, unless another process does.

    Args:
        endpoint: The endpoint.
        work: The shared state of this batch of messages.
        takes_over: Whether the other sender is about to end: its last slots are awaited.

    Raises:
        StoreUnavailable: The message must come again.
    """
    if not endpoint.read_again() or not (per_second := effective.per_second(endpoint)):
        return
    free_in = pace.free_from(effective.paced_until(endpoint), per_second) - time.time()
    if free_in > (pace.MAX_WAIT if takes_over else 0):
        return
    time.sleep(max(0, free_in))
    sender = _Sender(endpoint, work, per_second)
    try:
        sender.run()
    finally:
        sender.count_all()


class Turns:
    """The slots of an endpoint as this process uses them."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Start without slots."""
        self._endpoint = endpoint
        self._per_second = effective.per_second(endpoint)
        self._lock = threading.Lock()
        self._next_at = 0.0  # epoch seconds of the earliest attempt

    def take(self, wanted: int) -> tuple[float, ...]:
        """Take the next slots, at most a block of them; none if another process takes them now."""
        taken_until = max(effective.paced_until(self._endpoint), self._next_at)
        block = pace.next_block(taken_until, self._per_second, wanted, time.time())
        return block.slots if self._endpoint.take_slots(block.until) else ()

    def wait_to_claim(self, slot: float) -> None:
        """Wait until the time to claim the delivery of a slot, in epoch seconds."""
        time.sleep(max(0, slot - LEAD - time.time()))

    def wait(self, slot: float) -> None:
        """Wait for a slot, or longer if the attempt before it was late."""
        with self._lock:
            at = max(slot, self._next_at, time.time())
            self._next_at = at + 1 / self._per_second
        time.sleep(max(0, at - time.time()))


class _Sender:
    """Sends block after block."""

    def __init__(self, endpoint: Endpoint, work: Work, per_second: float) -> None:
        self._endpoint, self._work = endpoint, work
        self._per_second, self._size = per_second, pace.block_size(per_second)
        self._turns = Turns(endpoint)
        self._runs: dict[str, Run] = {}  # the newest of each ordering key
        self._begun: list[Run] = []  # those that the circuit breaker has not counted
        self._has_sent = False

    def run(self) -> None:
        """Send until nothing is due, another process sends, or the time is over."""
        while self._is_soon() and self._endpoint.is_active:
            if not (keys := self._due_keys() or self._keys_behind()):
                self._look_again(effective.paced_until(self._endpoint) + SETTLING)
                return
            is_last = self._work.is_over
            if not self._send_block(keys, is_last=is_last) or is_last:
                return
        self._look_again(pace.free_from(effective.paced_until(self._endpoint), self._per_second))

    def _is_soon(self) -> bool:
        return effective.paced_until(self._endpoint) <= time.time() + pace.MAX_WAIT

    def _due_keys(self) -> list[str]:
        """Return the ordering keys of the longest due deliveries, one for each delivery.

        Running attempts are left out: one that has just begun may not have claimed its row.
        """
        under_way = {key for key, run in self._runs.items() if not run.done()}
        limit = self._size + len(under_way)
        due = delivery_lists.due_at(self._endpoint.id, time.time(), limit)
        keys = [row.ordering_key for row in due if row.ordering_key not in under_way]
        return keys[: self._size]

    def _keys_behind(self) -> list[str]:
        """Wait for running attempts; return the keys that waited behind them, as `_due_keys`."""
        wait(self._runs.values())
        return self._due_keys() if self._runs else []

    def _send_block(self, keys: list[str], *, is_last: bool) -> bool:
        """Take a block and use it; False: another process sends, or the endpoint is suspended.

        With the last block another process is called, which continues after it.
        """
        slots = self._turns.take(len(keys))
        if slots and is_last:
            queue.send({RetryMessage(self._endpoint.id, takes_over=True): time.time()})
        for slot, key in zip(slots, keys, strict=False):
            self._turns.wait_to_claim(slot)
            self._begin(key, slot)
        self._count()
        return bool(slots) and self._endpoint.suspended_until is None

    def _begin(self, key: str, slot: float) -> None:
        """Use a slot; it is lost if the attempt before it, or too many others, are under way."""
        if key in self._runs and not self._runs[key].done():
            return
        # A taken slot is used, even if another process is about to take over.
        work = self._work._replace(wait_turn=partial(self._turns.wait, slot), ends_at=math.inf)
        job = partial(work_through, self._endpoint.id, key, work, 1)
        run = RETRIES.submit(self._endpoint.id, job, self._work.limit_of(self._endpoint.id))
        if run is not None:
            self._runs[key] = run
            self._begun.append(run)
            self._has_sent = True

    def _count(self, is_counted: Callable[[Run], bool] = Run.done) -> None:
        """Count finished attempts in the circuit breaker, so that it can open during the run."""
        counted = [run for run in self._begun if is_counted(run)]
        self._begun = [run for run in self._begun if run not in counted]
        self._runs = {key: run for key, run in self._runs.items() if not run.done()}
        persisting.count([one for run in counted for one in run.result()], self._work.hops)

    def count_all(self) -> None:
        """Wait for all attempts and count them."""
        self._count(lambda _: True)

    def _look_again(self, at: float) -> None:
        """Queue a message for a time, unless that time has come and nothing was sent."""
        if self._has_sent or at > time.time():
            hops = 0 if self._has_sent else self._work.hops
            queue.send({RetryMessage(self._endpoint.id): at}, hops)
