"""The body of each attempt, made of the event in the endpoint's current format."""

from chalicelib.adapters.dynamodb.tables import BODY_NOT_KEPT, Delivery, Endpoint
from chalicelib.domain import formats
from chalicelib.domain.errors import ExpressionFailed, NotMade
from chalicelib.domain.event_objects import EventObject
from chalicelib.domain.formats import NOTHING, Given
from chalicelib.services.deliveries import kanboard_names
from chalicelib.services.endpoints import effective


def write_body(delivery: Delivery, endpoint: Endpoint, content_type: str = "") -> str:
    """Return the body to send now, and set it in the row if it fits; does not save the row.

    A row of an earlier version has no event: its body is sent unchanged.

    Args:
        delivery: The row.
        endpoint: Its endpoint.
        content_type: The endpoint's own, "" for that of the format.

    Raises:
        NotMade: The endpoint's template fails over this event.
        StoreUnavailable: Further fields of the body could not be read.
    """
    event = delivery.event
    if event is None:
        return str(delivery.body)
    delivery.format = effective.format_of(endpoint)
    one = formats.FORMATS[delivery.format]
    try:
        body = one.write(event, _given(delivery, event, endpoint, content_type))
    except ExpressionFailed as error:
        raise NotMade(f"the template failed: {error}") from error
    text = formats.as_text(body, content_type)
    delivery.body = None if one.is_settled else text
    if delivery.body and not delivery.fits:
        delivery.body = BODY_NOT_KEPT
    # Parts of the URL are as secret as the URL: they are sent and not kept.
    whole = formats.completed(body, delivery.format, endpoint.url)
    return text if whole is body else formats.as_text(whole)


def _given(
    delivery: Delivery, event: EventObject, endpoint: Endpoint | None, content_type: str = ""
) -> Given:
    """Return the inputs of a body besides its event."""
    if delivery.format == "custom":
        return Given(template=endpoint and endpoint.template, content_type=content_type)
    if formats.FORMATS[delivery.format].shows_more:
        return Given(known={**kanboard_names.known_of(event), **(delivery.beside or {})})
    return NOTHING


def body_of(delivery: Delivery) -> str:
    """Return a body as last sent, or as it would be sent first; BODY_NOT_KEPT if it is gone.

    Before the first attempt the body of `custom` is the event, the input of the template.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: The event was edited by hand.
    """
    if delivery.body:
        return str(delivery.body)
    event = delivery.event
    if event is None:
        return BODY_NOT_KEPT
    return formats.body_of(event, delivery.format, _given(delivery, event, None))


def can_be_sent(delivery: Delivery) -> bool:
    """Return whether a row has an event or a body."""
    return bool(delivery.packed_event) or delivery.body not in (None, BODY_NOT_KEPT)
