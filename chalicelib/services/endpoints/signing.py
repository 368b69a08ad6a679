"""The secrets and key pairs that sign the deliveries to an endpoint.

An endpoint signs with one of two schemes, its field `signing`: `v1` with a secret, `v1a` with the
private key of a pair. Both keep what they replaced for a day, each in attributes of its own.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import signature
from chalicelib.domain.errors import Refused

OLD_SECRET_LIFETIME = 86400
"""Seconds for which a replaced secret or key pair keeps signing."""

MOST_OLD_SECRETS = 3
"""The most replaced ones that still sign, after several rotations within that time."""


class _Attributes(NamedTuple):
    """The attributes of a scheme's secrets or private keys."""

    current: str
    old: str
    old_until: str


_KEPT_IN = {
    "v1": _Attributes("secret", "previous_secret", "previous_secret_until"),
    "v1a": _Attributes("signing_key", "previous_signing_key", "previous_signing_key_until"),
}


def scheme_of(endpoint: Endpoint) -> str:
    """Return the scheme that an endpoint signs with."""
    return scheme_in({"signing": endpoint.signing})


def scheme_in(fields: Mapping[str, Any]) -> str:
    """Return the scheme that the fields of an endpoint ask for."""
    return str(fields.get("signing") or signature.DEFAULT_SCHEME)


def secrets_of(endpoint: Endpoint) -> list[str]:
    """Return the secrets, or private keys, that sign now, the newest first.

    A missing one is created.
    """
    scheme = scheme_of(endpoint)
    name = _KEPT_IN[scheme].current
    current = getattr(endpoint, name) or endpoint.keep_first(name, new_secret(scheme))
    return [current, *old_secrets(endpoint, since=time.time(), scheme=scheme)]


def known_secrets(endpoint: Endpoint, scheme: str = "v1") -> list[str]:
    """Return all secrets of a row for a scheme, expired ones included; none is created."""
    current = getattr(endpoint, _KEPT_IN[scheme].current)
    return [secret for secret in (current, *old_secrets(endpoint, -1, scheme)) if secret]


def old_secrets(endpoint: Endpoint, since: float, scheme: str = "v1") -> dict[str, int]:
    """Return the old secrets that sign after a time, the newest first, each with its end.

    If there are several, each has its own end; none signs after the end that the row has for all.
    """
    _, old, old_until = _KEPT_IN[scheme]
    last = int(getattr(endpoint, old_until) or 0)
    kept = (one.partition("@") for one in (getattr(endpoint, old) or "").split())
    found = {
        secret: min(int(until), last) if until.isdecimal() else last for secret, _, until in kept
    }
    return {secret: until for secret, until in found.items() if until > since}


def new_secret(scheme: str = "v1") -> str:
    """Return a random secret, or the private key of a random pair."""
    if scheme == "v1":
        return signature.new_secret(secrets.token_bytes(32))
    from chalicelib.adapters import ed25519  # noqa: PLC0415 -- loaded where an endpoint wants it

    return ed25519.new_private_key(secrets.token_bytes(32))


def first_secrets(scheme: str, given: str | None) -> dict[str, Any]:
    """Return the fields of a new endpoint that hold its secret and, with `v1a`, its key pair.

    Raises:
        Refused: The given secret is none of this scheme.
    """
    fresh = {"secret": new_secret()}
    if scheme != "v1" or given:
        fresh[_KEPT_IN[scheme].current] = _checked(scheme, given) if given else new_secret(scheme)
    return fresh


def changed_secrets(endpoint: Endpoint, scheme: str, given: str | None) -> dict[str, Any]:
    """Return the fields of an endpoint that change as it gets a scheme, a secret, or both.

    Args:
        endpoint: The endpoint before the change.
        scheme: The new scheme.
        given: A secret, or a private key, for that scheme; None keeps the present one.

    Raises:
        Refused: The given secret is none of this scheme.
    """
    name = _KEPT_IN[scheme].current
    current = getattr(endpoint, name)
    if given is None:
        return {} if current or scheme == "v1" else {name: new_secret(scheme)}
    return {} if given == current else rotated(endpoint, _checked(scheme, given), scheme)


def _checked(scheme: str, given: str) -> str:
    try:
        _check(scheme, given)
    except ValueError as error:
        raise Refused({"secret": str(error).partition(": ")[2]}) from error
    return given


def check(endpoint: Endpoint) -> None:
    """Check the secrets of an endpoint, and its key pairs if it signs with them.

    Raises:
        ValueError: One of them cannot be used; the message is `field: reason`.
    """
    for scheme in {"v1", scheme_of(endpoint)}:
        for secret in known_secrets(endpoint, scheme):
            _check(scheme, secret)


def _check(scheme: str, secret: str) -> None:
    if scheme == "v1":
        signature.key_of(secret)
        return
    from chalicelib.adapters import ed25519  # noqa: PLC0415 -- as in `new_secret`

    ed25519.checked_key(secret)


def rotated(endpoint: Endpoint, new: str, scheme: str) -> dict[str, Any]:
    """Return an endpoint's fields with a new secret; earlier ones sign until they expire."""
    now, until = time.time(), int(time.time()) + OLD_SECRET_LIFETIME
    names = _KEPT_IN[scheme]
    current = getattr(endpoint, names.current)
    old = ({current: until} if current else {}) | old_secrets(endpoint, now, scheme)
    kept = [f"{secret}@{until}" for secret, until in old.items() if secret != new]
    return {
        names.current: new,
        names.old: " ".join(kept[:MOST_OLD_SECRETS]),
        names.old_until: until,
    }


def headers(endpoint: Endpoint, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body, with every secret or private key that signs now.

    Args:
        endpoint: The receiver.
        event_id: The same at every attempt.
        timestamp: This attempt's time, in epoch seconds.
        body: The bytes that are sent.

    Raises:
        StoreUnavailable: The endpoint has no secret yet, and none could be stored.
    """
    keys = secrets_of(endpoint)
    if scheme_of(endpoint) == "v1":
        return signature.headers(keys, event_id, timestamp, body)
    from chalicelib.adapters import ed25519  # noqa: PLC0415 -- as in `new_secret`

    return signature.headers(keys, event_id, timestamp, body, ed25519.sign)
