"""Calls the event handlers as Lambda's event sources do: stream, retry queue and clock."""

import logging
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.local import LambdaContext

from local.environment import ACCOUNT, REGION
from local.event_source_mapping import CALLS, EventSourceMapping, Handler
from local.messages import Message
from local.queue import Queue
from local.records import Record
from local.stream import Places, Stream

LOOKS_APART = 0.01
"""Seconds from one look at the stream to the next, at least: what comes meanwhile is dispatched at
once."""

_log = logging.getLogger(__name__)
_SOON = 0.01  # seconds to the next look after an empty one; a stream may lag. Doubles each time
_AFTER_ERROR = 0.5  # seconds
_READ_AHEAD = 2_000  # records that may wait for a lane
_TIMEOUT_MS = 60_000  # what a handler is told that it has
_CALLS = 5  # of the queue's handler, side by side


class StreamPump:
    """Feeds a stream's records to a handler, soon after `nudge`."""

    def __init__(
        self,
        stream_arn: str,
        handler: Handler,
        place_file: Path | None,
        idle: float,
        calls: int = CALLS,
    ) -> None:
        """Begin where `place_file` says the last run ended, or at the stream's beginning.

        Args:
            stream_arn: Of the stream.
            handler: What is called with the records.
            place_file: See above.
            idle: Seconds between looks at a stream of which nobody says that there is something
                new.
            calls: How many calls of the handler may run side by side.
        """
        places = Places(place_file, stream_arn)
        self._stream = Stream(stream_arn, places)
        self._mapping = EventSourceMapping(
            handler, lambda: LambdaContext("dispatch", 1024, _TIMEOUT_MS), places.save, calls
        )
        self._idle = idle
        self._nudged = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin to end: dispatch what is in the stream, and wait for no more."""
        self._stopping.set()
        self._nudged.set()

    def __exit__(self, *_: object) -> None:
        """Dispatch what is in the stream, as far as about 3 s allow."""
        self.stop()
        self._thread.join(0.5)
        self._mapping.stop(2.5)

    def nudge(self) -> None:
        """Say that there may be something new."""
        self._nudged.set()

    def _run(self) -> None:
        pause = self._idle
        while not self._stopping.is_set():
            was_nudged = self._nudged.wait(pause)
            self._nudged.clear()
            found = self._look()
            pause = self._pause_after(found, pause, was_nudged=was_nudged)
            self._stopping.wait(LOOKS_APART)
        while self._look():
            pass

    def _pause_after(self, found: int, pause: float, *, was_nudged: bool) -> float:
        if self._stream.may_have_more:
            return 0
        if was_nudged and not found:
            return _SOON
        return self._idle if found else min(2 * pause or _SOON, self._idle)

    def _look(self) -> int:
        """Take what is new and return how many records that was."""
        try:
            return sum(map(self._take, self._stream.look()))
        except (BotoCoreError, ClientError) as error:
            _log.warning("taskhook: the stream of tasks cannot be read: %s", error)
            self._stopping.wait(_AFTER_ERROR)
            return 0

    def _take(self, records: list[Record]) -> int:
        self._mapping.put(records)
        while self._mapping.backlog > _READ_AHEAD and not self._stopping.wait(0.01):
            pass
        return len(records)


class QueuePump:
    """Feeds a queue's messages to a handler, several calls side by side.

    What the handler accepts is deleted. What it refuses, by name or by an exception, stays in the
    queue, whose visibility timeout says when it comes again and whose redrive policy says how
    often.
    """

    def __init__(self, queue: Queue, handler: Handler) -> None:
        """Make the workers; none has begun."""
        self._queue = queue
        self._handler = handler
        self._turn = threading.Lock()  # one worker waits for messages, the others for its place
        self._workers = [
            threading.Thread(target=self._work, name="retry", daemon=True) for _ in range(_CALLS)
        ]

    def __enter__(self) -> None:
        """Begin."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Begin to end: take no more messages."""
        self._queue.close()

    def __exit__(self, *_: object) -> None:
        """Take no more messages, and finish the calls in flight within 3 s."""
        self.stop()
        _join(self._workers, 3)

    def _work(self) -> None:
        while messages := self._take():
            for message in self._call(
                [self._queue.as_lambda_gives_it(message) for message in messages]
            ):
                self._queue.delete(message["receiptHandle"])

    def _take(self) -> list[Message]:
        with self._turn:
            return self._queue.take()

    def _call(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the messages that are done."""
        try:
            answer = self._handler({"Records": messages}, LambdaContext("retry", 512, _TIMEOUT_MS))
        except Exception:  # noqa: BLE001 -- whatever it is, Lambda would log it and leave the messages in the queue
            _log.exception("retry failed; its messages come again")
            return []
        failed = _failures(answer)
        if not failed <= {message["messageId"] for message in messages}:
            return []  # as Lambda has it: an answer that names a stranger refuses all
        return [message for message in messages if message["messageId"] not in failed]


class Clock:
    """Calls a handler at once and then periodically, as EventBridge's schedule does."""

    def __init__(self, handler: Handler, period: float) -> None:
        """Set the clock; `period` is in seconds."""
        self._handler = handler
        self._period = period
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin to end: call no more."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        """Call no more and finish the call in flight, as far as 1 s allows."""
        self.stop()
        _join([self._thread], 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._call()
            self._stopping.wait(self._period)

    def _call(self) -> None:
        try:
            self._handler(_scheduled_event(), LambdaContext("sweep", 512, _TIMEOUT_MS))
        except Exception:  # noqa: BLE001 -- whatever it is, the next call may do better
            _log.exception("sweep failed; it is called again in %s s", self._period)


def _failures(answer: Mapping[str, Any] | None) -> set[str | None]:
    """Return what a handler's answer calls failed."""
    return {
        failure.get("itemIdentifier") for failure in (answer or {}).get("batchItemFailures") or []
    }


def _scheduled_event() -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"],
        "detail": {},
    }


def _join(threads: Iterable[threading.Thread], timeout: float) -> None:
    """Wait for the threads' end, `timeout` seconds at most in all."""
    give_up_at = time.monotonic() + timeout
    for thread in threads:
        thread.join(max(0, give_up_at - time.monotonic()))
