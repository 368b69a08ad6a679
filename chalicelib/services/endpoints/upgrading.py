"""What a new release does once with the endpoints of an earlier one."""

from chalicelib.services.accounts import settings
from chalicelib.services.endpoints import endpoints
from chalicelib.services.endpoints.effective import format_of
from chalicelib.services.endpoints.token_sending import ONCE_SENT


def keep_sending_token() -> None:
    """Have endpoints from before `send_token` say that they get the token.

    Each start and each deployment calls it, and only the first one finds something to do.

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
