"""The secrets that sign the deliveries to an endpoint."""

import secrets
import time
from typing import Any

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import signature

OLD_SECRET_LIFETIME = 86400
"""Seconds for which a replaced secret keeps signing."""

MOST_OLD_SECRETS = 3
"""The most old secrets that sign beside the new one, after several rotations within that time."""


def secrets_of(endpoint: Endpoint) -> list[str]:
    """Return the secrets that sign now, the newest first; a missing secret is created."""
    current = endpoint.secret or endpoint.keep_secret(new_secret())
    return [current, *old_secrets(endpoint, since=time.time())]


def known_secrets(endpoint: Endpoint) -> list[str]:
    """Return all secrets of a row, expired ones included; none is created."""
    return [secret for secret in (endpoint.secret, *old_secrets(endpoint, since=-1)) if secret]


def old_secrets(endpoint: Endpoint, since: float) -> dict[str, int]:
    """Return the old secrets that sign after a time, the newest first, each with its end.

    If there are several, each has its own end; none signs after `previous_secret_until`.
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
    """Return an endpoint's fields with a new secret; earlier ones sign until they expire."""
    now, until = time.time(), int(time.time()) + OLD_SECRET_LIFETIME
    old = {secrets_of(endpoint)[0]: until} | old_secrets(endpoint, since=now)
    kept = [f"{secret}@{until}" for secret, until in old.items() if secret != new]
    return {
        "secret": new,
        "previous_secret": " ".join(kept[:MOST_OLD_SECRETS]),
        "previous_secret_until": until,
    }
