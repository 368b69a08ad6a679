"""Standard Webhooks signatures: https://github.com/standard-webhooks/standard-webhooks.

There are two schemes. `v1` signs with a secret that both sides know, `v1a` with a private key
whose public half anybody may know.
"""

import base64
import hmac
from collections.abc import Callable, Iterable

SCHEMES = ("v1", "v1a")
DEFAULT_SCHEME = "v1"

PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"

Sign = Callable[[str, bytes], str]
"""Signs bytes with a secret or a private key, and returns the scheme, a comma and the base64."""


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


def private_key(seed: bytes, public: bytes) -> str:
    """Write an ed25519 key pair, 32 bytes each, as a private key."""
    return PRIVATE_PREFIX + base64.b64encode(seed + public).decode()


def public_key(public: bytes) -> str:
    """Write the 32 bytes of a public key as receivers get it."""
    return PUBLIC_PREFIX + base64.b64encode(public).decode()


def pair_of(private: str) -> tuple[bytes, bytes]:
    """Return the seed and the public key that a private key encodes, 32 bytes each.

    Raises:
        ValueError: It is not `whsk_` and the base64 of 64 bytes.
    """
    message = "signing_key: takes whsk_ and the base64 of 64 bytes, seed and public key"
    if not private.startswith(PRIVATE_PREFIX):
        raise ValueError(message)
    try:
        pair = base64.b64decode(private[len(PRIVATE_PREFIX) :], validate=True)
    except ValueError as error:
        raise ValueError(message) from error
    if len(pair) != 64:
        raise ValueError(message)
    return pair[:32], pair[32:]


def hmac_signature(secret: str, content: bytes) -> str:
    """Sign bytes with a secret: HMAC-SHA256."""
    # hmac.digest would release the GIL for the 5 us that a small body takes, then wait to get it
    # back.
    digest = hmac.new(key_of(secret), content, "sha256").digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(
    keys: Iterable[str],
    event_id: str,
    timestamp: int,
    body: bytes,
    sign: Sign = hmac_signature,
) -> dict[str, str]:
    """Return the three headers by which a receiver checks who sent a body, and when.

    Args:
        keys: All valid secrets or private keys. Each adds a signature, separated by a space.
        event_id: The same at every attempt.
        timestamp: This attempt's time, in epoch seconds.
        body: The bytes that are sent.
        sign: Signs with one of the keys.
    """
    content = b".".join([event_id.encode(), str(timestamp).encode(), body])
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, content) for key in keys),
    }
