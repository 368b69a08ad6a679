"""Lists of an endpoint's deliveries, each read in order from an index."""

from collections.abc import Iterator
from typing import Any

from chalicelib.adapters.dynamodb.rows import fault_of, plain_row
from chalicelib.adapters.dynamodb.store import all_pages, translating_store_errors
from chalicelib.adapters.dynamodb.tables.deliveries import Delivery
from chalicelib.domain.errors import RowBroken

_NOTHING = {
    "endpoint_id": "",
    "event_type": "",
    "status": "",
    "task_id": 0,
    "tries": 0,
    "created_at": 0,
}


class ListedDelivery(Delivery):
    """A delivery as lists show it; missing and unreadable fields are empty."""

    is_broken = False

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "ListedDelivery":
        """Return a row as the store holds it; the outcome of a broken one is the reason."""
        try:
            row = super().from_raw_data(data)
        except RowBroken as error:
            kinds = {kind.attr_name: kind for kind in cls.get_attributes().values()}
            readable = [
                name for name in kinds.keys() & data if not fault_of({name: kinds[name]}, data)
            ]
            row = super().from_raw_data({name: data[name] for name in readable})
            row.is_broken, row.outcome = True, f"cannot be read: {error.reason}"
        for name, nothing in _NOTHING.items():
            if getattr(row, name) is None:
                setattr(row, name, nothing)
        return row


def made_between(
    endpoint_id: str,
    since: float,
    until: float,
    page_size: int | None = None,
    *,
    newest_first: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the plain rows of `by_endpoint` in a time range, ends included, with their ids."""
    if since > until:
        return
    made = Delivery.created_at.between(since, until)
    order = {"limit": page_size, "scan_index_forward": not newest_first}
    for item in all_pages(Delivery.query_of("by_endpoint", endpoint_id, made, **order)):
        row = plain_row(item)
        yield {**row, "id": f"{row['lane']}.{row['sequence'].lstrip('0')}"}


def due_at(endpoint_id: str, until: float, limit: int) -> list[Delivery]:
    """Return the keys of an endpoint's deliveries that are due by a time, the longest due first.

    The index is eventually consistent: new deliveries may be missing, finished ones still present.
    """
    with translating_store_errors():
        return list(Delivery.due.query(endpoint_id, Delivery.due_at <= until, limit=limit))


def any_due_at(endpoint_id: str) -> bool:
    """Tell whether any delivery waits for an endpoint."""
    with translating_store_errors():
        return any(True for _ in Delivery.due.query(endpoint_id, limit=1))


def due_times(endpoint_id: str, limit: int) -> list[float]:
    """Return when an endpoint's deliveries are due, in epoch seconds, the longest due first."""
    query = Delivery.query_of("due", endpoint_id, limit=limit, attributes_to_get=["due_at"])
    with translating_store_errors():
        return [float(row["due_at"]["N"]) for row in query()["Items"]]
