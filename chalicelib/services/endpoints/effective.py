"""What holds for an endpoint: what its row says, or the default."""

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import formats, targets


def format_of(endpoint: Endpoint) -> str:
    """Return the format of an endpoint's bodies."""
    return endpoint.format or formats.DEFAULT_FORMAT


def has_secret_url(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint's URL is itself the right to send, as a chat's is."""
    known = formats.FORMATS.get(format_of(endpoint))
    return known is not None and known.has_secret_url


def shown_url(endpoint: Endpoint) -> str:
    """Return an endpoint's URL as lists and records show it; a secret one by its beginning."""
    url = str(endpoint.url or "")
    return targets.masked(url) if has_secret_url(endpoint) else url


def display_name(endpoint: Endpoint) -> str:
    """Return what lists show for an endpoint: its name, else its URL, else its id."""
    return str(endpoint.name or shown_url(endpoint) or endpoint.id)
