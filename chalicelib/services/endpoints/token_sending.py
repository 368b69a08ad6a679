"""Whether an endpoint's URL gets the webhook token, which gives the right to add tasks.

Before there was `send_token`, every URL got it. Endpoints of that time keep getting it.
"""

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import formats
from chalicelib.services.accounts import settings
from chalicelib.services.endpoints.effective import format_of

ONCE_SENT = ("standard", "cloudevents")
"""The formats whose URLs once got the token and by default no longer do."""


def sends_token(endpoint: Endpoint) -> bool:
    """Tell whether the token is added to an endpoint's URL."""
    if endpoint.send_token is not None:
        return bool(endpoint.send_token)
    body_format = format_of(endpoint)
    if body_format in ONCE_SENT:  # a row by hand: the settings say whether it is an old one
        return not settings.CACHE.get().endpoints_have_send_token
    return body_format in formats.FORMATS and formats.FORMATS[body_format].sends_token


def said_by_default(body_format: str | None) -> bool | None:
    """Return the `send_token` of a new row if none is given; None: the row has none."""
    return False if body_format in ONCE_SENT else None
