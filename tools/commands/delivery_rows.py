"""A delivery as a row of lists."""

from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.deliveries.summaries import summary_of
from tools.commands.rows import time_text

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
