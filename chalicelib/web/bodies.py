"""A request's body: its bytes before compression, and the text that they encode."""

import base64
import codecs
import functools
import re
from contextlib import suppress
from typing import NamedTuple

from chalice.app import Request

from chalicelib.domain.errors import Refused
from chalicelib.web import content_codings
from chalicelib.web.content_codings import BodyRefused

LARGEST = 1024 * 1024
"""Bytes of a body, after decompression."""

SEARCHED = 256 * 1024
"""Bytes searched for the token in a costly body: compressed, or in a charset that does not contain
ASCII."""

FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
)

_CHARSET = r""";\s*charset\s*=\s*["']?([^\s;"']+)"""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; one wins over a charset that is declared (https://encoding.spec.whatwg.org/#decode)."""

_NO_CHARSETS = {"charmap", "idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
"""Python codecs that no sender means; some take quadratic time."""

_GZIP = b"\x1f\x8b"
"""The first bytes of a gzip file (RFC 1952); no UTF-8 text begins so."""

_ASCII = "".join(map(chr, range(32, 127)))


class Body(NamedTuple):
    """A body before parsing."""

    content: bytes  # decompressed, without a byte order mark, in a charset that contains ASCII
    content_type: str
    charset: str  # as Python names it
    is_cut: bool = False  # whether this is only its beginning

    @property
    def media_type(self) -> str:
        """The type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def kind(self) -> str:
        """FORM, MULTIPART or JSON (also where curl -d declares a form); "": not readable."""
        if self.media_type in {MULTIPART, JSON}:
            return self.media_type
        if self.content.lstrip()[:1] == b"{":
            return JSON
        return FORM if self.media_type == FORM else ""

    def text(self) -> str:
        """Return it as text. Raises Refused if it cannot be decoded."""
        return _decoded(self.content, self.charset)


def read(request: Request, largest: int = LARGEST) -> Body:
    """Return the body of a request.

    Args:
        request: The request.
        largest: The most bytes, before and after decompression.

    Raises:
        BodyRefused: It is too large, or its compression or charset is unknown.
        Refused: It is not valid in its charset.
    """
    content = content_codings.decompressed(
        _sent(request, largest), content_codings.codings_of(request), largest
    )
    content, charset = _unmarked(content, _declared(request))
    if _has_ascii(charset):
        return Body(content, _type_of(request), charset)
    try:
        return Body(_decoded(content, charset).encode(), _type_of(request), "utf-8")
    except UnicodeEncodeError as error:  # UTF-7 can spell half a surrogate pair
        raise _refused_as(charset) from error


def beginning(request: Request) -> Body:
    """Return the part of a body to search for the token: 256 KB if more would cost too much.

    Raises:
        BodyRefused: As `read`. Invalid bytes are replaced here; `read` refuses them.
    """
    codings, declared = content_codings.codings_of(request), _declared(request)
    costs_much = bool(codings) or not _has_ascii(declared)
    content = _sent(request, LARGEST, SEARCHED if costs_much else None)
    is_cut = costs_much and len(content) == SEARCHED
    if codings:
        content = content_codings.beginning(content, codings, SEARCHED, is_cut=is_cut)
        is_cut = is_cut or len(content) == SEARCHED
    content, charset = _unmarked(content, declared)
    if _has_ascii(charset):
        return Body(content, _type_of(request), charset, is_cut)
    text = content[:SEARCHED].decode(charset, "replace")
    return Body(
        text.encode(errors="replace"), _type_of(request), "utf-8", is_cut or len(content) > SEARCHED
    )


def is_sent(request: Request) -> bool:
    """Tell whether a request has a body, without decoding it."""
    return bool(request.to_original_event().get("body"))


def _sent(request: Request, largest: int, most: int | None = None) -> bytes:
    """Return a body as sent, or only its beginning: base64 takes 4 ms a MB.

    Raises:
        BodyRefused: It is larger than `largest`.
    """
    event = request.to_original_event()
    body = event.get("body") or b""
    if not event.get("isBase64Encoded"):
        content = body.encode() if isinstance(body, str) else bytes(body)
        content_codings.check_size(len(content), largest)
        return content[:most]
    content_codings.check_size(len(body) * 3 // 4 - 2, largest)
    content = base64.b64decode(body if most is None else body[: (most + 2) // 3 * 4])
    content_codings.check_size(len(content), largest)
    return content[:most]


def _type_of(request: Request) -> str:
    return str(request.headers.get("content-type", ""))


def _declared(request: Request) -> str:
    """Return the charset that a request declares, as Python names it. Raises BodyRefused."""
    content_type = _type_of(request)
    if "=" not in content_type:  # most requests declare none
        return "utf-8"
    # Compiled on use, not at a cold start.
    declared = re.search(_CHARSET, content_type, re.IGNORECASE)
    return codec_of(declared[1]) if declared else "utf-8"


def _unmarked(content: bytes, declared: str) -> tuple[bytes, str]:
    """Return a body without its byte order mark, and its charset."""
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :], charset
    return content, declared


def _has_ascii(charset: str) -> bool:
    return charset == "utf-8" or _ASCII.encode().decode(charset, "replace") == _ASCII


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except UnicodeError as error:
        if content.startswith(_GZIP):
            raise Refused({"body": "is compressed: send Content-Encoding: gzip"}) from error
        raise _refused_as(charset) from error


def _refused_as(charset: str) -> Refused:
    return Refused({"body": "must be valid " + charset.upper().replace("_", "-")})


@functools.lru_cache(maxsize=32)
def codec_of(charset: str) -> str:
    """Return Python's codec of a charset; Python's own lookup caches every name without bound.

    Raises:
        BodyRefused: The charset is unknown.
    """
    if charset.lower() in {"utf-8", "utf8"}:
        return "utf-8"
    name = _known_codec(charset[:100])
    if name is None or not _makes_text(name):
        raise BodyRefused(415, f"takes a charset that Python knows, not {charset[:100]}")
    return name


def _known_codec(charset: str) -> str | None:
    import encodings.aliases  # noqa: PLC0415 -- other charsets are rare
    import pkgutil  # noqa: PLC0415

    name = encodings.normalize_encoding(charset).lower()
    name = encodings.aliases.aliases.get(name, name)
    known = {module.name for module in pkgutil.iter_modules(encodings.__path__)} - _NO_CHARSETS
    return name if name in known else None


def _makes_text(codec: str) -> bool:
    """Tell whether a codec is a charset; others, such as bz2, are refused."""
    with suppress(UnicodeError):
        try:
            b"x".decode(codec)
        except LookupError:
            return False
    return True
