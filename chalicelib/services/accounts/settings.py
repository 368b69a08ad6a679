"""The administrator's settings."""

import hmac
import secrets
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Settings
from chalicelib.config import CONFIG
from chalicelib.domain.errors import NotFound, StoreUnavailable
from chalicelib.services import optimistic_locking
from chalicelib.services.cached import Cached

LONGEST_ADDRESS = 500
"""Characters of the pages' address that are kept."""


def read() -> Settings:
    """Return the current settings.

    Raises:
        NotFound: Taskhook was never started here.
    """
    with translating_store_errors():
        try:
            return Settings.get("settings", consistent_read=True)
        except Settings.DoesNotExist as error:
            raise NotFound("settings: this Taskhook was never started") from error


CACHE = Cached(read, misses_every=1.0)


def token_in(settings: Settings, name: str) -> str:
    """Return a token; "" if it is switched off: blanked or broken in the console."""
    token = getattr(settings, name) or ""
    return token if token.strip() else ""


def why_off(settings: Settings, name: str) -> str:
    """Return the reason why a token is switched off; "" if it is not."""
    if name in settings.broken:
        return settings.broken[name]
    return "" if token_in(settings, name) else "switched off"


def webhook_token() -> str:
    """Return the token sent to endpoints; "" if somebody has switched it off by hand."""
    return token_in(CACHE.get(), "webhook_token")


def is_webhook_token(*tokens: str) -> bool:
    """Tell whether one of these is the webhook token, each compared in constant time.

    Raises:
        RowBroken: The token was edited by hand and cannot be read.
    """
    return _is_kept("webhook_token", tokens)


def tokens() -> list[str]:
    """Return the webhook token and the API token. Raises as `is_webhook_token` does."""
    kept = CACHE.get()
    found = [token_in(kept, name) for name in ("webhook_token", "api_token")]
    return [token for token in found if token]


def is_api_token(token: str) -> bool:
    """Tell in constant time whether this is the API token. Raises as `is_webhook_token` does."""
    return _is_kept("api_token", [token])


def _is_kept(name: str, tokens: Collection[str]) -> bool:
    encoded = [token.encode(errors="surrogatepass") for token in tokens]

    def matches(settings: Settings) -> bool:
        kept = token_in(settings, name).encode()
        return bool(kept) and any(hmac.compare_digest(kept, token) for token in encoded)

    if not encoded:
        return False
    kept = CACHE.get_where(matches)
    if name in kept.broken:
        raise kept.error_of(name)
    return matches(kept)


def address() -> str:
    """Return the address of the pages without a trailing slash; "" if it is not known."""
    return CONFIG.public_url or str(CACHE.get().address or "")


def note_address(address: str) -> None:
    """Note the address at which somebody has signed in; it is written only when it changes."""
    if CONFIG.public_url or CACHE.get().address == address or len(address) > LONGEST_ADDRESS:
        return
    with translating_store_errors():
        read().update(actions=[Settings.address.set(address)])
    CACHE.forget()


def rotate_webhook_token() -> str:
    """Replace the webhook token with a random one and return it."""
    return _rotate(Settings.webhook_token)


def rotate_api_token() -> str:
    """Replace the API token with a random one and return it."""
    return _rotate(Settings.api_token)


def rotate_session_key() -> None:
    """Replace the key that signs session cookies: everybody must sign in again."""
    _rotate(Settings.session_key)


def _rotate(attribute: Any) -> str:
    token = secrets.token_hex(24)
    with translating_store_errors():
        read().update(actions=[attribute.set(token)])
    CACHE.forget()
    return token


def session_key() -> str:
    """Return the key that signs session cookies; it is created when it is first needed.

    Raises:
        NotFound: Taskhook was never started here.
        StoreUnavailable: The store failed, or the key is blanked each time it is created.
    """
    kept = CACHE.get_where(lambda settings: bool(token_in(settings, "session_key")))
    return token_in(kept, "session_key") or _make_session_key()


def _make_session_key() -> str:
    """Create a missing key; of concurrent callers one succeeds, and all use its key."""
    for _ in optimistic_locking.conflict_retries():
        kept = read()
        if key := token_in(kept, "session_key"):
            CACHE.forget()
            return key
        with suppress(ConditionFailed):
            kept.replace_session_key(secrets.token_hex(32))
    raise StoreUnavailable(
        "the session key in the table settings is blanked each time it is created"
    )
