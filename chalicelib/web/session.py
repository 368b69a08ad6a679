"""Sessions: a signed cookie, and the CSRF token of every form."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import NamedTuple

from chalice.app import Request
from itsdangerous import BadSignature, URLSafeSerializer

from chalicelib.adapters.dynamodb.tables import User
from chalicelib.services.accounts import settings, users
from chalicelib.web import cookies, routing

LIFETIME = 12 * 3600
"""Seconds after which a user must sign in again, even if active: using a stolen cookie must not
extend it."""


class Session(NamedTuple):
    """The content of the cookie; `user` is None before sign-in."""

    user: User | None
    nonce: str
    began_at: int  # epoch seconds

    @property
    def csrf_token(self) -> str:
        """The CSRF token that this session's forms must carry."""
        return _digest("csrf", self.nonce)

    def form_token(self) -> str:
        """Return the token of a page's forms: the session's, and a key to detect repeats."""
        return f"{self.csrf_token}.{secrets.token_urlsafe(9)}"


def begun(user: User | None) -> Session:
    """Return a new session; earlier tokens are not valid in it."""
    return Session(user, secrets.token_urlsafe(16), int(time.time()))


def read(request: Request) -> Session:
    """Return the session of a request, or a new anonymous one if it has no valid one."""
    try:
        said = _signer().loads(cookies.value_of(request, cookies.SESSION))
        user_id, nonce, fingerprint = int(said["user"]), str(said["nonce"]), str(said["holds"])
        began_at = int(said["began_at"])
    except (BadSignature, KeyError, TypeError, ValueError):
        return begun(None)
    if time.time() - began_at >= LIFETIME:
        return begun(None)
    return Session(_user_of(user_id, fingerprint), nonce, began_at)


def _user_of(user_id: int, fingerprint: str) -> User | None:
    """Return the active user of a session; None: there is none, or the password has changed."""

    def fits(known: Mapping[int, User]) -> bool:
        user = known.get(user_id)
        return user is not None and hmac.compare_digest(_fingerprint(user), fingerprint)

    known = users.CACHE.get_where(fits) if user_id else {}
    user = known.get(user_id) if fits(known) else None
    return user if user is not None and user.is_active else None


def cookie_for(request: Request, session: Session) -> str:
    """Return the header that renews a session; it ends with a new password or a sign-out."""
    return cookie(session, path=routing.stage(request) or "/", is_secure=routing.is_secure(request))


def cookie(session: Session, *, path: str, is_secure: bool) -> str:
    """Return the header that sets a session's cookie for a path."""
    user = session.user
    said = {
        "user": int(user.id) if user else 0,
        "nonce": session.nonce,
        "holds": _fingerprint(user) if user else "",
        "began_at": session.began_at,
    }
    left = max(0, session.began_at + LIFETIME - int(time.time()))
    return cookies.header(
        cookies.SESSION, _signer().dumps(said), path=path, is_secure=is_secure, max_age=left
    )


def is_own_form(session: Session, token: str) -> bool:
    """Tell in constant time whether a form belongs to this session."""
    return hmac.compare_digest(
        session.csrf_token.encode(), token.partition(".")[0].encode(errors="replace")
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.session_key(), salt="session")


def _fingerprint(user: User) -> str:
    return _digest("session", f"{int(user.sign_outs or 0)}:{user.password_hash}")


def _digest(purpose: str, text: str) -> str:
    return hmac.digest(
        settings.session_key().encode(), f"{purpose}:{text}".encode(), hashlib.sha256
    ).hex()[:32]
