"""A run's queues in memory, with SQS's semantics; `local/sqs.py` implements the protocol."""

import json
import math
import threading
import time
import uuid
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import count
from typing import Any

from local.environment import ACCOUNT, REGION
from local.messages import Message

BATCH = 10
"""Most messages of one call, as in SQS."""

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
DEFAULTS: Mapping[str, str] = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}


_LONGEST_WAIT = 60.0  # seconds; the system clock may be changed


class QueueGone(LookupError):
    """There is no such queue."""


class Queue:
    """A standard queue: at least once, in about the order in which messages fall due."""

    def __init__(self, name: str, attributes: Mapping[str, str], queues: "Queues") -> None:
        """Create an empty queue; `attributes` are SQS's, as text."""
        self.name = name
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        self.attributes = {**DEFAULTS, **attributes}
        self.created_at = time.time()
        self._queues = queues
        self._changed = threading.Condition(queues.lock)
        self.is_closed = False
        self._messages: dict[str, Message] = {}
        self._due: list[tuple[float, int, str]] = []  # when each message is due; see Message.entry
        self._entries = count(1)

    def send(self, body: str, delay: float | None = None) -> Message:
        """Add a message, visible in `delay` seconds; None: the queue's delay."""
        now = time.time()
        delay = self._number("DelaySeconds") if delay is None else delay
        message = Message(body, now, now + delay)
        with self._changed:
            self._put(message, message.visible_at)
        return message

    def receive(
        self, most: int = BATCH, visibility: float | None = None, wait: float = 0
    ) -> list[Message]:
        """Return up to `most` messages (1 to `BATCH`), each hidden for `visibility` seconds.

        Without `visibility` the queue's own counts. It waits `wait` seconds for the first one.
        """
        give_up_at = time.time() + wait
        hidden = self._number("VisibilityTimeout") if visibility is None else visibility
        with self._changed:
            while (
                not self.is_closed and (pause := min(self._next_at(), give_up_at) - time.time()) > 0
            ):
                self._changed.wait(min(pause, _LONGEST_WAIT))
            return [] if self.is_closed else self._receive(most, hidden)

    def take(self) -> list[Message]:
        """Wait for messages and return up to `BATCH` of them; none once the queue is closed."""
        messages: list[Message] = []
        while not messages and not self.is_closed:
            messages = self.receive(wait=math.inf)
        return messages

    def close(self) -> None:
        """Close the queue; waiting receivers return."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

    def delete(self, receipt_handle: str) -> None:
        """Delete a received message; as in SQS, the handle of an earlier receive is ignored."""
        with self._changed:
            message = self._received(receipt_handle)
            if message:
                del self._messages[message.message_id]

    def hide(self, receipt_handle: str, seconds: float) -> bool:
        """Make a received message visible again after some seconds; False: it is gone."""
        with self._changed:
            message = self._received(receipt_handle)
            if message:
                self._put(message, time.time() + seconds)
        return message is not None

    def purge(self) -> None:
        """Delete all messages."""
        with self._changed:
            self._messages.clear()
            self._due.clear()

    def counts(self) -> dict[str, str]:
        """Return the numbers of waiting, delayed and in-flight messages, by SQS's names."""
        now = time.time()
        with self._changed:
            self._forget_old(now)
            hidden = [each for each in self._messages.values() if each.visible_at > now]
            received = sum(each.receive_count > 0 for each in hidden)
            waiting = len(self._messages) - len(hidden)
        counts = {"": waiting, "NotVisible": received, "Delayed": len(hidden) - received}
        return {
            f"ApproximateNumberOfMessages{which}": str(count) for which, count in counts.items()
        }

    def as_lambda_gives_it(self, message: Message) -> dict[str, Any]:
        """Return a received message as a record of a Lambda event."""
        return {
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.attributes,
            "messageAttributes": {},
            "md5OfBody": message.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": REGION,
        }

    def _number(self, name: str) -> float:
        return float(self.attributes[name])

    def _put(self, message: Message, visible_at: float) -> None:
        message.visible_at, message.entry = visible_at, next(self._entries)
        self._messages[message.message_id] = message
        heappush(self._due, (visible_at, message.entry, message.message_id))
        self._changed.notify_all()

    def _received(self, receipt_handle: str) -> Message | None:
        message = self._messages.get(receipt_handle.partition(":")[0])
        return message if message and message.receipt_handle == receipt_handle else None

    def _next_at(self) -> float:
        """Return when the next message can be received, in epoch seconds."""
        while self._due:
            at, entry, message_id = self._due[0]
            message = self._messages.get(message_id)
            if message and message.entry == entry:
                return at
            heappop(self._due)
        return math.inf

    def _receive(self, most: int, hidden: float) -> list[Message]:
        now = time.time()
        self._forget_old(now)
        received: list[Message] = []
        while len(received) < most and self._next_at() <= now:
            message = self._messages[heappop(self._due)[2]]
            if not self._redrive(message):
                received.append(message)
        for message in received:
            message.receive_count += 1
            message.first_received_at = message.first_received_at or now
            message.receipt_handle = f"{message.message_id}:{uuid.uuid4()}"
            self._put(message, now + hidden)
        return received

    def _redrive(self, message: Message) -> bool:
        """Move a message received too often to the dead letters; tell whether it was moved."""
        policy = json.loads(self.attributes.get("RedrivePolicy") or "{}")
        if not policy or message.receive_count < int(policy["maxReceiveCount"]):
            return False
        shelf = self._queues.by_arn(policy["deadLetterTargetArn"])
        if shelf is None:
            return False
        del self._messages[message.message_id]
        shelf._put(message, message.visible_at)  # noqa: SLF001 -- the same class
        return True

    def _forget_old(self, now: float) -> None:
        """Drop messages past the retention; the dictionary is ordered, so the oldest is first."""
        oldest = now - self._number("MessageRetentionPeriod")
        while self._messages and (first := next(iter(self._messages.values()))).sent_at < oldest:
            del self._messages[first.message_id]


class Queues:
    """All queues of a run."""

    def __init__(self) -> None:
        """Start without queues."""
        # Shared: a message moves between queues in one step.
        self.lock = threading.RLock()
        self._queues: dict[str, Queue] = {}

    def create(self, name: str, attributes: Mapping[str, str]) -> Queue:
        """Return the queue with a name, created if missing."""
        with self.lock:
            return self._queues.setdefault(name, Queue(name, attributes, self))

    def get(self, name: str) -> Queue:
        """Return a queue. Raises QueueGone."""
        with self.lock:
            if name not in self._queues:
                raise QueueGone(name)
            return self._queues[name]

    def by_arn(self, arn: str) -> Queue | None:
        """Return the queue with an ARN, or None."""
        return self._queues.get(arn.rpartition(":")[2])

    def names(self) -> list[str]:
        """Return the names of all queues."""
        with self.lock:
            return sorted(self._queues)
