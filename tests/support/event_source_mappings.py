"""Lambda's event source mappings for a shard's records and a queue's messages.

After https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
and https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Records = list[dict[str, Any]]
Call = Callable[[Records], Mapping[str, Any]]
"""Calls a function with a batch and returns its answer, or raises FunctionError."""


class FunctionError(Exception):
    """The function ended without an answer."""


def read_shard(
    mapping: Mapping[str, Any], records: Sequence[dict[str, Any]], call: Call, clock: Any
) -> Records:
    """Hand over a shard's records in order until done or given up; return those given up.

    Args:
        mapping: The event source mapping's properties.
        records: All that the shard holds.
        call: Calls the function.
        clock: Returns the time before each call, in epoch seconds.
    """
    given_up, tries, batches = Records(), Counter[str](), deque[Records]()
    for start in range(0, len(records), mapping["BatchSize"]):
        batches.append(list(records[start : start + mapping["BatchSize"]]))
    while batches:
        batch, too_old = _by_age(batches.popleft(), mapping, clock())
        given_up += too_old
        rest = _rest(mapping, batch, call)
        if not rest:
            continue
        tries[_number(rest[0])] += 1
        # -1: as often as its age allows.
        if 0 <= mapping["MaximumRetryAttempts"] < tries[_number(rest[0])]:
            given_up += rest
        elif mapping["BisectBatchOnFunctionError"] and len(rest) == len(batch) > 1:
            middle = len(rest) // 2
            batches.extendleft([rest[middle:], rest[:middle]])
        else:
            batches.appendleft(rest)
    return given_up


def _by_age(batch: Records, mapping: Mapping[str, Any], now: float) -> tuple[Records, Records]:
    """Return the records that may be handed over, and those that are too old for it."""
    young, too_old = Records(), Records()
    for record in batch:
        age = now - float(record["dynamodb"]["ApproximateCreationDateTime"])
        (too_old if age > mapping["MaximumRecordAgeInSeconds"] else young).append(record)
    return young, too_old


def _rest(mapping: Mapping[str, Any], batch: Records, call: Call) -> Records:
    """Return a batch's undone records: from the first that the answer names, or all."""
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    if not batch:
        return []
    try:
        failed = _failed(call(batch))
    except FunctionError:
        return batch
    numbers = list(map(_number, batch))
    if not failed:
        return []
    if failed - set(numbers):
        return batch
    return batch[min(map(numbers.index, failed)) :]


def _failed(answer: Mapping[str, Any]) -> set[str]:
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def _number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def read_queue(
    mapping: Mapping[str, Any], most_reads: int, messages: Sequence[dict[str, Any]], call: Call
) -> Records:
    """Hand over a queue's messages until deleted or dead; return the dead letters.

    Args:
        mapping: The event source mapping's properties.
        most_reads: How often a message may be read in vain.
        messages: All that the queue holds.
        call: Calls the function.
    """
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    waiting, reads, dead = deque(messages), Counter[str](), Records()
    while waiting:
        batch = [waiting.popleft() for _ in range(min(len(waiting), mapping["BatchSize"]))]
        failed = _failed(call(batch))
        for message in batch:
            reads[message["messageId"]] += 1
            if message["messageId"] not in failed:
                continue
            is_dead = reads[message["messageId"]] >= most_reads
            (dead if is_dead else waiting).append(message)
    return dead
