"""Tokens of programs, sent as `Authorization: Bearer TOKEN`."""

from collections.abc import Callable

from chalice.app import Request, Response

from chalicelib.domain.errors import NotFound, StoreUnavailable
from chalicelib.services.accounts import settings
from chalicelib.web import routing


def bearer_of(request: Request) -> str | None:
    """Return the token of a request's header, None if there is none."""
    scheme, _, token = (routing.header_of(request, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def not_authorized(request: Request) -> Response:
    """Return the answer to a missing or wrong token."""
    return routing.answer(request, 401, "Not Authorized", {"error": "Not Authorized"})


def answer_to_api_token(request: Request, respond: Callable[[], Response]) -> Response:
    """Return what `respond` answers to a caller with the API token; to any other, 401."""
    token = bearer_of(request)
    try:
        if token and settings.is_api_token(token):
            return respond()
    except (NotFound, StoreUnavailable) as error:  # NotFound: no first start yet
        return routing.unavailable(request, error)
    return not_authorized(request)
