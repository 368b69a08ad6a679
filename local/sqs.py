"""SQS's protocol, AWS JSON 1.0, over a run's queues, as boto3 and the AWS CLI use it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.environment import ACCOUNT
from local.messages import Message
from local.queue import BATCH, Queue, QueueGone, Queues

# Seconds; SQS's own bounds.
_LONGEST = {"DelaySeconds": 900, "VisibilityTimeout": 43_200, "WaitTimeSeconds": 20}

Reply = Mapping[str, Any]


class SqsError(Exception):
    """A request that SQS refuses.

    Attributes:
        code: The current protocol's name.
        query_code: The earlier protocol's name, which boto3 still uses.
    """

    def __init__(self, code: str, message: str, query_code: str = "") -> None:
        """Keep the codes and the message."""
        super().__init__(message)
        self.code = code
        self.query_code = query_code or code


def no_queue() -> SqsError:
    """Return the error for a missing queue."""
    return SqsError(
        "QueueDoesNotExist",
        "The specified queue does not exist.",
        "AWS.SimpleQueueService.NonExistentQueue",
    )


class Sqs:
    """Answers operations by name."""

    def __init__(self, queues: Queues, url: str) -> None:
        """Keep the queues and their base URL."""
        self._queues = queues
        self._url = f"{url}/{ACCOUNT}/"
        self._operations: Mapping[str, Callable[[Reply], Reply]] = {
            "ChangeMessageVisibility": self._change_visibility,
            "CreateQueue": self._create,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "GetQueueAttributes": self._attributes,
            "GetQueueUrl": self._get_url,
            "ListQueues": self._list,
            "PurgeQueue": self._purge,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "SetQueueAttributes": self._set_attributes,
        }

    def answer(self, operation: str, request: Any) -> Reply:
        """Execute an operation and return SQS's answer; `request` is the parsed body.

        Raises:
            SqsError: It failed; nothing has changed.
        """
        if not isinstance(request, Mapping):
            raise SqsError("SerializationException", "the body is no JSON object")
        if operation not in self._operations:
            reason = f"{operation} is not among what the queues of a local run do"
            raise SqsError("UnsupportedOperation", reason)
        try:
            return self._operations[operation](request)
        except QueueGone as error:
            raise no_queue() from error

    def _create(self, request: Reply) -> Reply:
        self._queues.create(_text(request, "QueueName"), _attributes_of(request))
        return self._get_url(request)

    def _get_url(self, request: Reply) -> Reply:
        return {"QueueUrl": self._url + self._queues.get(_text(request, "QueueName")).name}

    def _list(self, request: Reply) -> Reply:
        prefix = str(request.get("QueueNamePrefix", ""))
        return {
            "QueueUrls": [
                self._url + name for name in self._queues.names() if name.startswith(prefix)
            ]
        }

    def _purge(self, request: Reply) -> Reply:
        self._queue(request).purge()
        return {}

    def _attributes(self, request: Reply) -> Reply:
        queue, names = self._queue(request), set(request.get("AttributeNames", ()))
        created = str(int(queue.created_at))
        stamps = {"CreatedTimestamp": created, "LastModifiedTimestamp": created}
        known = {**queue.attributes, **queue.counts(), **stamps, "QueueArn": queue.arn}
        return {
            "Attributes": {name: value for name, value in known.items() if names & {name, "All"}}
        }

    def _set_attributes(self, request: Reply) -> Reply:
        self._queue(request).attributes.update(_attributes_of(request))
        return {}

    def _send(self, request: Reply) -> Reply:
        message = _sent(self._queue(request), request)
        return {"MessageId": message.message_id, "MD5OfMessageBody": message.md5}

    def _send_batch(self, request: Reply) -> Reply:
        queue = self._queue(request)
        return _each(request, lambda entry: self._told(entry, _sent(queue, entry)))

    @staticmethod
    def _told(entry: Reply, message: Message) -> Reply:
        return {"Id": entry["Id"], "MessageId": message.message_id, "MD5OfMessageBody": message.md5}

    def _receive(self, request: Reply) -> Reply:
        queue = self._queue(request)
        most = _number(request, "MaxNumberOfMessages", BATCH) or 1
        wait = _number(request, "WaitTimeSeconds")
        wait = float(queue.attributes["ReceiveMessageWaitTimeSeconds"]) if wait is None else wait
        messages = queue.receive(int(most), _number(request, "VisibilityTimeout"), wait)
        wanted = {
            *request.get("MessageSystemAttributeNames", ()),
            *request.get("AttributeNames", ()),
        }
        return (
            {"Messages": [_received(message, wanted) for message in messages]} if messages else {}
        )

    def _delete(self, request: Reply) -> Reply:
        self._queue(request).delete(_text(request, "ReceiptHandle"))
        return {}

    def _delete_batch(self, request: Reply) -> Reply:
        queue = self._queue(request)

        def delete(entry: Reply) -> Reply:
            queue.delete(_text(entry, "ReceiptHandle"))
            return {"Id": entry["Id"]}

        return _each(request, delete)

    def _change_visibility(self, request: Reply) -> Reply:
        seconds = _number(request, "VisibilityTimeout") or 0
        if not self._queue(request).hide(_text(request, "ReceiptHandle"), seconds):
            raise SqsError(
                "ReceiptHandleIsInvalid", "The receipt handle is of no message that is received"
            )
        return {}

    def _queue(self, request: Reply) -> Queue:
        return self._queues.get(urlsplit(_text(request, "QueueUrl")).path.rpartition("/")[2])


def _sent(queue: Queue, entry: Reply) -> Message:
    if entry.get("MessageAttributes"):
        raise SqsError(
            "UnsupportedOperation", "MessageAttributes: the queues of a local run keep none"
        )
    body = _text(entry, "MessageBody")
    most = int(queue.attributes["MaximumMessageSize"])
    if len(body.encode()) > most:
        raise SqsError("InvalidParameterValue", f"MessageBody takes at most {most} bytes")
    return queue.send(body, _number(entry, "DelaySeconds"))


def _received(message: Message, wanted: set[str]) -> Reply:
    told = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    attributes = {
        name: value for name, value in message.attributes.items() if wanted & {name, "All"}
    }
    return told | ({"Attributes": attributes} if attributes else {})


def _each(request: Reply, act: Callable[[Reply], Reply]) -> Reply:
    """Process each entry of a batch; failed ones are named, the others are done."""
    entries = request.get("Entries")
    if not isinstance(entries, list) or not entries:
        raise _batch_error("EmptyBatchRequest", "There are no entries in the request")
    ids = [_text(entry, "Id") for entry in entries]
    if len(ids) > BATCH:
        raise _batch_error("TooManyEntriesInBatchRequest", f"A batch takes at most {BATCH} entries")
    if len(set(ids)) < len(ids):
        raise _batch_error("BatchEntryIdsNotDistinct", "Two entries have the same Id")
    return _outcomes(entries, act)


def _outcomes(entries: Iterable[Reply], act: Callable[[Reply], Reply]) -> Reply:
    done: list[Reply] = []
    failed: list[Reply] = []
    for entry in entries:
        try:
            done.append(act(entry))
        except SqsError as error:
            failed.append(
                {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": str(error)}
            )
    return {"Successful": done, "Failed": failed}


def _batch_error(code: str, message: str) -> SqsError:
    return SqsError(code, message, f"AWS.SimpleQueueService.{code}")


def _text(request: Any, name: str) -> str:
    value = request.get(name) if isinstance(request, Mapping) else None
    if not isinstance(value, str) or not value:
        raise SqsError("MissingParameter", f"{name} is required, as text")
    return value


def _number(request: Reply, name: str, most: float | None = None) -> float | None:
    value = request.get(name)
    most = _LONGEST[name] if most is None else most
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise SqsError("InvalidParameterValue", f"{name} takes 0 to {most}")
    return value


def _attributes_of(request: Reply) -> dict[str, str]:
    return {str(name): str(value) for name, value in (request.get("Attributes") or {}).items()}
