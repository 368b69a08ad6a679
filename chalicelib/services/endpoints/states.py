"""The state of an endpoint: the same word on the pages, in the metrics and on the command line."""

from collections.abc import Callable
from enum import Enum

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.endpoints.endpoints import CheckedEndpoint

RECOVERING = "recovering, waiting deliveries are sent in batches"
"""What a suspended endpoint does after a good probe, until nothing waits. `suspended_until` is then
no time that means anything to a reader: it ends the lease of a half-open batch."""

PROBING = "a probe is under way"
PROBE_DUE = "a probe is due"


def next_step(endpoint: Endpoint, now: float, tell_time: Callable[[float], str]) -> str:
    """Return what a suspended endpoint does now, or when it is probed next.

    Args:
        endpoint: The endpoint.
        now: Epoch seconds.
        tell_time: Returns a time, in epoch seconds, in the words of who asks.
    """
    if endpoint.breaker.is_recovering:
        return RECOVERING
    if endpoint.suspended_until <= now:
        return PROBE_DUE
    if endpoint.breaker.is_probing:
        return PROBING
    return f"next probe {tell_time(endpoint.suspended_until)}"


class EndpointState(str, Enum):
    """The states of an endpoint; it is in exactly one."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # by its circuit breaker: deliveries wait until a probe succeeds
    DISABLED = "disabled"  # by a person, by itself, or after ENDPOINT_DISABLE_AFTER
    BROKEN = "broken"  # its row cannot be used


def state_of(listed: CheckedEndpoint) -> EndpointState:
    """Return the state of an endpoint."""
    if listed.broken is not None:
        return EndpointState.BROKEN
    if not listed.endpoint.is_active:
        return EndpointState.DISABLED
    if listed.endpoint.suspended_until is not None:
        return EndpointState.SUSPENDED
    return EndpointState.ACTIVE
