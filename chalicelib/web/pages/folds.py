"""Deliveries that wait for a suspended endpoint, folded into one row of the list."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.deliveries.delivery_search import LOOKED_AT, Wanted
from chalicelib.web.pages import state_words

FEWEST = 3
"""Deliveries that are folded; fewer are listed."""


def of(endpoints: Iterable[Endpoint], names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return a row for each endpoint with a fold, by its id; `names` are short names by id."""
    found = {}
    for endpoint in endpoints:
        if not endpoint.is_active or endpoint.suspended_until is None:
            continue
        count = delivery_log.count_held(endpoint)
        if count >= FEWEST:
            found[str(endpoint.id)] = _row(endpoint, count) | {"host": names[str(endpoint.id)]}
    return found


def _row(endpoint: Endpoint, count: int) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "count": f"{count:,}" + ("+" if count >= LOOKED_AT else ""),
        "probe": state_words.probe(endpoint),
    }


def is_wanted(wanted: Wanted) -> bool:
    """Tell whether a search is folded: of one for more than an endpoint every row is shown."""
    return wanted == Wanted(wanted.endpoint_id)


def holds(folded: Mapping[str, Any], known: Mapping[str, Endpoint], row: Delivery) -> bool:
    """Tell whether a delivery is in a fold."""
    if row.endpoint_id not in folded:
        return False
    return delivery_log.is_held(row, known[row.endpoint_id])
