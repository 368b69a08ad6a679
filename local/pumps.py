"""Calls the event handlers as Lambda's event sources do: retry queue and clock."""

import logging
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from chalice.local import LambdaContext

from local.environment import ACCOUNT, REGION
from local.event_source_mapping import Handler
from local.messages import Message
from local.queue import Queue

_log = logging.getLogger(__name__)
_TIMEOUT_MS = 60_000  # the remaining time shown to a handler
_CALLS = 5  # concurrent calls of the queue's handler


class QueuePump:
    """Feeds a queue's messages to a handler in concurrent calls.

    Accepted messages are deleted. Refused ones, by name or by an exception, stay in the queue; its
    visibility timeout says when they return, and its redrive policy how often.
    """

    def __init__(self, queue: Queue, handler: Handler) -> None:
        """Create the workers without starting them."""
        self._queue = queue
        self._handler = handler
        self._turn = threading.Lock()  # one worker waits for messages, the others for the lock
        self._workers = [
            threading.Thread(target=self._work, name="retry", daemon=True) for _ in range(_CALLS)
        ]

    def __enter__(self) -> None:
        """Begin."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Start shutdown: receive no more messages."""
        self._queue.close()

    def __exit__(self, *_: object) -> None:
        """Receive no more messages, and finish calls in flight within 3 s."""
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
        except Exception:  # noqa: BLE001 -- Lambda logs any exception and keeps the messages
            _log.exception("retry failed; its messages return to the queue")
            return []
        failed = _failures(answer)
        if not failed <= {message["messageId"] for message in messages}:
            return []  # like Lambda: an unknown name refuses the whole batch
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
        """Start shutdown: make no more calls."""
        self._stopping.set()

    def __exit__(self, *_: object) -> None:
        """Make no more calls, and finish the one in flight within 1 s."""
        self.stop()
        _join([self._thread], 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._call()
            self._stopping.wait(self._period)

    def _call(self) -> None:
        try:
            self._handler(_scheduled_event(), LambdaContext("sweep", 512, _TIMEOUT_MS))
        except Exception:  # noqa: BLE001 -- the next call may succeed
            _log.exception("sweep failed; it is called again in %s s", self._period)


def _failures(answer: Mapping[str, Any] | None) -> set[str | None]:
    """Return the failures named in a handler's answer."""
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
