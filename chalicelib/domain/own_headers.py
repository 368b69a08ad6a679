"""The headers that an endpoint adds to its requests: a template of an object.

Their values are secrets. So errors name only a header and the place in it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain import free_fields
from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused, NotMade
from chalicelib.domain.free_fields import Unreadable

MAX_HEADERS = 20
MAX_TEMPLATE = 4096
"""Bytes of the template's compact JSON in UTF-8."""

MAX_VALUE = 8192
"""Characters of one value; most servers refuse longer lines."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
"""A token (RFC 9110, section 5.6.2)."""

_FRAMING = "it says where a request ends"
_RESERVED = {
    "host": "it comes from the URL",
    "content-length": _FRAMING,
    "transfer-encoding": _FRAMING,
    "connection": "each attempt has a connection of its own",
    "expect": "a request is sent in one piece",
    "accept-encoding": "no answer is decompressed",
    "user-agent": "it names Taskhook",
}
_RESERVED_PREFIXES = {
    "webhook-": "it belongs to the signature",
    "x-taskhook-": "it tells of the attempt",
}


def read_headers(value: Any) -> dict[str, str | None]:
    """Return the template of an endpoint's headers. Raises Unreadable."""
    headers = free_fields.read_object(value)
    if len(headers) > MAX_HEADERS:
        raise Unreadable(f"takes up to {MAX_HEADERS} headers")
    if len(json.dumps(headers, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_TEMPLATE:
        raise Unreadable(f"takes up to {MAX_TEMPLATE // 1024} KB")
    seen: set[str] = set()
    for name, text in headers.items():
        _refuse_name(name, seen)
        if text is not None and not isinstance(text, str):
            raise Unreadable(f"{name} takes a text")
        _refuse_unsendable(name, text)
    _compile(headers)
    return headers


def _refuse_unsendable(name: str, text: str | None) -> None:
    """Refuse what no event makes sendable. Raises Unreadable."""
    if text is not None and "{{" not in text:
        try:
            _text(name, text)
        except NotMade as error:
            raise Unreadable(str(error).removeprefix("headers: ")) from error


def _refuse_name(name: str, seen: set[str]) -> None:
    lower = name.lower()
    if not _NAME.fullmatch(name):
        raise Unreadable("takes names of letters, digits and !#$%&'*+-.^_`|~")
    if lower in seen:
        raise Unreadable(f"{name} is there twice")
    seen.add(lower)
    reasons = [why for prefix, why in _RESERVED_PREFIXES.items() if lower.startswith(prefix)]
    if reason := _RESERVED.get(lower, "".join(reasons)):
        raise Unreadable(f"{name} cannot be set: {reason}")


def fault_of(values: Mapping[str, Any]) -> str:
    """Return the conflict of an endpoint's headers with its format, "" for none."""
    names = {name.lower() for name in values["headers"]}
    if "content-type" in names and values.get("format") != "custom":
        return "Content-Type cannot be set: it comes from the format, unless that is custom"
    return ""


def is_json(content_type: str) -> bool:
    """Tell whether a media type is JSON (RFC 6839, section 3.1); "", none of its own, is."""
    essence = content_type.partition(";")[0].strip().lower()
    return essence in {"", "application/json", "text/json"} or essence.endswith("+json")


def content_type_of(headers: Mapping[str, str | None] | None) -> str:
    """Return the Content-Type among an endpoint's headers, "" for none."""
    named = (text for name, text in (headers or {}).items() if name.lower() == "content-type")
    return next(named, None) or ""


def evaluate(headers: Mapping[str, str | None], event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of an attempt; those whose value is null are left out.

    Raises:
        NotMade: One of them cannot be sent.
    """
    return dict(_evaluated(headers, event))


def _evaluated(
    headers: Mapping[str, str | None], event: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    try:
        found = _compile(headers).render(event)
    except ExpressionFailed as error:
        name = error.path or "one"
        raise NotMade(f"headers: {name} cannot be made of this event") from error
    for name, value in found.items():
        if value is not None:
            yield name, _text(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = value.strip(" ") if isinstance(value, str) else ""
    # No invisible characters: a line end would start another header.
    if not text or not text.isprintable() or max(text) > "\xff":
        raise NotMade(f"headers: {name} takes visible characters of Latin-1")
    if len(text) > MAX_VALUE:
        raise NotMade(f"headers: {name} takes up to {MAX_VALUE} characters")
    return text


def _compile(headers: Mapping[str, str | None]) -> Any:
    from chalicelib.domain.templates import compile_template  # noqa: PLC0415 -- few endpoints have any

    try:
        return compile_template(headers)
    except ExpressionRefused as error:
        column = f", column {error.column}" if error.column else ""
        place = f"{error.path}{column}" if error.path else "one of them"
        raise Unreadable(f"{place}: is no valid expression") from error
