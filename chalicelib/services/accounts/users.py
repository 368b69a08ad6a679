"""Users: the people who may sign in and be assigned tasks."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed, translating_store_errors
from chalicelib.adapters.dynamodb.tables import Claim, Numbers, User, save_once
from chalicelib.domain import accounts
from chalicelib.domain.errors import NotFound, Refused, RowBroken
from chalicelib.domain.values import is_blank, nfc
from chalicelib.services import repeats
from chalicelib.services.accounts import passwords
from chalicelib.services.cached import Cached

LONGEST_NAME = 200


def read_users() -> tuple[list[User], list[RowBroken]]:
    """Return all users by id, and an error for each unreadable one."""
    rows, broken = User.read_all()
    return sorted(rows, key=lambda user: int(user.id)), broken


def list_users() -> list[User]:
    """Return all users by id, without unreadable ones."""
    return read_users()[0]


CACHE = Cached(lambda: {int(user.id): user for user in list_users()})


def add_user(  # noqa: PLR0913 -- the fields of a user
    username: str,
    password: str = "",
    *,
    name: str = "",
    email: str = "",
    role: str = "user",
    form_key: str | None = None,
) -> User:
    """Add a user; a user without a password cannot sign in.

    `form_key` is the key of the form: a copy adds no second user; see `repeats`.

    Raises:
        Refused: The username is invalid or taken, there is no such role, or the password is too
            short.
    """
    fields = _read(username=username, name=name, email=email, role=role)
    _refuse_another_spelling(fields["username"])
    hashed = passwords.hash_of(accounts.read_password(password)) if password else ""

    def save() -> User:
        (number,) = Numbers.reserve("user", 1)
        return _save_new(User(id=number, password_hash=hashed, **fields), form_key)

    return repeats.once(form_key, save, get_user)


def _save_new(user: User, form_key: str | None) -> User:
    claims = [
        Claim(id=f"username:{user.username}", owner=user.id),
        repeats.claim_of(form_key, int(user.id)),
    ]
    try:
        save_once([user, *filter(None, claims)], time.time())
    except ConditionFailed as error:
        raise Refused({"username": "is taken"}) from error
    CACHE.forget()
    return user


def find_user(username: str) -> User:
    """Return the user with a username.

    Raises:
        NotFound: There is no such user.
    """
    number = None
    if len(username) <= accounts.LONGEST_USERNAME:  # the store limits the length of keys
        number = Claim.owner_of(f"username:{nfc(username)}", time.time())
    # A row that was made or renamed by hand has no claim, or one that is not NFC.
    if number is None:
        made_by_hand = cached_user(username)
        number = int(made_by_hand.id) if made_by_hand is not None else None
    if number is None:
        raise NotFound(f"there is no user {username}")
    return get_user(number)


def find_user_or_none(username: str) -> User | None:
    """Return the user with a username or None, with the same number of reads either way."""
    try:
        return find_user(username)
    except NotFound:
        with suppress(NotFound):
            get_user(0)
        return None


def cached_user(username: str) -> User | None:
    """Return the user with a username from this process's cache, at most a few seconds old."""
    if len(username) > accounts.LONGEST_USERNAME:
        return None
    name = nfc(username)
    return next((user for user in CACHE.get().values() if nfc(str(user.username)) == name), None)


def get_user(user_id: int) -> User:
    """Return the user with an id. Raises NotFound."""
    with translating_store_errors():
        try:
            return User.get(user_id, consistent_read=True)
        except User.DoesNotExist as error:
            raise NotFound(f"there is no user {user_id}") from error


def update_user(
    user_id: int, *, check: Callable[[User], None] = lambda _: None, **fields: str
) -> User:
    """Change the username, name, email or role of a user.

    Args:
        user_id: The user.
        check: Raises Refused if the current user must not change.
        fields: The new values.

    Raises:
        NotFound: There is no such user.
        Refused: A field is invalid, it is the last administrator, or `check` refuses.
        ConditionFailed: Somebody has just changed the user, or the other administrators.
    """
    user = get_user(user_id)
    check(user)
    wanted = _differing(user, _read(**fields))
    if not wanted:
        return user
    if "username" in wanted:
        _refuse_taken(wanted["username"], user_id)
    other = _other_administrator(user) if "role" in wanted else None
    try:
        user.change(wanted, while_other=other)
    except ConditionFailed:
        if _differing(get_user(user_id), wanted):  # otherwise the answer to our write was lost
            raise
    CACHE.forget()
    return get_user(user_id)


def _differing(user: User, fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value != getattr(user, name)}


def _refuse_taken(username: str, user_id: int) -> None:
    owner = Claim.owner_of(f"username:{username}", time.time())
    if owner not in (None, user_id):
        raise Refused({"username": "is taken"})
    _refuse_another_spelling(username, user_id)


def set_active(user_id: int, *, is_active: bool) -> None:
    """Enable or disable a user: a disabled one can neither sign in nor be assigned tasks.

    Raises:
        NotFound: There is no such user.
        Refused: It is the last administrator.
        ConditionFailed: Somebody has just changed the user, or the other administrators.
    """
    user = get_user(user_id)
    other = None if is_active else _other_administrator(user)
    user.change({"is_active": is_active}, while_other=other)
    CACHE.forget()


def set_password(username: str, password: str) -> None:
    """Give a user a new password.

    Raises:
        NotFound: There is no such user.
        Refused: The password is too short or too long.
    """
    user = find_user(username)
    hashed = passwords.hash_of(accounts.read_password(password))
    user.change({"password_hash": hashed, "has_first_password": False})
    CACHE.forget()


def keep_password(user_id: int) -> None:
    """Note that the user has chosen to keep the password of a first start. Raises NotFound."""
    get_user(user_id).change({"has_first_password": False})
    CACHE.forget()


def sign_out(user: User) -> None:
    """End every session of a user on every device: a copied cookie must not outlive it."""
    with suppress(ConditionFailed):  # the user has just been removed
        user.count_sign_out()
    CACHE.forget()


def disable_user(username: str) -> None:
    """Disable the user with a username. Raises as `set_active` does."""
    set_active(int(find_user(username).id), is_active=False)


def remove_user(user_id: int) -> None:
    """Remove a user for good.

    Raises:
        NotFound: There is no such user.
        Refused: It is the last administrator.
    """
    user = get_user(user_id)
    user.remove(while_other=_other_administrator(user))
    CACHE.forget()


def _other_administrator(user: User) -> User | None:
    """Return another administrator if a user is one, else None.

    Raises:
        Refused: The user is the last administrator.
    """
    if user.role != accounts.ADMINISTRATOR or not user.is_active:
        return None
    for other in list_users():
        if other.role == user.role and other.is_active and other.id != user.id:
            return other
    raise Refused({"user_id": "is the last administrator"})


def _refuse_another_spelling(username: str, user_id: int = 0) -> None:
    """Refuse a name that is taken in another normal form, whose key in the table differs."""
    other = None if username.isascii() else cached_user(username)
    if other is not None and other.username != username and other.id != user_id:
        raise Refused({"username": "is taken"})


def _read(**fields: str) -> dict[str, Any]:
    if "username" in fields:
        fields["username"] = accounts.read_username(fields["username"])
    if "role" in fields:
        accounts.read_role(fields["role"], accounts.ROLES)
    for field in ("name", "email"):
        if len(fields.get(field, "")) > LONGEST_NAME:
            raise Refused({field: f"takes up to {LONGEST_NAME} characters"})
    return {field: "" if is_blank(text) else text for field, text in fields.items()}
