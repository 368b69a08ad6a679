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


def answer_to_api_token(
    request: Request, respond: Callable[[], Response], *, or_user: bool = False
) -> Response:
    """Return what `respond` answers to a caller with the API token; to any other, 401.

    With `or_user`, a user who is signed in to the pages needs no token.
    """
    token = bearer_of(request)
    try:
        if settings.is_api_token(token) if token else or_user and _is_signed_in(request):
            return respond()
    except (NotFound, StoreUnavailable) as error:  # NotFound: no first start yet
        return routing.unavailable(request, error)
    return not_authorized(request)


def _is_signed_in(request: Request) -> bool:
    from chalicelib.web import session  # noqa: PLC0415 -- programs have none

    user = session.read(request).user
    return user is not None and not user.has_first_password
