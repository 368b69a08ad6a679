"""A payload comes in: it is mapped, and each of its items is carried out once."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.domain.errors import RowBroken, StoreUnavailable, TaskhookError
from chalicelib.domain.payloads import (
    FAILED,
    IGNORED,
    Compiled,
    Mapped,
    PayloadFailed,
    PayloadUnreadable,
    hops_of,
    map_payload,
    why_ignored,
)
from chalicelib.domain.sources import Source
from chalicelib.services.sources import applying
from chalicelib.services.sources.contents import Received
from chalicelib.services.sources.known_sources import KnownSource
from chalicelib.services.sources.outcomes import Outcome, answer_of, status_of
from chalicelib.services.sources.receipts import Receipt, Repeated, UnderWay, receipt_of

LONGEST = 8.0
"""Seconds that one request may go on; senders wait for ten at most."""


class Answer(NamedTuple):
    """What a sender is answered: HTTP's status, JSON, and headers."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class OutOfTime(TaskhookError):
    """A payload was not carried out within the time that its sender waits."""


def receive(known: KnownSource, received: Received, begun: float) -> Answer:
    """Carry a payload out and return what its sender is answered.

    Args:
        known: Whose sender it is.
        received: What came, which has proven itself.
        begun: When the request came, by `time.monotonic`.
    """
    receipt = receipt_of(received)
    try:
        mapping = _mapping_of(known, receipt)
        outcomes = carry_out(known.source, mapping, received.seen, receipt, begun + LONGEST)
    except Repeated as repeated:
        return Answer(200, answer_of(repeated.outcomes), {"Idempotent-Replayed": "true"})
    except PayloadUnreadable as error:
        return refuse(receipt, 400, str(error))
    except UnderWay as error:
        return Answer(
            409, {"error": str(error)}, {"Retry-After": str(max(1, math.ceil(error.wait)))}
        )
    except (OutOfTime, StoreUnavailable) as error:
        return Answer(503, {"error": str(error)}, {"Retry-After": "1"})
    return Answer(status_of(outcomes), answer_of(outcomes), {})


def _mapping_of(known: KnownSource, receipt: Receipt) -> Compiled:
    """Return the mapping of a source; of a broken one the payload is kept. Raises RowBroken."""
    try:
        return known.mapping
    except RowBroken as error:
        receipt.abandon(str(error))
        raise


def refuse(receipt: Receipt, status: int, reason: str) -> Answer:
    """Keep a payload that cannot be read, and return the answer to it."""
    with suppress(Repeated, UnderWay, StoreUnavailable):  # the sender hears the reason
        receipt.refuse(status, reason)
    return Answer(status, {"error": reason}, {})


def carry_out(
    source: Source, mapping: Compiled, seen: Mapping[str, Any], receipt: Receipt, ends_at: float
) -> list[Outcome]:
    """Do what the items of a payload say, each once, and return what came of each.

    `seen` holds `payload`, `headers` and `query`. After `ends_at`, by `time.monotonic`, no further
    item is looked at or begun.

    Raises:
        PayloadUnreadable: It has too many items.
        Repeated, UnderWay: As `Receipt.begin` does.
        OutOfTime, StoreUnavailable: What is done is kept; the same payload goes on there.
    """
    sender = applying.Sender(source.id, hops_of(seen["headers"]))
    try:
        mapped = list(in_time(_mapped(source, mapping, seen), ends_at))
        receipt.plan(mapped)
        waiting = [item for item in mapped if not item.outcome]
        if len(waiting) > 1:
            receipt.begin()
        for item in in_time(waiting, ends_at):
            applying.apply(sender, item, receipt)
        receipt.finish()
    except (OutOfTime, StoreUnavailable) as error:
        receipt.abandon(str(error))
        raise
    return receipt.outcomes


def in_time(items: Iterable[Mapped], ends_at: float) -> Iterator[Mapped]:
    """Yield items until a time by `time.monotonic`. Raises OutOfTime."""
    for item in items:
        if time.monotonic() > ends_at:
            raise OutOfTime("the payload takes too long: send it again")
        yield item


def _mapped(source: Source, mapping: Compiled, seen: Mapping[str, Any]) -> Iterator[Mapped]:
    if reason := why_ignored(source, seen["headers"]):
        yield Mapped("0", IGNORED, reason)
        return
    try:
        yield from map_payload(mapping, seen)
    except PayloadFailed as error:
        yield Mapped("0", FAILED, str(error))
