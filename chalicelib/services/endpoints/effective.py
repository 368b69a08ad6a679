"""What holds for an endpoint: what its row says, or the default."""

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import formats


def format_of(endpoint: Endpoint) -> str:
    """Return the format of an endpoint's bodies."""
    return endpoint.format or formats.DEFAULT_FORMAT


def display_name(endpoint: Endpoint) -> str:
    """Return what lists show for an endpoint: its name, else its URL, else its id."""
    return str(endpoint.name or endpoint.url or endpoint.id)
