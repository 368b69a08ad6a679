"""What a suspended endpoint does next."""

import time

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.endpoints.states import RECOVERING
from tools.commands.rows import time_text


def next_probe(endpoint: Endpoint) -> str:
    """Say what a suspended endpoint does next; what is sent after the time of a probe is one."""
    if endpoint.breaker.is_recovering:
        return RECOVERING
    if endpoint.suspended_until > time.time():
        return f"next probe {time_text(endpoint.suspended_until)}"
    return "a probe is due, by the next delivery"
