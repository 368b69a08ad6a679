"""Personal API tokens: each replaces its user's password over the API, and nowhere else."""

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
"""Seconds between two writes of when a token was last used: a call is not worth a write."""


def add_token(user_id: int, name: str, form_key: str | None = None) -> str:
    """Give a user one more token, and return it: nobody can read it again.

    Args:
        user_id: The user.
        name: What the user calls it.
        form_key: Of the form that asks for it: the same one is given the same token again.

    Raises:
        NotFound: There is no such user.
        Refused: The name cannot be used, or there are too many tokens.
        ConditionFailed: The user's tokens are changed again and again by others.
    """
    token = _derive(user_id, form_key or secrets.token_hex())
    return repeats.once(
        form_key, lambda: _add(user_id, name, token, form_key), lambda _: _made(user_id, token)
    )


def _add(user_id: int, name: str, token: str, form_key: str | None) -> str:
    claim = repeats.claim_of(form_key, user_id)
    for _ in optimistic_locking.conflict_retries():
        user = users.get_user(user_id)
        name, now = (
            accounts.read_token_name(name, [str(one.name) for one in user.api_tokens]),
            int(time.time()),
        )
        made = ApiToken(name=name, digest=_digest(token), made_at=now)  # type: ignore[no-untyped-call]
        try:
            user.replace_tokens([*user.api_tokens, made], now, claim)
        except (ConditionFailed, Conflict):
            repeats.refuse_claimed(claim)
            continue
        users.CACHE.forget()
        return token
    raise ConditionFailed("your tokens are being changed by another")


def _made(user_id: int, token: str) -> str:
    """Return a token that the same form has made: a reload must not reveal it again."""
    if _find(users.get_user(user_id), token) is None:
        raise Refused({"name": "was made and revoked since: load the page again to make another"})
    return token


def revoke_tokens(user_id: int, digest: str | None = None) -> None:
    """Take a token back, if it is there; without a digest all of a user.

    Raises:
        NotFound: There is no such user.
        ConditionFailed: The user's tokens are changed again and again by others.
    """
    for _ in optimistic_locking.conflict_retries():
        user = users.get_user(user_id)
        left = [one for one in user.api_tokens if digest not in (None, one.digest)]
        with suppress(ConditionFailed, Conflict):
            if len(left) < len(user.api_tokens):
                user.replace_tokens(left, time.time())
            users.CACHE.forget()
            return
    raise ConditionFailed("your tokens are being changed by another")


def user_of(username: str, token: str) -> User:
    """Return the user of a name who has this token, and note that it is used.

    A token that this process has read costs no call of the store. Guesses are not counted: nobody
    guesses 192 bits.

    Raises:
        NotAuthorized: There is no such user or token, or the user is disabled.
    """
    user = users.cached_user(username)
    if user is None or _find(user, token) is None:
        user = users.find_user_or_none(username)  # the token may be a moment old
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
    token.used_at = now  # also where the write fails: the next call must not write again at once
    with suppress(ConditionFailed, StoreUnavailable):
        user.replace_tokens(user.api_tokens, now)


def _derive(user_id: int, seed: str) -> str:
    key = settings.session_key().encode()
    return (
        accounts.TOKEN_PREFIX
        + hmac.digest(key, f"token:{user_id}:{seed}".encode(), hashlib.sha256).hex()[:48]
    )


def _digest(token: str) -> str:
    """Return a token's digest. With 192 random bits nobody can reverse even a fast hash."""
    return hashlib.sha256(token.encode()).hexdigest()
