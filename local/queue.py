"""A queue of moto's SQS, message by message, as Lambda gives it to a handler."""

import math
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from moto.sqs.models import sqs_backends

from local.environment import REGION

BATCH = 10
"""How many messages one call takes at most; as many as SQS hands out at once."""

_LONGEST_WAIT = 1.0  # seconds; within these is seen what moto announces to nobody, such as a changed visibility


class Queue:
    """A queue whose messages are in this process's memory: whoever waits for one can see when the next is due.

    moto's own long polling would look at all of them once a second, and take 20 ms for 1,000.
    """

    def __init__(self, url: str) -> None:
        """Find the queue that SQS has at this URL."""
        account, name = urlsplit(url).path.strip("/").split("/")
        queue = sqs_backends[account][REGION].get_queue(name)
        config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
        self._client = boto3.client("sqs", config=config)
        self._url = url
        self._arn = queue.queue_arn
        self._kept = queue
        self._changed = queue._messages_lock  # noqa: SLF001 -- a condition: moto notifies it of what is sent
        self.closed = threading.Event()

    def take(self) -> list[dict[str, Any]]:
        """Wait for messages and return up to `BATCH` of them; none, now and then, and once the queue is closed."""
        with self._changed:
            while not self.closed.is_set() and (pause := self._due_at() - time.time()) > 0:
                self._changed.wait(min(pause, _LONGEST_WAIT))
        return [] if self.closed.is_set() else self._receive()

    def delete(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Delete what was taken; SQS takes up to `BATCH` at once."""
        entries = [{"Id": each["messageId"], "ReceiptHandle": each["receiptHandle"]} for each in messages]
        if entries:
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def close(self) -> None:
        """Give out no more messages; whoever waits for one returns."""
        self.closed.set()
        with self._changed:
            self._changed.notify_all()

    def _due_at(self) -> float:
        """Return when the next message can be received, in epoch seconds."""
        messages = self._kept._messages  # noqa: SLF001 -- its public lists ask each message twice what time it is
        return min((max(each.visible_at, each.delayed_until) for each in messages), default=math.inf) / 1000

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=0, MessageSystemAttributeNames=["All"]
        )
        return [self._as_lambda_gives_it(message) for message in answer.get("Messages", [])]

    def _as_lambda_gives_it(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }
