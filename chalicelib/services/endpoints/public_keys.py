"""The public keys that verify the signatures of endpoints with `signing: v1a`."""

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.config import CONFIG
from chalicelib.domain import signature
from chalicelib.services.cached import Cached
from chalicelib.services.endpoints import signing
from chalicelib.services.endpoints.endpoints import list_endpoints

LEAST_LIFETIME = 1.0
"""The least seconds that the keys are cached: anybody may request them."""


def public_key_of(endpoint: Endpoint) -> str | None:
    """Return the public key that an endpoint's receiver verifies with; None: it uses a secret.

    A missing pair is created.
    """
    if signing.scheme_of(endpoint) != "v1a":
        return None
    return _public(signing.secrets_of(endpoint)[0])


def published_keys(now: float) -> list[tuple[str, int | None]]:
    """Return the public keys of all usable endpoints, each with its end in epoch seconds.

    The current ones come first and have no end (None). A pair that was never used is left out.

    Args:
        now: Seconds since the epoch; a key that ended before is left out.
    """
    kept = {key: until for key, until in CACHE.get().items() if until is None or until > now}
    return sorted(kept.items(), key=lambda one: (one[1] is not None, one[0]))


def _read() -> dict[str, int | None]:
    keys: dict[str, int | None] = {}
    for endpoint, broken in list_endpoints():
        if broken is None and signing.scheme_of(endpoint) == "v1a":
            for private, until in signing.old_secrets(endpoint, 0, "v1a").items():
                keys.setdefault(_public(private), until)
            if endpoint.signing_key:
                keys[_public(endpoint.signing_key)] = None
    return keys


def _public(private: str) -> str:
    return signature.public_key(signature.pair_of(private)[1])


CACHE = Cached(_read, max(CONFIG.settings_ttl, LEAST_LIFETIME))
