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
    size, given_up, tries = mapping["BatchSize"], Records(), Counter[str]()
    batches = deque(list(records[at : at + size]) for at in range(0, len(records), size))
    while batches:
        now = clock()
        batch = batches.popleft()
        given_up += [
            record for record in batch if _age(record, now) > mapping["MaximumRecordAgeInSeconds"]
        ]
        batch = [
            record for record in batch if _age(record, now) <= mapping["MaximumRecordAgeInSeconds"]
        ]
        rest = _rest(mapping, batch, call) if batch else batch
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


def _rest(mapping: Mapping[str, Any], batch: Records, call: Call) -> Records:
    """Return a batch's undone records: from the first that the answer names, or all."""
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    try:
        failed = {failure["itemIdentifier"] for failure in call(batch)["batchItemFailures"]}
    except FunctionError:
        return batch
    numbers = [_number(record) for record in batch]
    if failed - set(numbers):
        return batch
    return batch[min(map(numbers.index, failed)) :] if failed else []


def _number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _age(record: Mapping[str, Any], now: float) -> float:
    return now - float(record["dynamodb"]["ApproximateCreationDateTime"])


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
        reads.update(message["messageId"] for message in batch)
        failed = {failure["itemIdentifier"] for failure in call(batch)["batchItemFailures"]}
        again = [message for message in batch if message["messageId"] in failed]
        dead += [message for message in again if reads[message["messageId"]] >= most_reads]
        waiting.extend(message for message in again if reads[message["messageId"]] < most_reads)
    return dead
