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
from chalicelib.web.pages.rendering import Visit, id_of, page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/users", role=ADMINISTRATOR)
def users_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    """List the users."""
    all_users, broken = users.read_users()
    return render(visit, "users.html", errors=errors, users=all_users, broken=broken, roles=ROLES)


@page(blueprint, "/users", role=ADMINISTRATOR, shows=users_page)
def add_user(visit: Visit) -> Response:
    """Add a user."""
    password = visit.values.get("password", "")
    if not password:
        raise Refused({"password": "is required"})
    more = {name: visit.get(name) for name in ("name", "email", "role")}
    users.add_user(visit.get("username"), password, form_key=visit.form_key, **more)
    return redirect(visit, "/users", done="added")


@page(blueprint, "/users/{user_id}", role=ADMINISTRATOR)
def user_page(visit: Visit, user_id: str, errors: dict[str, str] | None = None) -> Response:
    """Show a user."""
    user = users.get_user(id_of("user", user_id))
    values = _values(user)
    return render(
        visit,
        "user.html",
        errors=errors,
        one=user,
        values=values
        | (editing.changed(visit, values) if errors and visit.get("do") == "save" else {}),
        shown=editing.shown(values),
        roles=ROLES,
    )


def _values(user: User) -> dict[str, str]:
    """Return the fields of a user as a form has them."""
    return {name: str(getattr(user, name)) for name in ("username", "name", "email", "role")}


@page(blueprint, "/users/{user_id}", role=ADMINISTRATOR, shows=user_page)
def change_user(visit: Visit, user_id: str) -> Response:
    """Do what the button of the form says."""
    try:
        return _change(visit, id_of("user", user_id))
    except ConditionFailed as error:
        raise Refused({"user_id": str(error).removeprefix("it ")}) from error


def _change(visit: Visit, number: int) -> Response:
    match visit.get("do"):
        case "save":
            _save(visit, users.get_user(number))
        case "password":
            users.set_password(
                str(users.get_user(number).username), visit.values.get("password", "")
            )
        case "enable" | "disable" as verb:
            users.set_active(number, is_active=verb == "enable")
        case "revoke" if not is_sure(visit):
            name = users.get_user(number).username
            return ask(
                visit,
                f"Revoke the API tokens of {name}?",
                "Programs that use them are refused.",
                "Revoke",
            )
        case "revoke":
            tokens.revoke_tokens(number)
            return redirect(visit, f"/users/{number}", done="revoked")
        case "remove" if not is_sure(visit):
            name = users.get_user(number).username
            return ask(
                visit,
                f"Remove user {name}?",
                "For good; the open tasks of this one will be nobody's.",
            )
        case "remove":
            removal.remove_user(number, author=visit.caller.id)
            return redirect(visit, "/users", done="removed")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
    return redirect(visit, f"/users/{number}", done="saved")


def _save(visit: Visit, user: User) -> None:
    """Write what was changed in the form, unless another has changed the same meanwhile."""
    changes = editing.changed(visit, _values(user))

    def refuse_overtaken(now: User) -> None:
        editing.refuse_overtaken(visit, changes, _values(now), {"role": ROLES})

    wanted: dict[str, Any] = {name: text.strip() for name, text in changes.items()}
    users.update_user(int(user.id), check=refuse_overtaken, **wanted)
