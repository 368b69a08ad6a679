"""Kanboard's API: JSON-RPC 2.0 over HTTP (https://www.jsonrpc.org/specification)."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalice.app import Blueprint, Request, Response

from chalicelib.config import CONFIG
from chalicelib.domain.errors import (
    Busy,
    Forbidden,
    NotAuthorized,
    NotFound,
    Refused,
    StoreUnavailable,
)
from chalicelib.domain.values import Number
from chalicelib.services.accounts import access
from chalicelib.services.accounts.access import Caller
from chalicelib.services.accounts.lockout import Origin
from chalicelib.web import bodies, origins, routing
from chalicelib.web.content_codings import BodyRefused
from chalicelib.web.jsonrpc import PROCEDURES, Call, InvalidParams
from chalicelib.web.jsonrpc.messages import (
    FORBIDDEN,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_MADE,
    PARSE_ERROR,
    TOO_LARGE,
    Answer,
    dump,
    error_of,
    failure_of,
    fault_of,
    is_id,
    response_of,
    size_of,
)

blueprint = Blueprint(__name__)

LARGEST_BATCH = 100
LONGEST_BATCH = 20.0
"""Seconds after which a batch makes no more calls: API Gateway waits for 29."""

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: Lambda accepts 6 MB, and bodies arrive in base64."""


_ROOM_FOR_ERRORS = LARGEST_BATCH * 300
"""Bytes reserved for the answers to a batch's other calls."""

_BATCH_TOO_LARGE = "The answers of the batch are too large: repeat this call"


@blueprint.route("/jsonrpc.php", methods=["POST"], content_types=["*/*"])
def jsonrpc_php() -> Response:
    """Answer at the path that Kanboard's clients use."""
    return _respond(blueprint.current_request)


@blueprint.route("/jsonrpc", methods=["POST"], content_types=["*/*"])
def jsonrpc() -> Response:
    """Answer at the short path."""
    return _respond(blueprint.current_request)


def _parse_error(refusal: Refused) -> Response:
    status = refusal.status if isinstance(refusal, BodyRefused) else 200
    reason = f"Parse error: the body {refusal.reasons['body']}"
    return response_of(status, error_of(None, PARSE_ERROR, reason))


def _respond(request: Request) -> Response:
    caller = _sign_in(request)
    if isinstance(caller, Response):
        return caller
    try:
        text = bodies.read(request, LARGEST_BODY).text()
    except Refused as refusal:
        return _parse_error(refusal)
    context = Context(caller, routing.base_url(request), [], [])
    answer = _answer(text, context)
    headers = routing.ignored_parameters(context.ignored)
    if context.refusals:
        headers["X-Failure-Reason"] = routing.in_header("; ".join(context.refusals))
    if answer is None:
        return Response(body="", status_code=204, headers={**headers})
    is_forbidden = isinstance(answer, dict) and answer.get("error", {}).get("code") == FORBIDDEN
    return response_of(403 if is_forbidden else 200, answer, headers)


def _sign_in(request: Request) -> Caller | Response:
    """Return the caller, or the answer to a refused one."""
    try:
        return access.sign_in(*_credentials(request), Origin(origins.address_of(request)))
    except NotAuthorized as error:
        headers = {"WWW-Authenticate": 'Basic realm="Taskhook"'}
        if error.wait:
            headers["Retry-After"] = str(int(error.wait) + 1)
        return response_of(401, error_of(None, 401, str(error)), headers)
    except Busy as error:
        return response_of(503, error_of(None, 503, str(error)), {"Retry-After": str(error.wait)})
    except (NotFound, StoreUnavailable) as error:  # NotFound: no first start yet
        return response_of(200, error_of(None, INTERNAL_ERROR, f"Internal error: {error}"))
    except Exception as error:  # noqa: BLE001 -- as in `_run`: a row of a user that was edited by hand may hold anything
        return response_of(200, failure_of(None, "sign_in", error))


class Context(NamedTuple):
    """The caller and origin, the reasons of refusals and the ignored parameters."""

    caller: Caller
    base_url: str
    refusals: list[str]
    ignored: list[str]


