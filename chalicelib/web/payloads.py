"""The payload that a request brings: the JSON of its body, or the fields of its form."""

import json
import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from chalice.app import Request

from chalicelib.domain.errors import Refused
from chalicelib.domain.payloads import PayloadUnreadable, check_levels
from chalicelib.web import bodies, routing
from chalicelib.web.bodies import FORM, MULTIPART, Body
from chalicelib.web.content_codings import BodyRefused

MOST_FIELDS = 1000
_WHOLE = ("payload", "data")
"""A field of a form that may hold the payload as JSON."""


def payload_of(request: Request) -> Any:
    """Return what a request says, as parsed JSON.

    Raises:
        BodyRefused: The body is too large, or compressed in a way that is not read.
        PayloadUnreadable: It is no JSON and no form, or too deep.
    """
    if not request.raw_body:
        return {}
    try:
        payload = _parsed(bodies.read(request))
    except BodyRefused:
        raise
    except Refused as refusal:
        raise PayloadUnreadable(str(refusal)) from refusal
    check_levels(payload)
    return payload


def _parsed(body: Body) -> Any:
    if not body.content.strip():
        return {}
    if body.media_type == MULTIPART:
        from chalicelib.web import multiparts  # noqa: PLC0415 -- hardly anybody sends one

        return _form(multiparts.texts_of(body, MOST_FIELDS))
    # Else it is curl -d with JSON.
    if body.media_type == FORM and body.content.lstrip()[:1] != b"{":
        try:
            return _form(
                parse_qsl(
                    body.text(),
                    keep_blank_values=True,
                    encoding=body.charset,
                    max_num_fields=MOST_FIELDS,
                )
            )
        except ValueError as error:
            raise Refused({"body": f"takes at most {MOST_FIELDS} fields"}) from error
    return _json(body.text())


def _texts(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the text of each name; of a repeated one, the list of its texts."""
    texts: dict[str, Any] = {}
    for name, text in pairs:
        before = texts.get(name)
        if before is None:
            texts[name] = text
        elif isinstance(before, list):
            before.append(text)
        else:
            texts[name] = [before, text]
    return texts


def _form(pairs: Iterable[tuple[str, str]]) -> Any:
    """Return an object of texts, or the whole payload that one of them holds."""
    fields = _texts(pairs)
    for name in _WHOLE:
        whole = fields.get(name)
        if isinstance(whole, str) and whole.lstrip().startswith("{"):
            try:
                return _json(whole)
            except Refused:
                continue
    return fields


def _json(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Refused({"body": "is not JSON"}) from error


def _finite(text: str) -> float:
    """Return a number. Raises ValueError: It is too large for a double."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(parse_constant=routing.refuse_constant, parse_float=_finite)
