"""Output that several commands share."""

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries.summaries import summary_of
from chalicelib.services.endpoints.states import RECOVERING

Row = Mapping[str, Any]

_SHOWN = (
    "id",
    "created_at",
    "endpoint_id",
    "event_type",
    "task_id",
    "status",
    "tries",
    "due_at",
    "outcome",
)


def delivery_row(row: Delivery) -> dict[str, Any]:
    """Return the row of a delivery in a list."""
    shown = summary_of(row)
    return {
        **{name: getattr(shown, name) for name in _SHOWN},
        "created_at": time_text(shown.created_at),
        "due_at": time_text(shown.due_at) if shown.due_at else "",
    }


def time_text(seconds: float) -> str:
    """Return epoch seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def next_probe(endpoint: Endpoint) -> str:
    """Say what a suspended endpoint does next; what is sent after the time of a probe is one."""
    if endpoint.breaker.is_recovering:
        return RECOVERING
    if endpoint.suspended_until > time.time():
        return f"next probe {time_text(endpoint.suspended_until)}"
    return "a probe is due, by the next delivery"
