"""API tokens of the signed-in user: create, list and revoke."""

from chalice.app import Blueprint, Response

from chalicelib.domain import accounts
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import tokens, users
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/tokens")
def tokens_page(
    request: PageRequest, errors: dict[str, str] | None = None, made: str = ""
) -> Response:
    """List the tokens; a new token is shown only once."""
    kept = users.get_user(request.caller.id).api_tokens
    newest = sorted(kept, key=lambda token: -token.made_at)
    return render(
        request, "tokens.html", errors=errors, tokens=newest, made=made, most=accounts.MOST_TOKENS
    )


@page(blueprint, "/tokens", on_error=tokens_page)
def change_tokens(request: PageRequest) -> Response:
    """Create or revoke a token."""
    match request.get("do"):
        case "add":
            return tokens_page(
                request,
                made=tokens.add_token(request.caller.id, request.get("name"), request.form_key),
            )
        case "revoke" if not is_sure(request):
            return ask(
                request,
                "Revoke this token?",
                "Programs that use it are refused from then on.",
                "Revoke",
            )
        case "revoke":
            tokens.revoke_tokens(request.caller.id, request.get("token"))
            return redirect(request, "/tokens", done="revoked")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
