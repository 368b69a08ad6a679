"""Users: who may be assigned tasks and sign in."""

import time

from chalicelib.adapters.store import ConditionFailed, reaching_store
from chalicelib.adapters.tables import Claim, Numbers, User, save_once
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services import passwords
from chalicelib.services.cached import Cached

ROLES = ("administrator", "user")
LONGEST_NAME = 50


def list_users() -> list[User]:
    """Return all users by their id."""
    with reaching_store():
        return sorted(User.scan(consistent_read=True), key=lambda user: int(user.id))


CACHE = Cached(lambda: {int(user.id): user for user in list_users()})


def add_user(username: str, password: str = "", *, name: str = "", role: str = "user") -> User:
    """Add a user; without a password nobody can sign in as this one.

    Raises:
        Refused: The username is not usable or taken, or there is no such role.
    """
    if not username.strip() or len(username) > LONGEST_NAME:
        raise Refused({"username": f"takes 1 to {LONGEST_NAME} characters"})
    if role not in ROLES:
        raise Refused({"role": "takes one of " + ", ".join(ROLES)})
    (number,) = Numbers.reserve("user", 1)
    hashed = passwords.hash_of(password) if password else ""
    user = User(id=number, username=username, name=name, role=role, password_hash=hashed)
    try:
        save_once([user, Claim(id=f"username:{username}", owner=number)], time.time())
    except ConditionFailed as error:
        raise Refused({"username": "is taken"}) from error
    CACHE.forget()
    return user


def find_user(username: str) -> User:
    """Return the user of a name.

    Raises:
        NotFound: There is none.
    """
    number = Claim.owner_of(f"username:{username}", time.time())
    with reaching_store():
        try:
            return User.get(number or 0, consistent_read=True)
        except User.DoesNotExist as error:
            raise NotFound(f"there is no user {username}") from error


def set_password(username: str, password: str) -> None:
    """Give a user a new password.

    Raises:
        NotFound: There is no such user.
        Refused: The password is empty.
    """
    if not password:
        raise Refused({"password": "is required"})
    user = find_user(username)
    with reaching_store():
        user.update(actions=[User.password_hash.set(passwords.hash_of(password))])


def disable_user(username: str) -> None:
    """Keep a user from signing in and from being assigned new tasks.

    Raises:
        NotFound: There is no such user.
    """
    user = find_user(username)
    with reaching_store():
        user.update(actions=[User.is_active.set(False)])
    CACHE.forget()
