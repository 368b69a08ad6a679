"""What a list shows of a delivery: the same on the page, in the API and on the command line."""

from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.adapters.dynamodb.tables.delivery_lists import ListedDelivery


class DeliverySummary(NamedTuple):
    """A delivery without its body and its attempts; times are epoch seconds."""

    id: str
    created_at: float
    endpoint_id: str
    event_type: str
    task_id: int
    status: str  # pending, delivered, failed or superseded
    tries: int  # how many attempts were made
    took_ms: int | None  # the first attempt; None: none was made yet
    due_at: float | None  # None where no attempt is due
    outcome: str  # what came of it so far, in a few words
    is_broken: bool  # whether the row cannot be read; the outcome then says why


def summary_of(row: Delivery) -> DeliverySummary:
    """Return what a list shows of a row, which was read whole or from the index `by_endpoint`."""
    return DeliverySummary(
        id=row.id,
        created_at=row.created_at,
        endpoint_id=str(row.endpoint_id),
        event_type=str(row.event_type),
        task_id=int(row.task_id),
        status=str(row.status),
        tries=int(row.tries),
        took_ms=None if row.took_ms is None else int(row.took_ms),
        due_at=row.due_at,
        outcome=str(row.outcome),
        is_broken=isinstance(row, ListedDelivery) and row.is_broken,
    )
