"""How a thing is shown that more than one command shows."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery

Row = Mapping[str, Any]


class Failure(dict[str, Any]):
    """A row that tells of something that did not succeed: the exit code is 1."""


def delivery_row(row: Delivery) -> dict[str, Any]:
    """Return what a list shows of a delivery."""
    return {
        "id": row.id,
        "created_at": time_text(row.created_at),
        "endpoint_id": row.endpoint_id,
        "event_type": row.event_type,
        "task_id": row.task_id,
        "status": row.status,
        "attempts": row.tries,
        "due_at": time_text(row.due_at) if row.due_at else "",
        "outcome": row.outcome,
    }


def time_text(seconds: float) -> str:
    """Return epoch seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
