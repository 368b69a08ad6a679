"""The states of endpoints and deliveries in words: the same on every page.

A state's word is its name in the API and on the command line (`EndpointState`, `Status`). Of a
pending delivery a page says instead what it waits for.
"""

import time

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain.delivery_states import Status
from chalicelib.services.deliveries.delivery_log import is_held, is_sent_again
from chalicelib.services.deliveries.summaries import summary_of
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.services.endpoints.states import EndpointState, next_step, state_of
from chalicelib.web.pages import presenting

BROKEN = "Broken"
SENT_AGAIN = "To be sent again"

_ENDPOINT_TONES = {
    EndpointState.ACTIVE: "ok",
    EndpointState.SUSPENDED: "bad",
    EndpointState.DISABLED: "off",
    EndpointState.BROKEN: "bad",
}
_TONES = {"delivered": "ok", "failed": "bad", "superseded": "warn"}


def word_of(state: EndpointState | Status) -> str:
    """Return the word of a state."""
    return str(state.value).capitalize()


def of_endpoint(listed: CheckedEndpoint) -> dict[str, str]:
    """Return the state of an endpoint: the tone of its dot, a word, and the reason or ""."""
    state = state_of(listed)
    tone, reason = _ENDPOINT_TONES[state], _reason(listed, state)
    if state is EndpointState.ACTIVE and reason:
        tone = "warn"
    return {"tone": tone, "state": word_of(state), "reason": reason}


def _reason(listed: CheckedEndpoint, state: EndpointState) -> str:
    endpoint = listed.endpoint
    match state:
        case EndpointState.BROKEN:
            return listed.broken or ""
        case EndpointState.DISABLED:
            return str(endpoint.disabled_reason or "")
        case EndpointState.SUSPENDED:
            return _suspension(endpoint)
    if not endpoint.failures:
        return ""
    one = "the last attempt" if endpoint.failures == 1 else f"the last {endpoint.failures} attempts"
    return f"{one} failed"


def _suspension(endpoint: Endpoint) -> str:
    reason = probe(endpoint)
    if endpoint.failing_since:
        reason += f", failing since {presenting.moment(endpoint.failing_since)}"
    return reason


def probe(endpoint: Endpoint) -> str:
    """Return what a suspended endpoint does now, or in how long it is probed next."""
    now = time.time()
    return next_step(endpoint, now, lambda until: f"in {presenting.span(until - now)}")


def of_delivery(row: Delivery, endpoint: Endpoint | None) -> dict[str, str]:
    """Return the state of a delivery: the tone of its dot, and words.

    `endpoint` is where it goes; None: it is gone.
    """
    if summary_of(row).is_broken:
        return {"tone": "bad", "state": BROKEN}
    if row.status != Status.PENDING.value:
        return {"tone": _TONES.get(str(row.status), "off"), "state": str(row.status).capitalize()}
    if is_held(row, endpoint):
        suspended = EndpointState.SUSPENDED
        return {"tone": _ENDPOINT_TONES[suspended], "state": word_of(suspended)}
    if is_sent_again(row):
        return {"tone": "warn", "state": SENT_AGAIN}
    return {"tone": "bad" if row.tries else "warn", "state": _due(row)}


def _due(row: Delivery) -> str:
    wait = (row.due_at or 0) - time.time()
    if wait <= 0:
        return "Due now"
    return f"{'Retry' if row.tries else 'Due'} in {presenting.span(wait)}"
