"""The upgrade of endpoints of an earlier release, done once."""

from chalicelib.services.accounts import settings
from chalicelib.services.endpoints import endpoints
from chalicelib.services.endpoints.effective import format_of
from chalicelib.services.endpoints.token_sending import ONCE_SENT


def keep_sending_token() -> None:
    """Set `send_token` in the endpoints from before this field.

    Each start and each deployment calls it; after the first one there is nothing to do.

    Raises:
        StoreUnavailable: The next start does it.
    """
    kept = settings.read()
    if kept.endpoints_have_send_token:
        return
    for endpoint, _ in endpoints.list_endpoints():
        if endpoint.send_token is None and format_of(endpoint) in ONCE_SENT:
            endpoint.keep_sending_token()
    kept.note_send_token()
    settings.CACHE.forget()
