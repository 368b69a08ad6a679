"""Ed25519 key pairs and signatures, by libsodium; imported where an endpoint wants them."""

import base64

from nacl.signing import SigningKey

from chalicelib.domain import signature


def new_private_key(seed: bytes) -> str:
    """Make the key pair of 32 random bytes, written as a private key."""
    return signature.private_key(seed, bytes(SigningKey(seed).verify_key))


def check_pair(private: str) -> None:
    """Check that the two halves of a private key belong together.

    Raises:
        ValueError: They do not, or it is no private key.
    """
    seed, public = signature.pair_of(private)
    if bytes(SigningKey(seed).verify_key) != public:
        raise ValueError("signing_key: its public key is not the one of its seed")


def sign(private: str, content: bytes) -> str:
    """Sign bytes with a private key.

    The public key is made of the seed again: a signature with a wrong one would give the private
    key away.
    """
    seed, _ = signature.pair_of(private)
    return "v1a," + base64.b64encode(SigningKey(seed).sign(content).signature).decode()
