"""Request parameters and answers, shared by all routes."""

import json
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl, quote

from chalice.app import Request, Response

from chalicelib.domain.errors import Refused, TaskhookError
from chalicelib.domain.values import Number, is_blank
from chalicelib.web import bodies
from chalicelib.web.bodies import JSON, Body

LARGEST_FORM = 2 * 1024 * 1024
"""Bytes of a signed-in user's form: a task of 400 KB fits with every byte escaped."""

LONGEST_HEADER = 1000
"""Most characters of a header with error reasons."""

LONGEST_NAME = 100
"""Most characters of a parameter's name in an answer."""

_UNREAD = "is not read: send it as a form or as JSON, with its Content-Type"


class Parameters(NamedTuple):
    """A request's parameters as text, and the faults of unreadable ones."""

    values: dict[str, str]
    faults: dict[str, str]  # a reason for each name
    unread: dict[str, str]  # why a body was not read, under the name "body"


def parameters_of(request: Request) -> Parameters:
    """Return the parameters of query and body; the last one counts, and a non-empty query wins.

    Raises:
        BodyRefused: The body is too large, or its encoding is not supported.
        Refused: The body does not match its declared type.
    """
    values = query_of(request)
    if request.method != "POST" or not request.raw_body:
        return Parameters(values, {}, {"body": _UNREAD} if request.raw_body else {})
    body = bodies.read(request)
    said, faults = _said_by(body) if body.kind else ({}, {})
    for name in said.keys() | faults:
        if is_blank(values.get(name, "")):
            values.pop(name, None)
    faults = {name: why for name, why in faults.items() if name not in values}
    return Parameters(said | values, faults, {} if body.kind else {"body": _UNREAD})


def form_of(
    request: Request, largest: int = LARGEST_FORM, most_fields: int | None = None
) -> dict[str, str]:
    """Return the fields of a form, without the query's parameters.

    Args:
        request: The form.
        largest: The most bytes.
        most_fields: The most fields; None: as many as fit.

    Raises:
        Refused: A part of it cannot be read.
    """
    body = bodies.read(request, largest)
    if body.content and not body.kind:
        raise Refused({"body": _UNREAD})
    values, faults = _said_by(body, most_fields)
    if faults:
        raise Refused({printable(name): why for name, why in faults.items()})
    return values


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)}


def query_of(request: Request) -> dict[str, str]:
    """Return the query's parameters; the last one of a name counts."""
    query = request.query_params
    return {name: query.getlist(name)[-1] for name in query} if query else {}


def _said_by(body: Body, most_fields: int | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Return a body's texts by name, and a reason for each other value. Raises Refused."""
    if body.kind == bodies.MULTIPART:
        from chalicelib.web import multiparts  # noqa: PLC0415 -- rarely sent

        texts, faults = multiparts.fields_of(body, most_fields or multiparts.MOST_PARTS)
        return texts, faults | _halves(texts)
    if body.kind == bodies.JSON:
        said = _json_object(body.text())
        texts = _texts(said)
        others = {name for name, value in said.items() if value is not None and name not in texts}
        return texts, dict.fromkeys(others, "takes a text or a number") | _halves(texts)
    try:
        # Like a gateway, decode %FF as U+FFFD; the field with it is refused by name.
        pairs = parse_qsl(
            body.text(), keep_blank_values=True, encoding=body.charset, max_num_fields=most_fields
        )
    except ValueError as error:
        raise Refused({"body": f"takes at most {most_fields} fields"}) from error
    return dict(pairs), {}


def _halves(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a reason for each text with half a surrogate pair; JSON and UTF-7 can encode one."""
    return {
        name: "must be valid UTF-8" for name, text in texts.items() if not _is_unicode(name + text)
    }


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json_object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise Refused({"body": "is not JSON"}) from error
    if not isinstance(parsed, dict):
        raise Refused({"body": "takes a JSON object"})
    return parsed


def header_of(request: Request, name: str) -> str | None:
    """Return a header decoded as UTF-8, None if absent; gateways decode it as Latin-1.

    Invalid UTF-8 becomes U+FFFD, as in a query.
    """
    text: str | None = request.headers.get(name)
    try:
        return (
            text
            if text is None or text.isascii()
            else text.encode("latin-1").decode("utf-8", "replace")
        )
    except UnicodeEncodeError:  # this gateway decodes UTF-8
        return text


def in_header(text: str) -> str:
    """Return a text fit for a header: ASCII on one line."""
    shown = text[:LONGEST_HEADER].encode("ascii", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in shown)


def printable(text: str) -> str:
    """Return a text with invalid Unicode escaped as in JSON."""
    return text.encode("utf-8", "backslashreplace").decode()


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity: Python accepts them, JSON does not. Raises ValueError."""
    raise ValueError(name)


def wants_json(request: Request) -> bool:
    """Tell whether the caller accepts JSON."""
    return JSON in request.headers.get("accept", "").lower()


def base_url(request: Request) -> str:
    """Return this Taskhook's URL without a trailing slash; on AWS it includes the stage."""
    host = request.headers.get("host", "localhost")
    scheme = request.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{host}{stage(request)}"


def is_secure(request: Request) -> bool:
    """Tell whether the request came over https."""
    return base_url(request).startswith("https:")


def stage(request: Request) -> str:
    """Return API Gateway's prefix of every path: its stage, as in `/api`, or empty."""
    whole = str(request.context.get("path", "")).rstrip("/")  # Chalice accepts a trailing slash
    if request.path == "/":
        return whole
    # Chalice's path is the route, with {names} in it.
    return "/".join(whole.split("/")[: -request.path.count("/")])


def path_of(request: Request) -> str:
    """Return the requested path, below the stage."""
    return str(request.context.get("path", "")).removeprefix(stage(request)).rstrip("/") or "/"


def answer(
    request: Request,
    status: int,
    text: str,
    fields: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a text answer, or the fields if the caller accepts JSON."""
    content_type, body = "text/plain; charset=utf-8", text
    if wants_json(request):
        content_type, body = JSON, json.dumps(fields)
    all_headers = {"Content-Type": content_type, **(headers or {})}
    return Response(body=body, status_code=status, headers={**all_headers})


def ignored_parameters(names: Iterable[str]) -> dict[str, str]:
    """Return the header that names the ignored parameters and counts those that do not fit.

    Names are encoded, since they may contain anything; an entry with a space or a
    quotation mark is a remark.
    """
    ignored = list(dict.fromkeys(names))
    named = [_named(name) for name in ignored[:LONGEST_HEADER]]
    ends = accumulate(len(name) + len(", ") for name in named)
    fitting = sum(end <= LONGEST_HEADER for end in ends)
    more = [f"and {len(ignored) - fitting} more"] if len(ignored) > fitting else []
    return {"X-Ignored-Parameters": ", ".join(named[:fitting] + more)} if ignored else {}


def _named(name: str) -> str:
    whole = quote(name[:LONGEST_NAME], safe="[]", errors="backslashreplace") or '""'
    return f"{whole} (cut)" if len(name) > LONGEST_NAME else whole


def refused(request: Request, refusal: Refused, status: int = 400) -> Response:
    """Return the answer to invalid input."""
    headers = {"X-Failure-Reason": in_header(str(refusal))}
    return answer(request, status, "FAILED", {"errors": refusal.reasons}, headers)


def unavailable(request: Request, error: TaskhookError) -> Response:
    """Return the answer to a request that may succeed later."""
    return answer(request, 503, "FAILED", {"error": str(error)}, {"Retry-After": "1"})
