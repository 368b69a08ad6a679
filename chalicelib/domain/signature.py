"""Standard Webhooks signatures: https://github.com/standard-webhooks/standard-webhooks."""

import base64
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret(random_bytes: bytes) -> str:
    """Write 24 to 64 random bytes as a secret."""
    return PREFIX + base64.b64encode(random_bytes).decode()


def key_of(secret: str) -> bytes:
    """Return the key that a secret encodes.

    Raises:
        ValueError: It is not `whsec_` and the base64 of 24 to 64 bytes.
    """
    message = "secret: takes whsec_ and the base64 of 24 to 64 bytes"
    if not secret.startswith(PREFIX):
        raise ValueError(message)
    try:
        key = base64.b64decode(secret[len(PREFIX) :], validate=True)
    except ValueError as error:
        raise ValueError(message) from error
    if not 24 <= len(key) <= 64:
        raise ValueError(message)
    return key


def headers(secrets: Iterable[str], event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers by which a receiver checks who sent a body, and when.

    Args:
        secrets: All valid secrets. Each adds a signature, separated by a space.
        event_id: The same at every attempt.
        timestamp: This attempt's time, in epoch seconds.
        body: The bytes that are sent.
    """
    signed = b".".join([event_id.encode(), str(timestamp).encode(), body])
    # hmac.digest would release the GIL for the 5 us that a small body takes, then wait to get it
    # back.
    signatures = [
        base64.b64encode(hmac.new(key_of(secret), signed, "sha256").digest()).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
