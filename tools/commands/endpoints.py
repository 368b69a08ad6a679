"""The commands of `taskhook endpoint`."""

from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import endpoint_fields, filters
from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.domain.delivery_states import Status
from chalicelib.domain.errors import Refused
from chalicelib.services.endpoints import effective, endpoints, public_keys, signing
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.services.endpoints.states import EndpointState, state_of
from tools.commands import Failure
from tools.commands.probes import next_probe
from tools.commands.rows import Row, time_text
from tools.verbs.parts import Args


def endpoint_add(args: Args) -> Row:
    """Add an endpoint."""
    added = endpoints.add_endpoint(
        args.url, args.event or [], args.format, args.id, **_fields(args)
    )
    others = endpoints.same_url(added)
    repeats = "has the same URL, which receives each event once per endpoint"
    note = {"note": f"{', '.join(others)} {repeats}"} if others else {}
    return _endpoint_row(added, None) | _verified_by(added) | note


def endpoint_change(args: Args) -> Row:
    """Change the given fields of an endpoint; pending deliveries go to its new URL."""
    fields = _fields(args)
    if (args.url, args.event, args.format) == (None, None, None) and not fields:
        raise Refused({"change": "give at least one field"})
    endpoints.change_endpoint(args.id, args.url, args.event, args.format, **fields)
    changed = endpoints.find_endpoint(args.id)
    public_key = public_keys.public_key_of(changed.endpoint) if "signing" in fields else None
    return _endpoint_row(*changed) | ({"public_key": public_key} if public_key else {})


def endpoint_list(_: Args) -> list[Row]:
    """List the endpoints; broken ones carry the reason."""
    return [_endpoint_row(*listed) for listed in endpoints.list_endpoints()]


def endpoint_show(args: Args) -> Row:
    """Show an endpoint; its secret or private key, and a URL that is one, only with --secrets."""
    listed = endpoints.find_endpoint(args.id)
    fields = endpoint_fields.shown(listed.endpoint.attribute_values)
    row = _endpoint_row(*listed) | fields | _health_row(listed.endpoint)
    if listed.broken is None:
        row |= {"public_key": public_keys.public_key_of(listed.endpoint) or ""}
    if args.secrets:
        row |= {"url": listed.endpoint.url, "secret": signing.secrets_of(listed.endpoint)[0]}
    return row


def endpoint_test(args: Args) -> Row:
    """Send a signed ping to an endpoint and show the result with the receiver's answer."""
    # A list waits for no sender.
    from chalicelib.services.deliveries import pinging  # noqa: PLC0415
    from tools.commands.delivery_rows import delivery_row  # noqa: PLC0415

    sent = pinging.ping(args.id)
    [attempt] = sent.attempts
    row = delivery_row(sent) | {"answer": attempt.get("answer", "")}
    return row if sent.status == Status.DELIVERED.value else Failure(row)


def endpoint_enable(args: Args) -> Row:
    """Enable an endpoint."""
    endpoints.set_active(args.id, is_active=True)
    return _endpoint_row(*endpoints.find_endpoint(args.id))


def endpoint_disable(args: Args) -> Row:
    """Disable an endpoint."""
    endpoints.set_active(args.id, is_active=False)
    return _endpoint_row(*endpoints.find_endpoint(args.id))


def endpoint_remove(args: Args) -> Row:
    """Remove an endpoint and show its last state."""
    listed = endpoints.find_endpoint(args.id)
    endpoints.remove_endpoint(args.id)
    return _endpoint_row(*listed) | {"state": "removed", "reason": ""}


def endpoint_rotate_secret(args: Args) -> Row:
    """Replace an endpoint's secret or key pair; the old one also signs for 24 hours."""
    endpoints.rotate_secret(args.id)
    return _verified_by(endpoints.find_endpoint(args.id).endpoint)


def _verified_by(endpoint: Endpoint) -> dict[str, Any]:
    """Return what a receiver verifies with: the public key of a pair, else the secret."""
    if public_key := public_keys.public_key_of(endpoint):
        return {"public_key": public_key}
    return {"secret": signing.secrets_of(endpoint)[0]}


def _fields(args: Args) -> dict[str, Any]:
    """Return the optional fields that the command line gives."""
    given = {name: getattr(args, name) for name in endpoint_fields.FIELDS}
    return {
        name: endpoint_fields.typed(name, text) for name, text in given.items() if text is not None
    }


def _endpoint_row(endpoint: Endpoint, broken: str | None) -> dict[str, Any]:
    listed = CheckedEndpoint(endpoint, broken)
    state = state_of(listed)
    return {
        "id": endpoint.id,
        "name": endpoint.name or "",
        "url": effective.shown_url(endpoint),
        "events": listed.events,
        "format": listed.format,
        "state": state.value,
        "reason": _reason(listed, state),
    }


def _reason(listed: CheckedEndpoint, state: EndpointState) -> str:
    if state is EndpointState.SUSPENDED:
        return next_probe(listed.endpoint)
    return listed.broken or listed.endpoint.disabled_reason or ""


def _health_row(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint's health; a suspended one's next step sends `ramp` deliveries."""
    from chalicelib.services.deliveries import delivery_log  # noqa: PLC0415 -- as above

    breaker = endpoint.breaker
    is_suspended = breaker.suspended_until is not None
    has_lease = breaker.is_recovering or breaker.is_probing
    probe_at = None if has_lease else breaker.suspended_until
    failure = filters.last_failure(endpoint.filter, endpoint.filter_failure)
    return {
        "filter_failed": f"{time_text(failure.at)}: {failure.reason}" if failure else "",
        "failures_in_a_row": breaker.failures,
        "failing_since": time_text(breaker.failing_since) if breaker.failing_since else "",
        "next_probe_at": time_text(probe_at) if probe_at else "",
        "ramp": breaker.half_open_limit if is_suspended else "",
        "is_slow": breaker.slow_answers >= FAILURE_THRESHOLD,
        "waiting": delivery_log.count_waiting(endpoint.id),
    }
