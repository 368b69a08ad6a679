"""The record of deliveries: what was sent where, and what came of it."""

from itertools import islice

from chalicelib.adapters.store import reaching_store
from chalicelib.adapters.tables import Delivery
from chalicelib.adapters.tables.deliveries import Broken
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services import endpoints


def list_deliveries(
    endpoint_id: str | None = None, status: str | None = None, since: float = 0, limit: int | None = None
) -> list[Delivery]:
    """Return deliveries, the newest first.

    Args:
        endpoint_id: Those to one endpoint; None: those to all that there are.
        status: Those that stand so.
        since: Those made at or after this time, in epoch seconds.
        limit: At most so many, the newest; None: all.
    """
    ids = [endpoint_id] if endpoint_id else [str(listed.endpoint.id) for listed in endpoints.list_endpoints()]
    found: list[Delivery] = []
    with reaching_store():
        for one in ids:
            newest = Delivery.by_endpoint.query(one, Delivery.created_at >= since, scan_index_forward=False)
            found += islice((delivery for delivery in newest if status in (None, delivery.status)), limit)
    return sorted(found, key=lambda delivery: -delivery.created_at)[:limit]


def count_waiting(endpoint_id: str) -> int:
    """Return how many deliveries wait for an endpoint."""
    with reaching_store():
        return Delivery.due.count(endpoint_id)


def find_delivery(delivery_id: str) -> Delivery:
    """Return a delivery.

    Raises:
        NotFound: There is none, or its record has expired.
        Refused: Its row has been edited so that it cannot be used.
    """
    found = Delivery.find(delivery_id)
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    if isinstance(found, Broken):
        raise Refused({"delivery": found.reason})
    return found
