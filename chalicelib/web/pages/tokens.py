"""The own API tokens: made, named, seen and revoked by their user."""

from chalice.app import Blueprint, Response

from chalicelib.domain import accounts
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import tokens, users
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.rendering import Visit, page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/tokens")
def tokens_page(visit: Visit, errors: dict[str, str] | None = None, made: str = "") -> Response:
    """List the tokens; one that was just made is shown this once."""
    kept = users.get_user(visit.caller.id).api_tokens
    newest = sorted(kept, key=lambda token: -token.made_at)
    return render(
        visit, "tokens.html", errors=errors, tokens=newest, made=made, most=accounts.MOST_TOKENS
    )


@page(blueprint, "/tokens", shows=tokens_page)
def change_tokens(visit: Visit) -> Response:
    """Make a token, or revoke one."""
    match visit.get("do"):
        case "add":
            return tokens_page(
                visit, made=tokens.add_token(visit.caller.id, visit.get("name"), visit.form_key)
            )
        case "revoke" if not is_sure(visit):
            return ask(
                visit,
                "Revoke this token?",
                "Programs that use it are refused from then on.",
                "Revoke",
            )
        case "revoke":
            tokens.revoke_tokens(visit.caller.id, visit.get("token"))
            return redirect(visit, "/tokens", done="revoked")
        case other:
            raise Refused({"do": f"takes no {other!r}"})
