"""Keeps what was refused for people to see; imported when the first request is."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from chalice.app import Request, Response

from chalicelib.domain.errors import NotFound, Refused, StoreUnavailable
from chalicelib.domain.refusals import LONGEST_TEXT, Refusal, cut, shown_parameters
from chalicelib.domain.values import is_blank
from chalicelib.services.accounts import settings
from chalicelib.services.sources import known_sources, refused_requests
from chalicelib.web import bearers, bodies, routing

_AFTER_TOKEN = {400, 422, 503}
"""The statuses with which an add is refused only after its token was found good."""


class Refusing(NamedTuple):
    """An answer that refuses a request."""

    status: int
    reason: Callable[[], str]
    is_known: bool  # whether the token or the proof was good; others are kept less often
    parameters: Callable[[], Mapping[str, str]]


def keep_add(request: Request, answer: Response) -> None:
    """Keep a request to add a task that was refused, unless the store was away."""
    status, said = answer.status_code, str(answer.headers.get("X-Failure-Reason", ""))
    is_attempt = bool(request.query_params) or bodies.is_sent(request)
    if "Retry-After" in answer.headers or not is_attempt:
        return
    is_known = status in _AFTER_TOKEN or (status != 401 and _has_token(request))
    keep(
        request,
        Refusing(
            status,
            lambda: said or _why(request, status),
            is_known,
            lambda: _parameters_of(request) if is_known else routing.query_of(request),
        ),
    )


def keep(request: Request, refusing: Refusing) -> None:
    """Keep a refused request, if its kind has room; what the store cannot take is not kept."""
    allowance = refused_requests.KNOWN if refusing.is_known else refused_requests.STRANGERS
    left_out = allowance.take(time.monotonic())
    if left_out is None:
        return
    with suppress(NotFound, StoreUnavailable):  # NotFound: no first start yet
        refused_requests.keep(_refusal(request, refusing, left_out))


def _refusal(request: Request, refusing: Refusing, left_out: int) -> Refusal:
    secrets = [*settings.tokens(), *known_sources.secrets(time.time())]
    return Refusal(
        received_at=round(time.time(), 3),
        status=refusing.status,
        reason=cut(refusing.reason(), LONGEST_TEXT, secrets),
        address=str(request.context.get("identity", {}).get("sourceIp", "")),
        method=request.method,
        path=cut(routing.path_of(request), LONGEST_TEXT, secrets),
        parameters=shown_parameters(refusing.parameters(), secrets),
        user_agent=cut(routing.header_of(request, "user-agent") or "", LONGEST_TEXT, secrets),
        left_out=left_out,
    )


def _parameters_of(request: Request) -> dict[str, str]:
    """Return the parameters of query and body; of a body that cannot be read, the query's."""
    try:
        return routing.parameters_of(request).values
    except Refused:
        return routing.query_of(request)


def _token_of(request: Request) -> str:
    """Return the token of a request's address or header, "" for none."""
    given = (routing.query_of(request).get("token"), bearers.bearer_of(request))
    return next((token for token in given if token and not is_blank(token)), "")


def _has_token(request: Request) -> bool:
    token = _token_of(request)
    with suppress(NotFound, StoreUnavailable):
        return bool(token) and settings.is_webhook_token(token)
    return False


def _why(request: Request, status: int) -> str:
    if status == 404:
        return "adds no task: the address needs controller=task&action=add"
    if status == 405:
        return "HEAD adds no task"
    token = _token_of(request)
    if not token:
        return "token: is missing, or is wrong in the body"
    if settings.is_api_token(token):
        return "token: is the API token; the webhook token adds tasks"
    return "token: is wrong"
