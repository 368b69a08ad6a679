"""The faults of an endpoint, before it is saved and when its row is read."""

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import endpoint_fields, events, formats, targets
from chalicelib.domain.errors import Refused, TargetRefused
from chalicelib.services.endpoints import signing
from chalicelib.services.endpoints.effective import format_of


def fault_of(endpoint: Endpoint) -> str | None:
    """Return the first fault of an endpoint as `field: reason`, or None; nothing is looked up."""
    if not endpoint.url:
        return "url: is required"
    try:
        targets.parse_url(endpoint.url)
    except TargetRefused as error:
        return f"url: {error}"
    if unknown := set(endpoint.events or ()) - set(events.EVENT_TYPES):
        return (
            f"events: there is no {', '.join(sorted(unknown))}; takes any of "
            f"{', '.join(events.EVENT_TYPES)}"
        )
    if fault := _format_fault(endpoint):
        return fault
    try:
        signing.check(endpoint)
    except ValueError as error:
        return str(error)
    return endpoint_fields.fault_of(endpoint.attribute_values) or None


def _format_fault(endpoint: Endpoint) -> str | None:
    """Return why the bodies of an endpoint's format cannot be written or sent."""
    name = format_of(endpoint)
    if name not in formats.FORMATS:
        return f"format: takes one of {', '.join(formats.FORMATS)}"
    if refused := formats.refused_types(name, endpoint.events or ()):
        return f"events: format {name} takes no {', '.join(refused)}"
    if name == "custom" and endpoint.template is None:
        return "template: is required with format custom"
    try:
        formats.FORMATS[name].target_of(endpoint.url)
    except TargetRefused as error:
        return f"url: {error}"
    return None


def refuse_unusable(endpoint: Endpoint) -> None:
    """Refuse an endpoint that could not be called. Raises Refused."""
    if fault := fault_of(endpoint):
        field, _, reason = fault.partition(": ")
        raise Refused({field: reason})
    from chalicelib.adapters.http import transport  # noqa: PLC0415 -- as in `attempts`

    try:
        transport.check(
            endpoint.url, timeout=CONFIG.delivery_timeout, allowed=CONFIG.allowed_private_networks
        )
    except TargetRefused as error:
        raise Refused({"url": str(error)}) from error
