"""Users."""

from typing import Any

from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import users
from chalicelib.services.tasks import removal
from chalicelib.web.jsonrpc import shapes
from chalicelib.web.jsonrpc.base import Call, procedure

Shape = shapes.Shape


@procedure(ADMINISTRATOR)
def create_user(
    _: Call, username: str, password: str, name: str = "", email: str = "", role: str = "app-user"
) -> int:
    """Create a user and return its id."""
    if not password:
        raise Refused({"password": "is required"})
    return int(users.add_user(username, password, name=name, email=email, role=_role(role)).id)


def _role(name: str) -> str:
    if name not in shapes.APP_ROLES:
        raise Refused({"role": "takes one of " + ", ".join(shapes.APP_ROLES)})
    return shapes.APP_ROLES[name]


@procedure(ADMINISTRATOR, otherwise=None)
def get_user(_: Call, user_id: int) -> Shape:
    """Return a user."""
    return shapes.user(users.get_user(user_id))


@procedure(ADMINISTRATOR, otherwise=None)
def get_user_by_name(_: Call, username: str) -> Shape:
    """Return the user with a username."""
    return shapes.user(users.find_user(username))


@procedure(ADMINISTRATOR)
def get_all_users(_: Call) -> list[Shape]:
    """Return all users."""
    return [shapes.user(user) for user in users.list_users()]


@procedure(ADMINISTRATOR)
def update_user(
    _: Call,
    id: int,  # noqa: A002 -- Kanboard's name
    username: str | None = None,
    name: str | None = None,
    email: str | None = None,
    role: str | None = None,
) -> bool:
    """Change the given fields of a user."""
    named = {"username": username, "name": name, "email": email}
    named["role"] = None if role is None else _role(role)
    given: dict[str, Any] = {field: text for field, text in named.items() if text is not None}
    users.update_user(id, **given)
    return True


@procedure(ADMINISTRATOR)
def enable_user(_: Call, user_id: int) -> bool:
    """Enable a user: signing in and being assigned tasks."""
    users.set_active(user_id, is_active=True)
    return True


@procedure(ADMINISTRATOR)
def disable_user(_: Call, user_id: int) -> bool:
    """Disable a user: no signing in, no new tasks."""
    users.set_active(user_id, is_active=False)
    return True


@procedure(ADMINISTRATOR)
def is_active_user(_: Call, user_id: int) -> bool:
    """Tell whether a user may sign in."""
    return bool(users.get_user(user_id).is_active)


@procedure(ADMINISTRATOR)
def remove_user(call: Call, user_id: int) -> bool:
    """Remove a user for good; the user's open tasks become unassigned."""
    removal.remove_user(user_id, author=call.caller.id)
    return True
