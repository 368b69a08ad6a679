"""The administrator's settings, and the first start."""

import hmac
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.store import ConditionFailed, translating_store_errors
from chalicelib.adapters.dynamodb.tables import (
    Claim,
    Numbers,
    Project,
    Settings,
    User,
    named_rows,
    save_once,
)
from chalicelib.config import CONFIG
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotFound, StoreUnavailable
from chalicelib.services import optimistic_locking
from chalicelib.services.accounts import passwords
from chalicelib.services.cached import Cached
from chalicelib.services.projects.projects import FIRST_COLUMNS

ADMIN = "admin"

LONGEST_ADDRESS = 500
"""Characters of the pages' address that are kept."""


class FirstStart(NamedTuple):
    """The tokens and credentials for the person who starts Taskhook."""

    webhook_token: str
    api_token: str
    admin_username: str
    admin_password: str | None  # None: not a first start


def bootstrap(
    webhook_token: str | None = None,
    api_token: str | None = None,
    admin_password: str | None = None,
) -> FirstStart:
    """Create the first project, administrator and tokens if missing; all of it or nothing.

    Args:
        webhook_token: The first webhook token; None or "" means a random one, here and below.
        api_token: The first token of the JSON-RPC API.
        admin_password: The administrator's first password.
    """
    try:
        kept = read()
    except NotFound:
        password = admin_password or secrets.token_urlsafe(12)
        first = FirstStart(
            webhook_token or secrets.token_hex(24),
            api_token or secrets.token_hex(24),
            ADMIN,
            password,
        )
        try:
            _create(first, password)
        except ConditionFailed:  # of two starts at the same moment the other was quicker
            kept = read()
        else:
            return first
    return FirstStart(kept.webhook_token or "", kept.api_token or "", ADMIN, None)


def _create(first: FirstStart, password: str) -> None:
    columns = named_rows(range(1, len(FIRST_COLUMNS) + 1), FIRST_COLUMNS)
    save_once(
        [
            Settings(
                webhook_token=first.webhook_token,
                api_token=first.api_token,
                endpoints_have_send_token=True,
            ),
            Numbers(project=1, column=len(columns), user=1),
            Project(
                id=1, name="My project", columns=columns, members={"1": accounts.PROJECT_MANAGER}
            ),
            _administrator(password),
            Claim(id=f"username:{ADMIN}", owner=1),
        ],
        time.time(),
    )


def _administrator(password: str) -> User:
    hashed = passwords.hash_of(password)
    return User(
        id=1,
        username=ADMIN,
        role=accounts.ADMINISTRATOR,
        password_hash=hashed,
        has_first_password=True,
    )


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
