"""Personal API tokens: each replaces its user's password for the API, and nowhere else."""

import hashlib
import hmac
import secrets
import time
from contextlib import suppress

from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict
from chalicelib.adapters.dynamodb.tables import ApiToken, User
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotAuthorized, Refused, StoreUnavailable
from chalicelib.services import optimistic_locking, repeats
from chalicelib.services.accounts import settings, users

NOTED_EACH = 3600
"""Seconds between two writes of a token's last use, so that not every call costs a write."""


def add_token(user_id: int, name: str, form_key: str | None = None) -> str:
    """Add a token to a user, and return it: nobody can read it again.

    A copy of the form, with the same `form_key`, gets the same token again.

    Raises:
        NotFound: There is no such user.
        Refused: The name is invalid, or there are too many tokens.
        ConditionFailed: Others keep changing the user's tokens.
    """
    token = _derive(user_id, form_key or secrets.token_hex())
    return repeats.once(
        form_key, lambda: _add(user_id, name, token, form_key), lambda _: _made(user_id, token)
    )


def _add(user_id: int, name: str, token: str, form_key: str | None) -> str:
    claim = repeats.claim_of(form_key, user_id)
    for _ in optimistic_locking.conflict_retries():
        user = users.get_user(user_id)
        taken = [str(one.name) for one in user.api_tokens]
        name, now = accounts.read_token_name(name, taken), int(time.time())
        made = ApiToken(name=name, digest=_digest(token), made_at=now)  # type: ignore[no-untyped-call]
        try:
            user.replace_tokens([*user.api_tokens, made], now, claim)
        except (ConditionFailed, Conflict):
            repeats.refuse_claimed(claim)
            continue
        users.CACHE.forget()
        return token
    raise ConditionFailed("your tokens are being changed by somebody else")


def _made(user_id: int, token: str) -> str:
    """Return the token that the same form has created, unless it was revoked. Raises Refused."""
    if _find(users.get_user(user_id), token) is None:
        raise Refused({"name": "was created and then revoked: reload the page to create another"})
    return token


def revoke_tokens(user_id: int, digest: str | None = None) -> None:
    """Revoke a token, if it exists; without a digest all tokens of a user.

    Raises:
        NotFound: There is no such user.
        ConditionFailed: Others keep changing the user's tokens.
    """
    for _ in optimistic_locking.conflict_retries():
        user = users.get_user(user_id)
        left = [one for one in user.api_tokens if digest not in (None, one.digest)]
        with suppress(ConditionFailed, Conflict):
            if len(left) < len(user.api_tokens):
                user.replace_tokens(left, time.time())
            users.CACHE.forget()
            return
    raise ConditionFailed("your tokens are being changed by somebody else")


def user_of(username: str, token: str) -> User:
    """Return the user with this username and token, and note the token's use.

    A token that this process has read costs no call of the store. Wrong tokens are not counted:
    nobody can guess 192 bits. Raises NotAuthorized.
    """
    user = users.cached_user(username)
    if user is None or _find(user, token) is None:
        user = users.find_user_or_none(username)  # the token may have just been created
    found = _find(user, token) if user is not None else None
    if user is None or found is None or not user.is_active:
        raise NotAuthorized
    _note_use(user, found)
    return user


def _find(user: User, token: str) -> ApiToken | None:
    digest = _digest(token)
    return next(
        (one for one in user.api_tokens if hmac.compare_digest(str(one.digest), digest)), None
    )


def _note_use(user: User, token: ApiToken) -> None:
    now = int(time.time())
    if now - (token.used_at or 0) < NOTED_EACH:
        return
    token.used_at = now  # even if the write fails: the next call must not write again at once
    with suppress(ConditionFailed, StoreUnavailable):
        user.replace_tokens(user.api_tokens, now)


def _derive(user_id: int, seed: str) -> str:
    key = settings.session_key().encode()
    return (
        accounts.TOKEN_PREFIX
        + hmac.digest(key, f"token:{user_id}:{seed}".encode(), hashlib.sha256).hex()[:48]
    )


def _digest(token: str) -> str:
    """Return a token's digest. Even a fast hash of 192 random bits cannot be reversed."""
    return hashlib.sha256(token.encode()).hexdigest()
