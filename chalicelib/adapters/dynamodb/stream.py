"""Lambda's stream records: rows before and after, and the answer that requests a repeat."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.adapters import log, queue
from chalicelib.adapters.dynamodb.rows import plain_row
from chalicelib.adapters.queue import BatchAnswer
from chalicelib.domain.errors import StoreUnavailable


class Change(NamedTuple):
    """One row before and after a change."""

    id: str  # the same for every repeat of the record
    sequence_number: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    happened_at: int  # epoch seconds
    is_of_comment: bool = False  # else it is a task's


def handle(event: Mapping[str, Any], take: Callable[[Sequence[Change]], None]) -> BatchAnswer:
    """Handle a batch of changes; if the store is unavailable, ask Lambda to repeat all of it.

    An unreadable record becomes a dead letter: repeating it would block its shard. Any other error
    is raised, so that Lambda bisects the batch and makes a dead letter of the change that caused
    it.
    """
    read = map(_change, event["Records"])
    changes = [change for change in read if change is not None]
    try:
        take(changes)
    except StoreUnavailable as error:
        log.event("dispatch_failed", logging.ERROR, error=repr(error), changes=len(changes))
        return {"batchItemFailures": [{"itemIdentifier": changes[0].sequence_number}]}
    return {"batchItemFailures": []}


def _change(record: Mapping[str, Any]) -> Change | None:
    try:
        stream = record["dynamodb"]
        return Change(
            id=record["eventID"],
            sequence_number=stream["SequenceNumber"],
            before=_row(stream.get("OldImage")),
            after=_row(stream.get("NewImage")),
            happened_at=int(float(stream["ApproximateCreationDateTime"])),
            is_of_comment="id" in (stream.get("Keys") or ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        queue.set_aside(
            "record",
            error,
            {"event_id": record.get("eventID"), "task_id": _task_id(record)},
            record,
        )
        return None


def _row(image: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return plain_row(image) if image else None


def _task_id(record: Mapping[str, Any]) -> Any:
    try:
        return record["dynamodb"]["Keys"]["task_id"]["N"]
    except (KeyError, TypeError):
        return None
