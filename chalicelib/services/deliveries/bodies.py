"""The body of each attempt: made of the event, in the endpoint's format as it is then."""

from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint
from chalicelib.domain import formats
from chalicelib.services.endpoints import effective


def write_body(delivery: Delivery, endpoint: Endpoint) -> str:
    """Return the body to send now, and keep it in the row where it fits; saves nothing.

    A row from before has no event: its body goes out as it is.
    """
    event = delivery.event
    if event is None:
        return str(delivery.body)
    delivery.format = effective.format_of(endpoint)
    text = formats.body_of(event, delivery.format)
    delivery.body = None if formats.FORMATS[delivery.format].is_settled else text
    if delivery.body and not delivery.fits:
        delivery.body = BODY_NOT_KEPT
    return text


def body_of(delivery: Delivery) -> str:
    """Return a body as it was sent last, or as it would be sent first; BODY_NOT_KEPT: it is gone.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: The event was edited by hand.
    """
    if delivery.body:
        return str(delivery.body)
    event = delivery.event
    return BODY_NOT_KEPT if event is None else formats.body_of(event, delivery.format)


def can_be_sent(delivery: Delivery) -> bool:
    """Tell whether a row has what a body is made of, or a body."""
    return bool(delivery.packed_event) or delivery.body not in (None, BODY_NOT_KEPT)