def _credentials(request: Request) -> tuple[str, str]:
    """Return username and password from Basic, or from the header that some clients use instead."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        encoded = request.headers.get("x-api-auth", "")
    try:
        said = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAuthorized from error
    username, colon, password = _decoded(said).partition(":")
    if not colon:
        raise NotAuthorized
    return username, password


def _decoded(credentials: bytes) -> str:
    """Return credentials as text: UTF-8 (RFC 7617), or else Latin-1, as requests sends them."""
    try:
        return credentials.decode()
    except UnicodeDecodeError:
        return credentials.decode("latin-1")


def _answer(text: str, context: Context) -> Answer | list[str] | None:
    """Return the answer to a call, or to a batch as JSON; None if all are notifications."""
    try:
        called = _parsed(text)
    except (ValueError, RecursionError):
        return error_of(None, PARSE_ERROR, "Parse error: the body is not JSON")
    if not isinstance(called, list):
        return _answer_one(called, context)
    if not called or len(called) > LARGEST_BATCH:
        message = f"Invalid Request: a batch takes 1 to {LARGEST_BATCH} calls, not {len(called)}"
        return error_of(None, INVALID_REQUEST, message)
    answers: list[str] = []
    room, ends_at = CONFIG.largest_answer - 2, time.monotonic() + LONGEST_BATCH
    for call in called:
        answer = _answer_one(call, context) if time.monotonic() < ends_at else _not_made(call)
        if answer is None:
            continue
        text = dump(answer)
        if size_of(text) > room - _ROOM_FOR_ERRORS:
            text = dump(error_of(answer["id"], TOO_LARGE, _BATCH_TOO_LARGE))
        room -= size_of(text) + 1
        answers.append(text)
    return answers or None


def _parsed(text: str) -> Any:
    """Return a call, or a batch's calls, with numbers as written."""
    parsed = json.loads(
        text, parse_int=Number, parse_float=Number, parse_constant=routing.refuse_constant
    )
    return [_plain(call) for call in parsed] if isinstance(parsed, list) else _plain(parsed)


def _plain(called: Any) -> Any:
    if not isinstance(called, dict):
        return called
    return {
        name: value.plain if isinstance(value, Number) else value for name, value in called.items()
    }


def _not_made(called: Any) -> Answer | None:
    """Return the answer to a call that a batch had no time left for."""
    message = "The batch took too long: this call was not made; repeat it"
    return error_of(_known_id(called), NOT_MADE, message)


def _answer_one(called: Any, context: Context) -> Answer | None:
    if reason := fault_of(called):
        return error_of(_known_id(called), INVALID_REQUEST, f"Invalid Request: {reason}")
    answer = _run(called, context)
    return answer if "id" in called else None


def _known_id(called: Any) -> Any:
    """Return the id of a possible call, or None."""
    if not isinstance(called, dict) or not is_id(called.get("id")):
        return None
    return called.get("id")


def _run(called: Mapping[str, Any], context: Context) -> Answer:
    call_id, name = called.get("id"), called["method"]
    procedure = PROCEDURES.get(name)
    if procedure is None:
        return error_of(call_id, METHOD_NOT_FOUND, "Method not found")
    call = Call(context.caller, context.base_url)
    try:
        result = procedure.run(call, called.get("params") or [])
    except InvalidParams as error:
        return error_of(call_id, INVALID_PARAMS, f"Invalid params: {error}")
    except Forbidden:
        return error_of(call_id, FORBIDDEN, "Forbidden")
    except (Busy, StoreUnavailable) as error:
        return error_of(call_id, INTERNAL_ERROR, f"Internal error: {error}")
    except Exception as error:  # noqa: BLE001 -- callers never see internal errors
        return failure_of(call_id, name, error)
    finally:
        context.ignored.extend(call.ignored)
    if call.refusal:
        context.refusals.append(f"{name}: {call.refusal}")
    return {"jsonrpc": "2.0", "id": call_id, "result": result}
