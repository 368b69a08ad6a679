"""Authenticates callers, and checks their access rights."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Project, User
from chalicelib.domain import accounts
from chalicelib.domain.errors import Busy, Forbidden, NotAuthorized, NotFound, Refused
from chalicelib.services.accounts import lockout, passwords, settings, tokens, users
from chalicelib.services.accounts.lockout import Origin
from chalicelib.services.projects import projects


class Caller(NamedTuple):
    """A user, or None for the application, which has the API token and every right."""

    user: User | None

    @property
    def id(self) -> int:
        """The id of the user, 0 for the application."""
        return int(self.user.id) if self.user else 0

    @property
    def role(self) -> str:
        """The role of the user; the application has an administrator's rights."""
        return str(self.user.role) if self.user else accounts.ADMINISTRATOR

    def is_at_least(self, role: str) -> bool:
        """Tell whether the caller has this role or a more powerful one."""
        return accounts.at_least(self.role, role)


APPLICATION = Caller(None)

_locks = [threading.Lock() for _ in range(1024)]


def sign_in(username: str, password: str, origin: Origin) -> Caller:
    """Return the caller with these API credentials: a username, and a password or a token.

    Raises:
        NotAuthorized: They are wrong, or too many wrong ones were tried on this user just before.
        Busy: This process is already checking as many passwords as it may.
    """
    if username == accounts.API_USERNAME:
        if settings.is_api_token(password):
            return APPLICATION
        raise NotAuthorized
    if accounts.is_token(password):
        return Caller(tokens.user_of(username, password))
    return Caller(sign_in_user(username, password, origin))


def sign_in_user(username: str, password: str, origin: Origin) -> User:
    """Return the user with this password; tokens do not count. Raises as `sign_in` does."""
    if user := _remembered(username, password, origin):
        return user
    try:
        with _place(username, origin) as patience:
            # Of several correct passwords at the same moment only the first is hashed.
            return _remembered(username, password, origin) or _try(
                username, password, origin, patience
            )
    except NotAuthorized:
        lockout.note_guess(username, origin, is_right=False)
        raise


def _remembered(username: str, password: str, origin: Origin) -> User | None:
    """Return the user if this process remembers the password, unless it is being guessed."""
    if lockout.is_guessing(username, origin):
        return None
    user = users.cached_user(username)
    if user is not None and user.is_active and passwords.has_matched(password, user.password_hash):
        return user
    return None


@contextmanager
def _place(username: str, origin: Origin) -> Iterator[float]:
    """Check the passwords from one origin for one user one after the other.

    Yields the seconds that this password may still wait for its turn to be hashed.

    Raises:
        Busy: The password before it takes too long.
    """
    begun_at = time.monotonic()
    lock = _locks[hash((username, origin.device or origin.address)) % len(_locks)]
    if not lock.acquire(timeout=passwords.LONGEST_QUEUE):
        raise Busy
    try:
        yield passwords.LONGEST_QUEUE - (time.monotonic() - begun_at)
    finally:
        lock.release()


def _try(username: str, password: str, origin: Origin, patience: float) -> User:
    """Return the current user if the password is correct.

    The try is counted first, so that concurrent tries all count. The store is not called during
    the turn: if it were slow, a few guesses would take all turns.
    """
    cached = users.cached_user(username)
    is_known = cached is not None and int(cached.id) in origin.user_ids
    counts = lockout.counts_of(username, origin, is_known=is_known)
    lockout.count(counts)
    user = users.find_user_or_none(username)
    hashed = user.password_hash if user is not None else ""
    try:
        with passwords.turn(patience):  # the same work whether or not the user exists
            is_right = passwords.matches(password, hashed or passwords.NOBODYS)
    except Busy:
        lockout.take_back(counts)
        raise
    if user is None or not (is_right and user.is_active):
        raise NotAuthorized
    lockout.forget(counts)
    lockout.note_guess(username, origin, is_right=True)
    users.CACHE.forget()
    return user


def confirm(user: User, password: str, origin: Origin) -> None:
    """Check the password of a user who is signed in.

    Raises:
        Refused: The password is wrong, or was not checked.
    """
    try:
        sign_in_user(str(user.username), password, origin)
    except NotAuthorized as error:
        raise Refused({"old": error.waiting or "is wrong"}) from error


def require(caller: Caller, role: str) -> None:
    """Require a role or a more powerful one.

    Raises:
        Forbidden: The caller has a lesser role.
    """
    if not caller.is_at_least(role):
        raise Forbidden(f"this requires the role {role}")


def may_in(caller: Caller, project: Project, role: str) -> bool:
    """Tell whether a caller has a role in a project, or a more powerful one.

    The application and administrators have every role.
    """
    if caller.is_at_least(accounts.ADMINISTRATOR):
        return True
    return accounts.at_least(projects.role_in(project, caller.id), role)


def require_in_project(caller: Caller, project_id: int, role: str) -> None:
    """Require a role in a project, or a more powerful one.

    Raises:
        Forbidden: The caller has a lesser role, or there is no such project. A stranger cannot tell
            which.
    """
    if caller.is_at_least(accounts.ADMINISTRATOR):
        return
    try:
        may = may_in(caller, projects.find_project(project_id), role)
    except NotFound:
        may = False
    if not may:
        raise Forbidden(f"this requires the role {role} in its project")
