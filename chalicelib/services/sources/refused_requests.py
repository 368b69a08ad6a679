"""The last requests that were refused: why a form made no task."""

import time
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Numbers, RefusedRequest
from chalicelib.domain.refusals import KEPT, Allowance, Refusal

LIFETIME = 30 * 86400
"""Seconds that a refused request is kept at most."""

KNOWN = Allowance(at_once=20, every=1)
"""Of senders whose token or proof was good."""

STRANGERS = Allowance(at_once=5, every=12)
"""Of all others: a process keeps five at once, then five a minute."""


def keep(refusal: Refusal) -> None:
    """Keep a refused request in the place of the oldest. Raises StoreUnavailable."""
    place = Numbers.reserve("refusal", 1)[0] % KEPT
    RefusedRequest.put(place, refusal._asdict(), int(refusal.received_at) + LIFETIME)


def list_refused() -> list[Refusal]:
    """Return the requests that were refused last, the newest first."""
    now = time.time()
    rows = [row for row in RefusedRequest.plain_rows() if float(row.get("expires_at") or 0) > now]
    oldest_first = sorted(map(_read, rows), key=lambda one: one.received_at)
    return oldest_first[::-1]


def _read(row: Mapping[str, Any]) -> Refusal:
    def text(name: str) -> str:
        return str(row.get(name) or "")

    return Refusal(
        received_at=float(row.get("received_at") or 0),
        status=int(row.get("status") or 0),
        reason=text("reason"),
        address=text("address"),
        method=text("method"),
        path=text("path"),
        parameters={str(name): str(value) for name, value in row["parameters"].items()},
        user_agent=text("user_agent"),
        left_out=int(row.get("left_out") or 0),
    )
