"""Signing in and out, and changing one's password."""

from chalice.app import Blueprint, Response

from chalicelib.domain.errors import Busy, NotAuthorized, Refused
from chalicelib.services.accounts import access, settings, users
from chalicelib.web import origins, routing, session
from chalicelib.web.pages.page_request import PageRequest, own_path
from chalicelib.web.pages.rendering import later, page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/sign-in", role=None)
def sign_in_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Ask for username and password."""
    return render(request, "sign_in.html", status=401 if errors else None, errors=errors)


@page(blueprint, "/sign-in", role=None, on_error=sign_in_page)
def sign_in(request: PageRequest) -> Response:
    """Sign a user in and redirect to the requested page."""
    try:
        user = access.sign_in_user(
            request.get("username"), request.values.get("password", ""), request.origin
        )
    except Busy as error:
        reasons = {"password": f"was not checked: {str(error).lower()}"}
        return later(render(request, "sign_in.html", status=503, errors=reasons), error)
    except NotAuthorized as error:
        reason = error.waiting or "is wrong, or there is no such user"
        raise Refused({"password": reason}) from error
    settings.note_address(routing.base_url(request.raw))
    known = origins.device_cookie(request.raw, user)
    signed_in = request._replace(session=session.begun(user), device_cookie=known)
    return redirect(signed_in, own_path(request.get("then")))


@page(blueprint, "/sign-out", role=None, on_error=sign_in_page)
def sign_out(request: PageRequest) -> Response:
    """Sign the user out on every device."""
    if request.session.user is not None:
        users.sign_out(request.session.user)
    return redirect(request._replace(session=session.begun(None)), "/sign-in", done="out")


@page(blueprint, "/password")
def password_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Ask for a new password; after a first start the old one may be kept."""
    return render(request, "password.html", errors=errors)


@page(blueprint, "/password", on_error=password_page)
def change_password(request: PageRequest) -> Response:
    """Change one's password, or confirm the first one."""
    user = users.get_user(request.caller.id)
    if request.get("keep") and user.has_first_password:
        users.keep_password(int(user.id))
        return redirect(request, "/boards")
    access.confirm(user, request.values.get("old", ""), request.origin)
    users.set_password(str(user.username), request.values.get("new", ""))
    renewed = request._replace(session=request.session._replace(user=users.get_user(int(user.id))))
    return redirect(renewed, "/boards", done="password")
