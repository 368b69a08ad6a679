"""The queues: a clock for due deliveries, and dead letters for unusable ones.

The rows are the truth. The next sweep replaces a lost message; one that comes twice finds its
delivery claimed.
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters import log
from chalicelib.config import CONFIG

MAX_DELAY = 900
"""Seconds that SQS can hold a message back."""

MAX_HOPS = 100
"""The longest chain of messages that each cause the next; then the next sweep takes over, within a
minute.

Lambda ends such a chain after about 16 (AWS Lambda Developer Guide, "Use Lambda recursive loop
detection to prevent infinite loops"), which would stop due deliveries. `retry` is exempt from
that and has this limit instead.
"""

_A_CALL_TAKES = 10  # messages
_LARGEST_MESSAGE = 250_000  # bytes; SQS takes 256 KiB

_making = threading.Lock()

BatchAnswer = dict[str, list[dict[str, str]]]


class RetryMessage(NamedTuple):
    """A request to retry one ordering key, or all due deliveries of an endpoint."""

    endpoint_id: str
    ordering_key: str | None = None
    skips_suspension: bool = False  # a person asked for it: the circuit breaker does not stop it
    takes_over: bool = False  # the sender of an endpoint with a pace is about to end

    def body(self, hops: int) -> str:
        """Return the message's JSON; the ordering key is `lane`, as in earlier versions."""
        asked: dict[str, object] = {"hops": hops} if hops else {}
        for name in ("skips_suspension", "takes_over"):
            if getattr(self, name):
                asked[name] = True
        return json.dumps({"endpoint_id": self.endpoint_id, "lane": self.ordering_key, **asked})


def send(messages: Mapping[RetryMessage, float], hops: int = 0) -> bool:
    """Queue messages for their times in epoch seconds; those too far ahead are left to the sweep.

    SQS counts whole seconds: a message comes up to one second late, never early, when nothing would
    be due. If the queue cannot be reached, the sweep finds the due deliveries in the table.

    Args:
        messages: The messages and their times.
        hops: The length of the chain before them; above `MAX_HOPS` they are left to the sweep.

    Returns:
        False where the queue could not be reached.
    """
    if not CONFIG.retry_queue_url:
        return True
    if hops > MAX_HOPS:
        log.event("chain_left_to_the_sweep", calls=len(messages), hops=hops)
        return True
    entries = list(_entries(messages, hops, time.time()))
    for start in range(0, len(entries), _A_CALL_TAKES):
        try:
            _send_batch(entries[start : start + _A_CALL_TAKES])
        except (BotoCoreError, ClientError) as error:
            left = len(entries) - start
            log.event("queue_unavailable", logging.ERROR, error=repr(error), left_to_the_sweep=left)
            return False
    return True


def _send_batch(entries: Sequence[Mapping[str, Any]]) -> None:
    """Send as many messages as one call takes, and log those that SQS refuses."""
    batch = [{"Id": str(number), **entry} for number, entry in enumerate(entries)]
    answer = _client().send_message_batch(QueueUrl=CONFIG.retry_queue_url, Entries=batch)
    if failed := answer.get("Failed"):
        reason = failed[0].get("Message")
        log.event("messages_refused", logging.ERROR, count=len(failed), error=reason)


def _entries(
    messages: Mapping[RetryMessage, float], hops: int, now: float
) -> Iterator[dict[str, Any]]:
    """Yield the entries of the messages that SQS can delay long enough."""
    for message, due_at in messages.items():
        delay = max(0, math.ceil(due_at - now))
        if delay <= MAX_DELAY:
            yield {"MessageBody": message.body(hops), "DelaySeconds": delay}


def set_aside(kind: str, error: Exception | str, key: Mapping[str, Any], content: Any) -> None:
    """Put something unusable on the dead-letter queue and log its key, so that work goes on.

    Args:
        kind: record, change, event or delivery.
        error: The reason. Of an exception the log has only the type, since its text may quote a
            body.
        key: The fields that identify it.
        content: A JSON value; left out where it is too large for SQS.
    """
    logged = error if isinstance(error, str) else type(error).__name__
    log.event("set_aside", logging.ERROR, kind=kind, error=logged, **key)
    if not CONFIG.failure_queue_url:
        return
    message = {
        "kind": kind,
        "reason": (error if isinstance(error, str) else repr(error))[:300],
        **key,
    }
    body = json.dumps({**message, "content": content}, default=str)
    if len(body.encode()) > _LARGEST_MESSAGE:
        body = json.dumps(message, default=str)
    try:
        _client().send_message(QueueUrl=CONFIG.failure_queue_url, MessageBody=body)
    except (BotoCoreError, ClientError) as unsent:
        log.event(
            "queue_unavailable", logging.ERROR, error=type(unsent).__name__, left_in_the_log=key
        )


def handle(
    event: Mapping[str, Any],
    take: Callable[[Sequence[RetryMessage], int], Collection[RetryMessage]],
) -> BatchAnswer:
    """Handle a batch of messages, and return those that must come again.

    An unreadable message comes again too, until SQS moves it to the dead letters.

    Args:
        event: Lambda's event.
        take: Takes the messages, without duplicates, and the most hops of any of them; returns the
            messages that failed.
    """
    messages: dict[str, RetryMessage | None] = {
        record["messageId"]: _read_message(record) for record in event["Records"]
    }
    hops = max((_hops(record) for record in event["Records"]), default=0)
    failed = take(list({message for message in messages.values() if message is not None}), hops)
    again = [name for name, message in messages.items() if message is None or message in failed]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in again]}


def _read_message(record: Mapping[str, Any]) -> RetryMessage | None:
    try:
        asked = json.loads(record["body"])
        endpoint_id, ordering_key = asked["endpoint_id"], asked.get("lane")
        flags = asked.get("skips_suspension") is True, asked.get("takes_over") is True
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.event(
            "message_unreadable", logging.ERROR, message_id=record["messageId"], error=repr(error)
        )
        return None
    if isinstance(endpoint_id, str) and isinstance(ordering_key, (str, type(None))):
        return RetryMessage(endpoint_id, ordering_key, *flags)
    log.event(
        "message_unreadable", logging.ERROR, message_id=record["messageId"], error="not strings"
    )
    return None


def _hops(record: Mapping[str, Any]) -> int:
    """Return the length of the chain before this message; 0 where it cannot be read."""
    with suppress(ValueError, TypeError, AttributeError):
        hops = json.loads(record["body"]).get("hops", 0)
        return hops if isinstance(hops, int) else 0
    return 0


def _client() -> Any:
    # Many threads may fail at the same moment: only one creates the client, which takes as long as
    # a hundred of its calls.
    with _making:
        return _made()


@cache
def _made() -> Any:
    patience = botocore.config.Config(
        connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2}
    )
    # Not boto3's: half of that is for S3, and it would take a twelfth of the zip.
    return botocore.session.get_session().create_client("sqs", config=patience)
