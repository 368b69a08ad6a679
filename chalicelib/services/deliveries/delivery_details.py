"""What a delivery holds: its body, its attempts, and the request of the newest one."""

import json
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain import formats, targets
from chalicelib.domain.endpoint_fields import HIDDEN
from chalicelib.domain.errors import TargetRefused
from chalicelib.domain.moments import LATEST
from chalicelib.services.accounts import settings
from chalicelib.services.deliveries import bodies, outgoing
from chalicelib.services.endpoints import signing
from chalicelib.services.endpoints.effective import shown_url
from chalicelib.services.endpoints.token_sending import sends_token


def body_of(delivery: Delivery) -> Any:
    """Return a body as JSON, as last sent or as it will be sent first.

    A manual edit that is not JSON is returned unchanged.
    """
    try:
        return json.loads(bodies.body_of(delivery))
    except (ValueError, KeyError, TypeError, AttributeError):
        return delivery.body or delivery.packed_event


def text_of(delivery: Delivery) -> str:
    """Return a body as the text that was sent last, or will be sent first.

    A manual edit is returned unchanged.
    """
    try:
        return bodies.body_of(delivery)
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(delivery.body or delivery.packed_event)


def attempts_of(delivery: Delivery) -> list[dict[str, Any]]:
    """Return a delivery's attempts, the oldest first, without those edited into garbage."""
    return [made for made in delivery.attempts if isinstance(made, dict) and _is_attempt(made)]


def _is_attempt(made: dict[str, Any]) -> bool:
    timings = made.get("timings", {})
    if not isinstance(timings, dict):
        return False
    numbers = [
        made.get("number"),
        made.get("at"),
        made.get("duration_ms", 0),
        made.get("status", 0),
        *timings.values(),
    ]
    return all(isinstance(number, (int, float)) and 0 <= number <= LATEST for number in numbers)


class Request(NamedTuple):
    """The newest attempt as it was sent, without token and signature."""

    url: str
    headers: dict[str, str]


def request_of(delivery: Delivery, endpoint: Endpoint | None) -> Request | None:
    """Return what was sent last, to the URL that the endpoint had then.

    Of a delivery that was not tried yet, what will be sent first; None where its endpoint is gone.
    """
    url = delivery.url or (shown_url(endpoint) if endpoint else None)
    if url is None:
        return None
    last = [{"number": 1, "at": delivery.created_at}, *attempts_of(delivery)][-1]
    called = endpoint or Endpoint("gone", format=delivery.format)
    signed = {
        "webhook-id": str(delivery.event_id),
        "webhook-timestamp": str(int(last["at"])),
        "webhook-signature": f"{signing.scheme_of(called)},REDACTED",
    }
    own = dict.fromkeys(called.headers or {}, HIDDEN)
    headers = outgoing.with_own(outgoing.headers_of(delivery, int(last["number"])) | signed, own)
    token = settings.webhook_token() if sends_token(called) else ""
    return Request(targets.with_token(_called(delivery, url), token and "REDACTED"), headers)


def whole_request_of(delivery: Delivery, endpoint: Endpoint) -> outgoing.Request:
    """Return what would be sent now, with its secrets and signed at this moment.

    Raises:
        DeliveryError: It cannot be made, or its URL cannot be called.
        StoreUnavailable: The endpoint has no secret yet, and none could be stored.
    """
    own = outgoing.own_headers_of(delivery, endpoint)
    return outgoing.request_of(delivery, endpoint, settings.webhook_token(), own)


def _called(delivery: Delivery, url: str) -> str:
    """Return the URL that a delivery's format calls; the given one may be of an earlier format."""
    try:
        return formats.target_of(str(delivery.format), url).url
    except TargetRefused:
        return url
