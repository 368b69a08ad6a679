"""What a suspended endpoint does next."""

import time

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.endpoints.states import next_step
from tools.commands.rows import time_text


def next_probe(endpoint: Endpoint) -> str:
    """Say what a suspended endpoint does now, or when it is probed next."""
    return next_step(endpoint, time.time(), time_text)
