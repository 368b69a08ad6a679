"""Users, for administrators."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.adapters.dynamodb.tables import User
from chalicelib.domain.accounts import ADMINISTRATOR, ROLES
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import tokens, users
from chalicelib.services.tasks import removal
from chalicelib.web.pages import editing
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest, id_of
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/users", role=ADMINISTRATOR)
def users_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """List the users."""
    all_users, broken = users.read_users()
    return render(request, "users.html", errors=errors, users=all_users, broken=broken, roles=ROLES)


@page(blueprint, "/users", role=ADMINISTRATOR, on_error=users_page)
def add_user(request: PageRequest) -> Response:
    """Add a user."""
    password = request.values.get("password", "")
    if not password:
        raise Refused({"password": "is required"})
    more = {name: request.get(name) for name in ("name", "email", "role")}
    users.add_user(request.get("username"), password, form_key=request.form_key, **more)
    return redirect(request, "/users", done="added")


@page(blueprint, "/users/{user_id}", role=ADMINISTRATOR)
def user_page(request: PageRequest, user_id: str, errors: dict[str, str] | None = None) -> Response:
    """Show a user."""
    user = users.get_user(id_of("user", user_id))
    values = _values(user)
    return render(
        request,
        "user.html",
        errors=errors,
        one=user,
        values=values
        | (editing.changed(request, values) if errors and request.get("do") == "save" else {}),
        shown=editing.shown(values),
        roles=ROLES,
    )


def _values(user: User) -> dict[str, str]:
    """Return the form values of a user."""
    return {name: str(getattr(user, name)) for name in ("username", "name", "email", "role")}


@page(blueprint, "/users/{user_id}", role=ADMINISTRATOR, on_error=user_page)
def change_user(request: PageRequest, user_id: str) -> Response:
    """Handle the form's button."""
    try:
        return _change(request, id_of("user", user_id))
    except ConditionFailed as error:
        raise Refused({"user_id": str(error).removeprefix("it ")}) from error


def _change(request: PageRequest, number: int) -> Response:
    match request.get("do"):
        case "save":
            _save(request, users.get_user(number))
        case "password":
            username = str(users.get_user(number).username)
            users.set_password(username, request.values.get("password", ""))
        case "enable" | "disable" as verb:
            users.set_active(number, is_active=verb == "enable")
        case "revoke" if not is_sure(request):
            question = f"Revoke the API tokens of {users.get_user(number).username}?"
            return ask(request, question, "Programs that use them are refused.", "Revoke")
        case "revoke":
            tokens.revoke_tokens(number)
            return redirect(request, f"/users/{number}", done="revoked")
        case "remove" if not is_sure(request):
            question = f"Remove user {users.get_user(number).username}?"
            return ask(
                request, question, "This cannot be undone. The user's open tasks become unassigned."
            )
        case "remove":
            removal.remove_user(number, author=request.caller.id)
            return redirect(request, "/users", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(request, f"/users/{number}", done="saved")


def _save(request: PageRequest, user: User) -> None:
    """Write the changed fields, unless they were changed elsewhere."""
    changes = editing.changed(request, _values(user))

    def refuse_overtaken(now: User) -> None:
        editing.refuse_overtaken(request, changes, _values(now), {"role": ROLES})

    wanted: dict[str, Any] = {name: text.strip() for name, text in changes.items()}
    users.update_user(int(user.id), check=refuse_overtaken, **wanted)
