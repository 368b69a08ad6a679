"""Multipart forms (multipart/form-data, RFC 7578), read within bounds."""

import binascii
from collections.abc import Callable
from typing import NamedTuple

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from chalicelib.domain.errors import Refused
from chalicelib.web.bodies import Body, codec_of

MOST_PARTS = 1000
_LONGEST_HEADER = 4096  # bytes

_TRANSFERS: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("", "7bit", "8bit", "binary"), bytes),
    "base64": binascii.a2b_base64,
    "quoted-printable": binascii.a2b_qp,
}
"""Accepted transfer encodings; RFC 7578 deprecates the last two, but some senders use them."""


class Fields(NamedTuple):
    """The texts of a form by name, and a reason for each part that is not text."""

    texts: dict[str, str]
    faults: dict[str, str]


def fields_of(body: Body, most_parts: int = MOST_PARTS) -> Fields:
    """Return the fields of a form; the last one of a name counts.

    Raises:
        Refused: It is not a multipart form.
        BodyRefused: The charset of a part is unknown.
    """
    fields = Fields({}, {})
    try:
        for segment, content in _parts(body, most_parts):
            _read(segment, content, body.charset, fields)
    except MultipartError as error:
        raise Refused({"body": f"is not multipart/form-data: {error.args[0]}"}) from error
    return fields


def texts_of(body: Body, most_parts: int = MOST_PARTS) -> list[tuple[str, str]]:
    """Return the names and texts of a form in order, without files.

    Raises as `fields_of` does.
    """
    texts: list[tuple[str, str]] = []
    try:
        for segment, content in _parts(body, most_parts):
            one = Fields({}, {})
            _read(segment, content, body.charset, one)
            texts += one.texts.items()
    except MultipartError as error:
        raise Refused({"body": f"is not multipart/form-data: {error.args[0]}"}) from error
    return texts


def _parts(body: Body, most_parts: int) -> list[tuple[MultipartSegment, bytes]]:
    boundary = parse_options_header(body.content_type)[1].get("boundary", "")
    parts: list[tuple[MultipartSegment, bytes]] = []
    with PushMultipartParser(
        boundary, max_segment_count=most_parts, max_header_size=_LONGEST_HEADER
    ) as parser:
        for event in parser.parse(body.content):
            if isinstance(event, MultipartSegment):
                parts.append((event, b""))
            elif event:
                segment, content = parts[-1]
                parts[-1] = segment, content + event
    return parts


def _read(segment: MultipartSegment, content: bytes, charset: str, fields: Fields) -> None:
    name = segment.name or ""
    fields.texts.pop(name, None)
    fields.faults.pop(name, None)
    transfer = str(segment.header("Content-Transfer-Encoding", "")).strip().lower()
    if segment.filename is not None:
        fields.faults[name] = "takes a text, not a file"
    elif transfer not in _TRANSFERS:
        fields.faults[name] = f"takes no Content-Transfer-Encoding {transfer[:20]!a}"
    else:
        try:
            plain = _TRANSFERS[transfer](content)
        except binascii.Error:
            fields.faults[name] = f"is not {transfer}, as its part says"
            return
        codec = codec_of(segment.charset) if segment.charset else charset
        fields.texts[name] = plain.decode(codec, "replace")
