"""The payloads of the last week: their list, their counts, and sending them again."""

import secrets
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.domain.errors import NotFound, Refused, TaskhookError
from chalicelib.domain.payloads import PayloadUnreadable, compile_mapping
from chalicelib.services.sources import receiving, sources
from chalicelib.services.sources.outcomes import Outcome, outcomes_of
from chalicelib.services.sources.receipts import LIFETIME, Receipt, Repeated, UnderWay

MAX_COUNTED = 2000
"""The newest payloads of a source that are counted, or looked through for failed ones."""

LARGEST_READ_FOR_A_LIST = 64 * 1024
"""Bytes of a payload whose outcomes a list shows."""

DAY = 86400
LONGEST = 20.0
"""Seconds that one call may go on sending again: API Gateway waits for 29."""


class Summary(NamedTuple):
    """What a list shows of a payload; `status` is HTTP's, 0 while it is under way."""

    id: str
    source_id: str
    received_at: float  # epoch seconds
    status: int
    created: int
    changed: int
    closed: int
    ignored: int
    failed: int
    reason: str  # why the first item failed, or all of it; "" for nothing
    size: int  # bytes as they were sent

    @property
    def has_failed(self) -> bool:
        """Whether something of it is left to be done, once the mapping or the store is well."""
        return bool(self.failed) or self.status != 200


class Counts(NamedTuple):
    """How many items have come to what in a time."""

    created: int = 0
    changed: int = 0
    closed: int = 0
    ignored: int = 0
    failed: int = 0


class Figures(NamedTuple):
    """What has come of a source's payloads."""

    last_received: float | None  # epoch seconds
    day: Counts
    week: Counts
    is_complete: (
        bool  # False: there were more than `MAX_COUNTED`, and the older ones are not counted
    )


class Detail(NamedTuple):
    """A payload with what was sent and what came of each item."""

    summary: Summary
    content: dict[
        str, Any
    ]  # `payload`, `headers` and `query`; or the `beginning` of what was not kept
    outcomes: list[Outcome]


def list_payloads(source_id: str, limit: int = 50, before: float | None = None) -> list[Summary]:
    """Return the newest payloads of a source, those before a time in epoch seconds."""
    since = time.time() - LIFETIME
    return [_summary(row) for row in Payload.newest(source_id, since, limit, before)]


def outcomes_by_id(payloads: Iterable[Summary]) -> dict[str, list[Outcome]]:
    """Return what came of the items of up to 100 payloads, but of large ones.

    The store reads a whole row to return a part of it.
    """
    small = [one.id for one in payloads if one.size <= LARGEST_READ_FOR_A_LIST]
    found = Payload.items_of(small) if small else {}
    return {payload_id: outcomes_of(items) for payload_id, items in found.items()}


def figures(source_id: str, now: float) -> Figures:
    """Return when a source was last heard of and what came of it, at a time in epoch seconds."""
    found = [_summary(row) for row in Payload.newest(source_id, now - LIFETIME, MAX_COUNTED)]
    return Figures(
        last_received=found[0].received_at if found else None,
        day=_counted(one for one in found if one.received_at > now - DAY),
        week=_counted(found),
        is_complete=len(found) < MAX_COUNTED,
    )


def _counted(payloads: Iterable[Summary]) -> Counts:
    counts = Counts()
    for one in payloads:
        counts = Counts(*(getattr(counts, name) + getattr(one, name) for name in Counts._fields))
    return counts


def _summary(row: Any) -> Summary:
    """Return what a list shows of a row of the index."""
    known: dict[str, Any] = {name: row.get(name) or 0 for name in Summary._fields}
    return Summary(**{**known, "reason": row.get("reason") or ""})


def find_payload(payload_id: str) -> Detail:
    """Return a payload. Raises NotFound."""
    row = _find_row(payload_id)
    return Detail(_summary(row.attribute_values), row.content or {}, outcomes_of(row.items))


def _find_row(payload_id: str) -> Payload:
    row = Payload.find(payload_id)
    if row is None:
        raise NotFound(f"there is no payload {payload_id[:100]}")
    return row


def send_again(payload_id: str, ends_at: float | None = None) -> Summary:
    """Send a payload through the current mapping; what of a failed one is done already stays so.

    Args:
        payload_id: The payload.
        ends_at: When no further item is begun, by `time.monotonic`; None: in 20 s.

    Raises:
        NotFound: There is no such payload, or its source is gone.
        Refused: It was not kept whole, is under way, or the mapping cannot be used.
        StoreUnavailable: What is done by then is known to be.
    """
    row = _find_row(payload_id)
    source = sources.usable_source(str(row.source_id))
    content = row.content or {}
    if "payload" not in content:
        raise Refused({"payload": "was not kept whole, so that it cannot be sent again"})
    if (row.busy_until or 0) > time.time():
        raise Refused({"payload": "is under way"})
    receipt = _receipt_again(row, source.secrets(time.time()))
    mapping = compile_mapping(source)
    try:
        ends_at = time.monotonic() + LONGEST if ends_at is None else ends_at
        receiving.carry_out(source, mapping, content, receipt, ends_at)
    except (PayloadUnreadable, Repeated, UnderWay, receiving.OutOfTime) as error:
        raise Refused({"payload": str(error)}) from error
    return _summary(row.attribute_values)


def _receipt_again(row: Payload, secrets_: list[str]) -> Receipt:
    before = outcomes_of(row.items)
    receipt = Receipt(row, secrets_, seen_run=str(row.run))
    if _summary(row.attribute_values).has_failed:
        receipt.keep_done(before)
    row.run = secrets.token_hex(8)
    return receipt


class SentAgain(NamedTuple):
    """How sending again ended: what came of the items, and how many payloads were left."""

    payloads: int
    counts: Counts
    refused: dict[str, str]  # why, by the payloads' ids
    left: int


def send_failed_again(source_id: str) -> SentAgain:
    """Send all failed payloads of a source again, the oldest first, as far as 20 s allow.

    Raises:
        NotFound: There is no such source.
        Refused: Its mapping cannot be used.
    """
    sources.usable_source(source_id)
    ends_at = time.monotonic() + LONGEST
    since = time.time() - LIFETIME
    newest = [_summary(row) for row in Payload.newest(source_id, since, MAX_COUNTED)]
    waiting = [one.id for one in reversed(newest) if one.has_failed]
    done: list[Summary] = []
    refused: dict[str, str] = {}
    while waiting and time.monotonic() < ends_at:
        payload_id = waiting.pop(0)
        try:
            done.append(send_again(payload_id, ends_at))
        except TaskhookError as error:
            refused[payload_id] = str(error)
    return SentAgain(len(done), _counted(done), refused, len(waiting))
