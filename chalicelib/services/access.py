"""Who is asking, and what may be asked."""

import threading
import time
from contextlib import suppress
from typing import NamedTuple

from chalicelib.adapters.store import ConditionFailed
from chalicelib.adapters.tables import Project, User
from chalicelib.domain import accounts
from chalicelib.domain.errors import Forbidden, NotAuthorized, NotFound, Refused
from chalicelib.services import contention, passwords, people, projects, settings


class Caller(NamedTuple):
    """Who is asking: a user, or None for the application, which holds the API token and may do all."""

    user: User | None

    @property
    def id(self) -> int:
        """The id of the user, 0 for the application."""
        return int(self.user.id) if self.user else 0

    @property
    def role(self) -> str:
        """The role of the user; the application may what an administrator may."""
        return str(self.user.role) if self.user else accounts.ADMINISTRATOR

    def is_at_least(self, role: str) -> bool:
        """Tell whether the caller is an administrator, a manager or a user, or mightier."""
        return accounts.at_least(self.role, role)


APPLICATION = Caller(None)

_locks = [threading.Lock() for _ in range(64)]


def sign_in(username: str, password: str) -> Caller:
    """Return who has these credentials.

    Raises:
        NotAuthorized: They are wrong, or too many wrong ones were tried on this user a moment ago.
    """
    if username == accounts.API_USERNAME:
        if settings.is_api_token(password):
            return APPLICATION
        raise NotAuthorized
    return Caller(sign_in_user(username, password))


def sign_in_user(username: str, password: str) -> User:
    """Return the user who has these credentials. Raises as `sign_in` does."""
    known = people.CACHE.get().values()
    user = next((user for user in known if user.username == username and user.is_active), None)
    if user is not None and passwords.has_matched(password, user.password_hash):
        return user
    with _locks[hash(username) % len(_locks)]:
        return _try(username, password)


def _try(username: str, password: str) -> User:
    """Return the user as it is now, once the password is seen to be right; a process looks at one after the other."""
    try:
        user = people.find_user(username)
    except NotFound as error:
        passwords.matches(password, passwords.NOBODYS)  # as much work as for somebody
        raise NotAuthorized from error
    if passwords.has_matched(password, user.password_hash) and user.is_active:
        return user
    _count(user)
    if not (passwords.matches(password, user.password_hash or passwords.NOBODYS) and user.is_active):
        raise NotAuthorized
    with suppress(ConditionFailed):  # somebody has removed the user this moment
        user.forget_tries()
    people.CACHE.forget()
    return user


def _count(user: User) -> None:
    """Count a try, unless it comes too early. Raises NotAuthorized."""
    for _ in contention.tries():
        now = time.time()
        wait = accounts.wait_after(int(user.wrong_passwords or 0), now - float(user.wrong_password_at or 0))
        if wait:
            raise NotAuthorized("Too many wrong passwords were tried on this account", wait=wait)
        with suppress(ConditionFailed):
            user.note_try(now, accounts.FREE_TRIES)
            return
        try:
            user = people.get_user(int(user.id))
        except NotFound as error:
            raise NotAuthorized from error
    raise NotAuthorized("Too many passwords are being tried on this account", wait=1)


def confirm(user: User, password: str) -> None:
    """Let pass who knows the password of a user that is signed in.

    Raises:
        Refused: It is wrong.
    """
    try:
        sign_in_user(str(user.username), password)
    except NotAuthorized as error:
        raise Refused({"old": "is wrong"}) from error


def require(caller: Caller, role: str) -> None:
    """Let pass who is an administrator, a manager or a user, or mightier.

    Raises:
        Forbidden: The caller is not.
    """
    if not caller.is_at_least(role):
        raise Forbidden(f"this takes the role {role}")


def may_in(caller: Caller, project: Project, role: str) -> bool:
    """Tell whether a caller has a role in a project, or a mightier one; the application and administrators have all."""
    if caller.is_at_least(accounts.ADMINISTRATOR):
        return True
    return accounts.at_least(projects.role_in(project, caller.id), role)


def require_in_project(caller: Caller, project_id: int, role: str) -> None:
    """Let pass who has a role in a project, or a mightier one.

    Raises:
        Forbidden: The caller has not, or there is no such project: a stranger is not told which.
    """
    if caller.is_at_least(accounts.ADMINISTRATOR):
        return
    try:
        may = may_in(caller, projects.find_project(project_id), role)
    except NotFound:
        may = False
    if not may:
        raise Forbidden(f"this takes the role {role} in its project")
