"""Decoded parameters in, answers out: what every route shares."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl

from chalice.app import Request, Response

from chalicelib.domain.errors import Refused, TaskhookError
from chalicelib.domain.values import Number, is_blank

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes: a task of 400 KB with each byte escaped fits."""

FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"


class Parameters(NamedTuple):
    """What a request says, as text, and what in it could not be read."""

    values: dict[str, str]
    faults: dict[str, str]  # a reason for each name; the name "body" stands for all of it


def parameters_of(request: Request) -> Parameters:
    """Return the parameters of query and body; of one given twice the last counts, and the query wins, unless blank."""
    values = query_of(request)
    try:
        body = _body_parameters(request) if request.method == "POST" else {}
    except Refused as refusal:
        return Parameters(values, refusal.reasons)
    values = {name: text for name, text in values.items() if name not in body or not is_blank(text)}
    texts = _texts(body)
    faults = {
        name: "takes a text or a number"
        for name, value in body.items()
        if value is not None and name not in texts and name not in values
    }
    return Parameters(texts | values, faults)


def form_of(request: Request) -> dict[str, str]:
    """Return what a form says; the address that it was sent to has no say in it. Raises Refused."""
    return _texts(_body_parameters(request))


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}


def query_of(request: Request) -> dict[str, str]:
    """Return the parameters of the address; of one given twice the last counts."""
    query = request.query_params
    return {name: query.getlist(name)[-1] for name in query} if query else {}


def _body_parameters(request: Request) -> dict[str, Any]:
    body = cast(bytes, request.raw_body)  # Chalice's hint says str too, its code never returns one
    if not body or not _is_read(request):
        return {}
    if len(body) > LARGEST_BODY:
        raise Refused({"body": "takes at most 2 MB"})
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused({"body": "must be valid UTF-8"}) from error
    if _media_type(request) == MULTIPART:
        return _parts(request.headers["content-type"], text)
    if _media_type(request) == JSON or text.lstrip().startswith("{"):  # curl -d says that it is a form
        return _json_object(text)
    # A %FF becomes U+FFFD, as a gateway writes it; the field that holds it is refused by name.
    return dict(parse_qsl(text, keep_blank_values=True))


def _media_type(request: Request) -> str:
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _is_read(request: Request) -> bool:
    return _media_type(request) in {FORM, MULTIPART, JSON} or request.raw_body.lstrip()[:1] == b"{"


def unread_body(request: Request) -> dict[str, str]:
    """Return a reason where a body was sent that is of no kind that is read."""
    is_unread = request.method == "POST" and bool(request.raw_body) and not _is_read(request)
    return {"body": "is not read: send it as a form or as JSON, with its Content-Type"} if is_unread else {}


def _parts(content_type: str, text: str) -> dict[str, str]:
    """Return the fields of a form in parts; files are left out."""
    from email.parser import BytesParser  # noqa: PLC0415 -- hardly anybody sends one
    from email.policy import HTTP  # noqa: PLC0415

    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n{text}".encode())
    fields = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            fields[name] = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    return fields


def _json_object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text, parse_int=Number, parse_float=Number)
    except (ValueError, RecursionError) as error:
        raise Refused({"body": "is not JSON"}) from error
    if not isinstance(parsed, dict):
        raise Refused({"body": "takes a JSON object"})
    return parsed


def wants_json(request: Request) -> bool:
    """Tell whether the caller asks for JSON."""
    return JSON in request.headers.get("accept", "").lower()


def base_url(request: Request) -> str:
    """Return where this Taskhook stands, without a slash at the end: on AWS below the stage, as the caller has it."""
    host = request.headers.get("host", "localhost")
    scheme = request.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{host}{stage(request)}"


def stage(request: Request) -> str:
    """Return what API Gateway puts before every path: its stage, as in `/api`, or nothing."""
    whole = str(request.context.get("path", "")).rstrip("/")  # Chalice takes one more at the end
    if request.path == "/":
        return whole
    return "/".join(whole.split("/")[: -request.path.count("/")])  # Chalice's path is the route, with {names} in it


def path_of(request: Request) -> str:
    """Return the path that was asked for, below the stage."""
    return str(request.context.get("path", "")).removeprefix(stage(request)).rstrip("/") or "/"


def answer(
    request: Request, status: int, text: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """Return a text, or the fields where the caller asks for JSON."""
    as_json = wants_json(request)
    return Response(
        body=json.dumps(fields) if as_json else text,
        status_code=status,
        headers={"Content-Type": JSON if as_json else "text/plain; charset=utf-8", **(headers or {})},
    )


def refused(request: Request, refusal: Refused) -> Response:
    """Return the answer to input that cannot be used."""
    return answer(request, 400, "FAILED", {"errors": refusal.reasons}, {"X-Failure-Reason": str(refusal)})


def unavailable(request: Request, error: TaskhookError) -> Response:
    """Return the answer to a request that may succeed in a moment."""
    return answer(request, 503, "FAILED", {"error": str(error)}, {"Retry-After": "1"})
