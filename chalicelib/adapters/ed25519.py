"""Ed25519 key pairs and signatures, by libsodium; imported where an endpoint wants them."""

import base64
from functools import lru_cache

from nacl.signing import SigningKey

from chalicelib.domain import signature


def new_private_key(seed: bytes) -> str:
    """Make the key pair of 32 random bytes, written as a private key."""
    return signature.private_key(seed, bytes(SigningKey(seed).verify_key))


@lru_cache(maxsize=256)
def checked_key(private: str) -> SigningKey:
    """Return the key that a private key encodes, if its two halves belong together.

    A signature with another public key would give the private key away. Making the public key of
    the seed takes half as long as a signature, and every batch reads the endpoints again: hence
    the cache.

    Raises:
        ValueError: They do not, or it is no private key.
    """
    seed, public = signature.pair_of(private)
    key = SigningKey(seed)
    if bytes(key.verify_key) != public:
        raise ValueError("signing_key: its public key is not the one of its seed")
    return key


def sign(private: str, content: bytes) -> str:
    """Sign bytes with a private key.

    Raises:
        ValueError: It is no private key.
    """
    signed = checked_key(private).sign(content).signature
    return "v1a," + base64.b64encode(signed).decode()
