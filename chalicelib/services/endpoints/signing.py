"""The secrets with which deliveries to an endpoint are signed."""

import secrets
import time
from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import signature

OLD_SECRET_LIFETIME = 86400
"""Seconds that a replaced secret signs on."""

MOST_OLD_SECRETS = 3
"""How many old ones sign beside the new one at most, where one is replaced again within that
time."""


def secrets_of(endpoint: Endpoint) -> list[str]:
    """Return the secrets that sign now, the newest first; the first one is made if missing."""
    current = endpoint.secret or endpoint.keep_secret(new_secret())
    return [current, *old_secrets(endpoint, since=time.time())]


def known_secrets(endpoint: Endpoint) -> list[str]:
    """Return the secrets of a row, those too that sign no more; none is made."""
    return [secret for secret in (endpoint.secret, *old_secrets(endpoint, since=-1)) if secret]


def old_secrets(endpoint: Endpoint, since: float) -> dict[str, int]:
    """Return the old secrets that sign after a time, the newest first, and until when each does.

    Where there are several, each has its own end; none signs after `previous_secret_until`.
    """
    last = int(endpoint.previous_secret_until or 0)
    kept = (one.partition("@") for one in (endpoint.previous_secret or "").split())
    found = {
        secret: min(int(until), last) if until.isdecimal() else last for secret, _, until in kept
    }
    return {secret: until for secret, until in found.items() if until > since}


def new_secret() -> str:
    """Return a random secret."""
    return signature.new_secret(secrets.token_bytes(32))


def rotated(endpoint: Endpoint, new: str) -> dict[str, Any]:
    """Return an endpoint's fields with a new secret; the earlier ones sign on for their time."""
    now, until = time.time(), int(time.time()) + OLD_SECRET_LIFETIME
    old = {secrets_of(endpoint)[0]: until} | old_secrets(endpoint, since=now)
    kept = [f"{secret}@{until}" for secret, until in old.items() if secret != new]
    return {
        "secret": new,
        "previous_secret": " ".join(kept[:MOST_OLD_SECRETS]),
        "previous_secret_until": until,
    }
