"""Passwords, hashed with scrypt."""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain import accounts
from chalicelib.domain.errors import Busy
from chalicelib.domain.values import nfc

N, R, P = 2**15, 8, 3
"""scrypt with 32 MiB and three passes (OWASP, "Password Storage Cheat Sheet")."""

AT_ONCE = 2
"""The most passwords that a process hashes at the same time: each takes 32 MiB and a whole core."""

LONGEST_QUEUE = 1.0
"""The most seconds that another password waits for its turn."""

_MEMORY = 64 * 1024 * 1024
_REMEMBERED = 1000  # hashes whose passwords this process knows
_key = secrets.token_bytes(32)
_matched: dict[str, bytes] = {}
_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn(timeout: float = LONGEST_QUEUE) -> Iterator[None]:
    """Wait for this thread's turn to hash passwords, and hold it within the block.

    Raises:
        Busy: The turn did not come within `timeout` seconds.
    """
    if not _turns.acquire(timeout=max(timeout, 0)):
        raise Busy
    try:
        yield
    finally:
        _turns.release()


def hash_of(password: str) -> str:
    """Return `scrypt$N$R$P$SALT$HASH`, salt and hash in base64. Raises Busy."""
    salt = secrets.token_bytes(16)
    with turn():
        derived = _derive(nfc(password), salt, N, R, P)
    return "$".join(["scrypt", str(N), str(R), str(P), _base64(salt), _base64(derived)])


def matches(password: str, hashed: str) -> bool:
    """Tell in constant time whether a password matches a hash; "" and bad hashes never do.

    A caller that checks passwords of strangers must hold a `turn`. A password that is not NFC is
    hashed at most twice.
    """
    if not any(_is_hash_of(spelling, hashed) for spelling in accounts.spellings(password)):
        return False
    if len(_matched) >= _REMEMBERED:
        _matched.clear()
    _matched[hashed] = _digest(password)
    return True


def _is_hash_of(password: str, hashed: str) -> bool:
    try:
        _, n, r, p, salt, key = hashed.split("$")
        derived = _derive(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(derived, base64.b64decode(key))
    except (ValueError, TypeError, OverflowError):  # a row edited by hand may hold anything
        return False


def has_matched(password: str, hashed: str) -> bool:
    """Tell whether the password has matched in this process before: scrypt is slow by design."""
    return hmac.compare_digest(_matched.get(hashed, b""), _digest(password))


def forget() -> None:
    """Forget which passwords have matched in this process."""
    _matched.clear()


def _digest(password: str) -> bytes:
    return hmac.digest(_key, password.encode(errors="replace"), "sha256")


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode(errors="replace"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32
    )


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


NOBODYS = "$".join(
    [
        "scrypt",
        str(N),
        str(R),
        str(P),
        _base64(secrets.token_bytes(16)),
        _base64(secrets.token_bytes(32)),
    ]
)
"""A hash that no password matches."""
