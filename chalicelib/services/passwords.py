"""Passwords, hashed with scrypt."""

import base64
import hashlib
import hmac
import secrets

N, R, P = 2**15, 8, 3
"""OWASP's Password Storage Cheat Sheet: scrypt with 32 MiB, three passes."""

_MEMORY = 64 * 1024 * 1024


def hash_of(password: str) -> str:
    """Return `scrypt$N$R$P$SALT$HASH`, salt and hash in base64."""
    salt = secrets.token_bytes(16)
    return "$".join(["scrypt", str(N), str(R), str(P), _base64(salt), _base64(_derive(password, salt, N, R, P))])


def matches(password: str, hashed: str) -> bool:
    """Tell in constant time whether a password is the one that was hashed; "" matches none."""
    if not hashed:
        return False
    _, n, r, p, salt, key = hashed.split("$")
    return hmac.compare_digest(_derive(password, base64.b64decode(salt), int(n), int(r), int(p)), base64.b64decode(key))


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
