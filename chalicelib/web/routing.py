"""Decoded parameters in, answers out: what every route shares."""

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
"""Bytes of a form of somebody who has signed in: a task of 400 KB with each byte escaped fits."""

LONGEST_HEADER = 1000
"""Characters of a header that says what was wrong."""

LONGEST_NAME = 100
"""Characters of a parameter's name that an answer repeats."""

_UNREAD = "is not read: send it as a form or as JSON, with its Content-Type"


class Parameters(NamedTuple):
    """What a request says, as text, and what in it could not be read."""

    values: dict[str, str]
    faults: dict[str, str]  # a reason for each name
    unread: dict[str, str]  # why a body was not looked at, under the name "body"


def parameters_of(request: Request) -> Parameters:
    """Return the query's and body's parameters; the last one counts, and a set query wins.

    Raises:
        BodyRefused: The body is too large, or in an encoding that is not read.
        Refused: The body is not what it says it is.
    """
    values = query_of(request)
    if request.method != "POST" or not request.raw_body:
        return Parameters(values, {}, {"body": _UNREAD} if request.raw_body else {})
    body = bodies.read(request)
    said, faults = _said_by(body) if body.kind else ({}, {})
    values = {
        name: text
        for name, text in values.items()
        if not is_blank(text) or name not in said.keys() | faults
    }
    faults = {name: why for name, why in faults.items() if name not in values}
    return Parameters(said | values, faults, {} if body.kind else {"body": _UNREAD})


def form_of(
    request: Request, largest: int = LARGEST_FORM, most_fields: int | None = None
) -> dict[str, str]:
    """Return what a form says; the address that it was sent to has no say in it.

    Args:
        request: The form.
        largest: Its most bytes.
        most_fields: Its most fields; None: as many as fit.

    Raises:
        Refused: Not all of it can be read.
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
    """Return the parameters of the address; of one given twice the last counts."""
    query = request.query_params
    return {name: query.getlist(name)[-1] for name in query} if query else {}


def _said_by(body: Body, most_fields: int | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Return a body's texts by name, and a reason for each value that is none. Raises Refused."""
    if body.kind == bodies.MULTIPART:
        from chalicelib.web import multiparts  # noqa: PLC0415 -- hardly anybody sends one

        texts, faults = multiparts.fields_of(body, most_fields or multiparts.MOST_PARTS)
        return texts, faults | _halves(texts)
    if body.kind == bodies.JSON:
        said = _json_object(body.text())
        texts = _texts(said)
        others = {name for name, value in said.items() if value is not None and name not in texts}
        return texts, dict.fromkeys(others, "takes a text or a number") | _halves(texts)
    try:
        # A %FF becomes U+FFFD, as a gateway writes it; the field that holds it is refused by name.
        pairs = parse_qsl(
            body.text(), keep_blank_values=True, encoding=body.charset, max_num_fields=most_fields
        )
    except ValueError as error:
        raise Refused({"body": f"takes at most {most_fields} fields"}) from error
    return dict(pairs), {}


def _halves(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a reason for each text with half a surrogate pair, as JSON and UTF-7 can spell."""
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
    """Return a header as the UTF-8 it was sent in, None if absent; gateways read Latin-1.

    What is no UTF-8 becomes U+FFFD, as in a query.
    """
    text: str | None = request.headers.get(name)
    try:
        return (
            text
            if text is None or text.isascii()
            else text.encode("latin-1").decode("utf-8", "replace")
        )
    except UnicodeEncodeError:  # this gateway has read it as UTF-8
        return text


def in_header(text: str) -> str:
    """Return a text as a header may hold it: ASCII on one line."""
    shown = text[:LONGEST_HEADER].encode("ascii", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in shown)


def printable(text: str) -> str:
    """Return a text with what is no Unicode in it as JSON escapes it."""
    return text.encode("utf-8", "backslashreplace").decode()


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON and which Python would take. Raises ValueError."""
    raise ValueError(name)


def wants_json(request: Request) -> bool:
    """Tell whether the caller asks for JSON."""
    return JSON in request.headers.get("accept", "").lower()


def base_url(request: Request) -> str:
    """Return this Taskhook's URL without a trailing slash; on AWS it includes the stage."""
    host = request.headers.get("host", "localhost")
    scheme = request.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{host}{stage(request)}"


def is_secure(request: Request) -> bool:
    """Tell whether the caller came by https."""
    return base_url(request).startswith("https:")


def stage(request: Request) -> str:
    """Return what API Gateway puts before every path: its stage, as in `/api`, or nothing."""
    whole = str(request.context.get("path", "")).rstrip("/")  # Chalice takes one more at the end
    if request.path == "/":
        return whole
    # Chalice's path is the route, with {names} in it.
    return "/".join(whole.split("/")[: -request.path.count("/")])


def path_of(request: Request) -> str:
    """Return the path that was asked for, below the stage."""
    return str(request.context.get("path", "")).removeprefix(stage(request)).rstrip("/") or "/"


def answer(
    request: Request,
    status: int,
    text: str,
    fields: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a text, or the fields where the caller asks for JSON."""
    as_json = wants_json(request)
    return Response(
        body=json.dumps(fields) if as_json else text,
        status_code=status,
        headers={
            "Content-Type": JSON if as_json else "text/plain; charset=utf-8",
            **(headers or {}),
        },
    )


def ignored_parameters(names: Iterable[str]) -> dict[str, str]:
    """Return the header that names the ignored parameters, and counts those that do not fit.

    Names are encoded, for they may hold anything: what has a space or a quotation mark in it is no
    name.
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
    """Return the answer to input that cannot be used."""
    headers = {"X-Failure-Reason": in_header(str(refusal))}
    return answer(request, status, "FAILED", {"errors": refusal.reasons}, headers)


def unavailable(request: Request, error: TaskhookError) -> Response:
    """Return the answer to a request that may succeed in a moment."""
    return answer(request, 503, "FAILED", {"error": str(error)}, {"Retry-After": "1"})
