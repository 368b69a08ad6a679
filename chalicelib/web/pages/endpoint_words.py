"""Endpoints as lists and questions show them."""

from collections.abc import Iterable
from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import filters
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.endpoints import effective
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.pages import presenting, state_words, times


def shown(listed: CheckedEndpoint) -> dict[str, Any]:
    """Return an endpoint as lists show it, with its state and its last failure."""
    endpoint, broken = listed
    failed = None if broken else delivery_log.last_failed(endpoint)
    return {
        "id": endpoint.id,
        "name": effective.display_name(endpoint),
        "url": endpoint.url,
        "events": listed.events,
        "format": listed.format,
        "is_active": endpoint.is_active,
        "is_broken": broken is not None,
        "filter_failure": _filter_failure(endpoint),
        "failed": {"id": failed.id, "reason": presenting.reason(failed)} if failed else None,
        **state_words.of_endpoint(listed),
    }


def _filter_failure(endpoint: Endpoint) -> dict[str, str] | None:
    failure = filters.last_failure(endpoint.filter, endpoint.filter_failure)
    return None if failure is None else {**failure._asdict(), "at": times.stamp(failure.at)}


def button_for(verb: str, endpoint_ids: Iterable[str]) -> str:
    """Return the words of a button that stops endpoints: it says what is given up."""
    count = sum(delivery_log.count_waiting(one) for one in endpoint_ids)
    if not count:
        return verb
    return f"{verb} and give up {count:,} {'delivery' if count == 1 else 'deliveries'}"


def waiting_words(endpoint_id: str) -> str:
    """Describe the effect of a removal on the endpoint's pending deliveries."""
    count = delivery_log.count_waiting(endpoint_id)
    if not count:
        return "no delivery is pending"
    return f"{count:,} pending {'delivery' if count == 1 else 'deliveries'} will be given up"
