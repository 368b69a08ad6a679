"""What is kept of a payload: each item is done once, however often the payload comes."""

import hashlib
import json
import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, Writes
from chalicelib.adapters.dynamodb.tables import Payload
from chalicelib.adapters.dynamodb.tables.payloads import pack
from chalicelib.domain.errors import StoreUnavailable, TaskhookError
from chalicelib.domain.payloads import (
    DONE,
    FAILED,
    Mapped,
)
from chalicelib.domain.redaction import redact_whole
from chalicelib.services.sources.contents import Received, content_of
from chalicelib.services.sources.outcomes import Outcome, counts_of, outcomes_of, status_of

LIFETIME = 7 * 86400
"""Seconds that a payload is kept."""


LEASE = 10.0
"""Seconds after the last sign of a run after which another one may go on in its place."""

LONGEST_REASON = 200
"""Characters of a reason that is kept."""

LARGEST_ITEMS = 40_000
"""Bytes of all outcomes, packed: beside a whole payload the row has room for so many."""

_SHORTENED = 40
"""Characters of each key and reason where the outcomes would be larger."""

_PROGRESS = [
    "items",
    "status",
    "busy_until",
    "created",
    "changed",
    "closed",
    "ignored",
    "failed",
    "reason",
]


class Repeated(TaskhookError):
    """The same payload has been carried out before, as `outcomes` say."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        """Keep what came of it."""
        super().__init__("this payload has been carried out before")
        self.outcomes = outcomes


class UnderWay(TaskhookError):
    """A payload of the same id is just being carried out; `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        """Keep how long it may take."""
        super().__init__("a payload of the same id is under way")
        self.wait = wait


class Receipt:
    """The row of a payload, which tells what of it is done."""

    def __init__(
        self, row: Payload, secrets_: Collection[str] = (), seen_run: str | None = None
    ) -> None:
        """Begin with a row that is not stored, or with one that is to be carried out again."""
        self.row = row
        self._secrets = secrets_
        self._seen_run = seen_run
        self._is_stored = False
        self._is_written = False
        self._outcomes: dict[str, Outcome | None] = {}
        self._before: dict[str, Outcome] = {}

    def plan(self, mapped: Iterable[Mapped]) -> None:
        """Take note of the items, and of those of which all is known."""
        for item in mapped:
            known = (
                Outcome(item.digest, item.outcome, item.key, 0, item.reason)
                if item.outcome
                else None
            )
            self._outcomes[item.digest] = known

    def keep_done(self, outcomes: Iterable[Outcome]) -> None:
        """Take note of what an earlier run has done, which is not done again."""
        self._before = {one.digest: one for one in outcomes if one.outcome in DONE}

    @property
    def outcomes(self) -> list[Outcome]:
        """What came of the items so far."""
        return [one for one in self._outcomes.values() if one is not None]

    def done_before(self, digest: str) -> Outcome | None:
        """Return what an earlier run has made of an item, None where that is nothing."""
        return self._before.get(digest)

    def begin(self) -> None:
        """Store the payload before its first item is done: a repeat goes on where this run stops.

        Raises:
            Repeated: It has been carried out before.
            UnderWay: It is being carried out.
        """
        for _ in range(3):
            self._fill(self._outcomes)
            try:
                self.row.put(self._seen_run, time.time())
            except (ConditionFailed, Conflict):
                self.look()
            else:
                self._is_stored = True
            if self._is_stored:
                return
        raise UnderWay(1)

    def write_in(self, writes: Writes, outcome: Outcome) -> None:
        """Write what came of an item in the transaction that does it."""
        self._fill({**self._outcomes, outcome.digest: outcome})
        if self._is_stored:
            self.row.update_in(writes, _PROGRESS)
        else:
            self.row.put_in(writes, self._seen_run, time.time())

    def settle(self, outcome: Outcome, *, is_written: bool = False) -> None:
        """Take note of what came of an item, and whether the store knows it."""
        self._outcomes[outcome.digest] = outcome
        self._is_written = is_written
        self._is_stored |= is_written

    def finish(self) -> None:
        """Write what came of all items, where that is not done yet. Raises as `begin` does."""
        if self._is_written and self._is_stored:
            return
        if not self._is_stored:
            self.begin()
            return
        self._fill(self._outcomes)
        try:
            self.row.note(_PROGRESS)
        except (ConditionFailed, Conflict):
            self.look()

    def abandon(self, reason: str) -> None:
        """Note that this run ends before the payload does, if the store can be reached."""
        self._fill(self._outcomes)
        self.row.status, self.row.busy_until, self.row.reason = 503, None, reason[:LONGEST_REASON]
        with suppress(StoreUnavailable, ConditionFailed):
            if self._is_stored:
                self.row.note(_PROGRESS)
            else:
                self.row.put(self._seen_run, time.time())

    def refuse(self, status: int, reason: str) -> None:
        """Keep a payload that cannot be read, with the reason. Raises as `begin` does."""
        self._outcomes = {"0": Outcome("0", FAILED, reason=reason)}
        self._refused = status
        self.finish()

    _refused: int | None = None

    def look(self) -> None:
        """See who stands in the way of a write, and go on in the place of a run that has ended.

        Raises:
            Repeated, UnderWay: As `begin` does.
        """
        kept = Payload.find(self.row.id)
        if kept is None or kept.run == self.row.run:
            self._is_stored = kept is not None  # the answer to this run's own write was lost
            return
        if (kept.busy_until or 0) > time.time():
            raise UnderWay(float(kept.busy_until or 0) - time.time())
        if self._is_stored:
            raise UnderWay(1)  # another run went on in the place of this one, and has ended
        is_same = kept.digest == self.row.digest
        if is_same and kept.status == 200 and not kept.failed:
            raise Repeated(outcomes_of(kept.items))
        if is_same:
            self.keep_done(outcomes_of(kept.items))
        self._seen_run = str(kept.run)

    def _fill(self, outcomes: Mapping[str, Outcome | None]) -> None:
        known = [one for one in outcomes.values() if one is not None]
        is_over = len(known) == len(outcomes)
        reasons = [one.reason for one in known if one.outcome == FAILED]
        self.row.set_progress(
            status=(self._refused or status_of(known)) if is_over else 0,
            busy_until=None if is_over else round(time.time() + LEASE, 3),
            items=_fitting([self._kept(one) for one in known]),
            reason=self._clean(reasons[0]) if reasons else None,
            **counts_of(known),
        )

    def _kept(self, one: Outcome) -> list[Any]:
        key = None if one.key is None else self._clean(one.key)
        return [one.digest, one.outcome, key, one.task_id, self._clean(one.reason)]

    def _clean(self, text: str) -> str:
        return text and redact_whole(text, self._secrets)[:LONGEST_REASON]


def _fitting(items: list[list[Any]]) -> list[list[Any]]:
    if len(items) * 2 * LONGEST_REASON * 4 <= LARGEST_ITEMS or len(pack(items)) <= LARGEST_ITEMS:
        return items
    return [
        [digest, outcome, key and key[:_SHORTENED], task_id, reason[:_SHORTENED]]
        for digest, outcome, key, task_id, reason in items
    ]


def receipt_of(received: Received) -> Receipt:
    """Return the receipt of a payload; nothing is stored yet, and nothing is asked."""
    name = secrets.token_hex(16) if received.delivery_id is None else _named(received)
    row = Payload(
        f"pl_{name}",
        source_id=received.source_id,
        received_at=round(received.at, 3),
        expires_at=int(received.at) + LIFETIME,
        digest=received.digest,
        run=secrets.token_hex(8),
        size=received.size,
        content=content_of(received),
    )
    return Receipt(row, received.secrets)


def _named(received: Received) -> str:
    named = json.dumps([received.source_id, received.delivery_id]).encode()
    return hashlib.sha256(named).hexdigest()[:32]
