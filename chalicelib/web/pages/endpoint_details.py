"""The page of one endpoint: its state, a test, its figures, its last deliveries, its form."""

import time
from typing import Any

from chalice.app import Response

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import statistics
from chalicelib.domain.delivery_states import Status
from chalicelib.services.deliveries import delivery_details, delivery_log, delivery_search
from chalicelib.services.deliveries import statistics as counting
from chalicelib.services.deliveries.delivery_search import Wanted
from chalicelib.services.endpoints import endpoints, public_keys, signing
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.pages import (
    delivery_rows,
    endpoint_form,
    endpoint_preview,
    endpoint_words,
    presenting,
    waterfall,
)
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import render

LAST = 10
"""Deliveries that the page lists."""

PERIODS = {"24 h": 24, "7 days": 7 * 24}
"""The periods of the figures, in hours."""


def show(
    request: PageRequest,
    endpoint_id: str,
    errors: dict[str, str] | None = None,
    tested: Delivery | None = None,
    *,
    is_resumed: bool = False,
) -> Response:
    """Show one endpoint in full, with a test that was just sent; its secret only on request.

    `is_resumed` says whether the test's success has just resumed the endpoint.
    """
    listed = endpoints.find_endpoint(presenting.decoded(endpoint_id))
    endpoint = listed.endpoint
    return render(
        request,
        "endpoint.html",
        errors=errors,
        endpoint=endpoint_words.shown(listed),
        secret=_secret(request, listed),
        public_key=None if listed.broken else public_keys.public_key_of(endpoint),
        tested=_outcome(tested) if tested else None,
        is_suspended=_is_suspended(endpoint) and not is_resumed,
        is_resumed=is_resumed,
        others=endpoints.same_url(endpoint),
        form=endpoint_form.values_of(request, endpoint),
        figures=_figures(str(endpoint.id)),
        rows=_last_rows(endpoint),
        **endpoint_preview.beside(request, endpoint),
    )


def _is_suspended(endpoint: Endpoint) -> bool:
    """Tell whether deliveries wait for an endpoint until a probe succeeds."""
    return bool(endpoint.is_active) and endpoint.suspended_until is not None


def _last_rows(endpoint: Endpoint) -> list[dict[str, Any]]:
    name = str(endpoint.id)
    found = delivery_search.search(Wanted(name), limit=LAST)
    return delivery_rows.listed(found.rows[:LAST], {name: endpoint}, {})


def _secret(request: PageRequest, listed: CheckedEndpoint) -> str:
    if request.get("show") != "secret" or listed.broken:
        return ""
    return signing.secrets_of(listed.endpoint)[0]


def _outcome(tested: Delivery) -> dict[str, Any]:
    """Return what came of a test: in a few words, and its one attempt."""
    is_secure = str(tested.url).startswith("https:")
    attempts = waterfall.drawn(delivery_details.attempts_of(tested), is_secure=is_secure)
    said = attempts[0]["says"]
    return {
        "is_good": tested.status == Status.DELIVERED.value,
        "said": said[:1].upper() + said[1:],
        "ms": attempts[0]["duration_ms"],
        "attempts": attempts,
    }


def _figures(name: str) -> dict[str, Any]:
    """Return an endpoint's counts of each period, and what waits."""
    now, waiting = time.time(), delivery_log.waiting([name])
    hours = counting.last_hours([name], max(PERIODS.values()))[name]
    return {
        "periods": {
            words: delivery_rows.numbers(statistics.sum_of(hours[-count:]))
            for words, count in PERIODS.items()
        },
        "count": waiting.total,
        "waiting": f"{waiting.total:,}" + ("+" if waiting.is_more else ""),
        "since": presenting.span(now - waiting.since) if waiting.since else "",
    }
