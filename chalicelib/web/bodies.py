"""A request's body: its bytes before compression, and the text that they encode."""

import codecs
import functools
import re
import zlib
from contextlib import suppress
from typing import NamedTuple, cast

from chalice.app import Request

from chalicelib.domain.errors import Refused

LARGEST = 1024 * 1024
"""Bytes of a body, after decompression."""

FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
)

_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What a body may be compressed with, and how zlib names it."""

_MOST_CODINGS = 2
_MOST_MEMBERS = 16
"""A gzip file may be several, one after the other; each costs something however little it holds."""

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
"""Python's codecs that no sender means; some of them take the square of a text's length."""

_GZIP = b"\x1f\x8b"
"""How each gzip file begins (RFC 1952), and no text in UTF-8."""

_ASCII = "".join(map(chr, range(32, 127)))


class BodyRefused(Refused):
    """A body that is not read at all; `status` is HTTP's: 413 or 415."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the status; the reason is that of the field `body`."""
        super().__init__({"body": reason})
        self.status = status


class Body(NamedTuple):
    """A body before anything in it was parsed."""

    content: (
        bytes  # decompressed, without its byte order mark, in a charset that has ASCII in its place
    )
    content_type: str
    charset: str  # as Python names it

    @property
    def media_type(self) -> str:
        """The type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def kind(self) -> str:
        """How it is read: FORM, MULTIPART or JSON, whatever curl -d calls it; "": not at all."""
        if self.media_type in {MULTIPART, JSON}:
            return self.media_type
        if self.content.lstrip()[:1] == b"{":
            return JSON
        return FORM if self.media_type == FORM else ""

    def text(self) -> str:
        """Return it as text. Raises Refused where it is none."""
        return _decoded(self.content, self.charset)


def read(request: Request, largest: int = LARGEST) -> Body:
    """Return the body of a request.

    Args:
        request: The request.
        largest: How many bytes it may have, before and after decompression.

    Raises:
        BodyRefused: It is too large, compressed in a way that is not read, or its charset is
            unknown.
        Refused: Its charset is known and it is not of it.
    """
    content = cast(
        bytes, request.raw_body
    )  # Chalice's hint says str too, its code never returns one
    _check_size(content, largest)
    content = _decompressed(content, request.headers.get("content-encoding", ""), largest)
    content_type = str(request.headers.get("content-type", ""))
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return _body(content[len(mark) :], content_type, charset)
    declared = re.search(
        _CHARSET, content_type, re.IGNORECASE
    )  # compiled when it is used: not at a cold start
    return _body(content, content_type, codec_of(declared[1]) if declared else "utf-8")


def _body(content: bytes, content_type: str, charset: str) -> Body:
    if charset == "utf-8" or _ASCII.encode().decode(charset, "replace") == _ASCII:
        return Body(content, content_type, charset)
    try:
        return Body(_decoded(content, charset).encode(), content_type, "utf-8")
    except UnicodeEncodeError as error:  # UTF-7 can spell half a surrogate pair
        raise _refused_as(charset) from error


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except UnicodeError as error:
        if content.startswith(_GZIP):
            raise Refused({"body": "is compressed: say so by Content-Encoding: gzip"}) from error
        raise _refused_as(charset) from error


def _refused_as(charset: str) -> Refused:
    return Refused({"body": "must be valid " + charset.upper().replace("_", "-")})


@functools.lru_cache(maxsize=32)
def codec_of(charset: str) -> str:
    """Return Python's codec of a charset; Python itself would keep every name ever asked for.

    Raises:
        BodyRefused: It knows none.
    """
    if charset.lower() in {"utf-8", "utf8"}:
        return "utf-8"
    import encodings.aliases  # noqa: PLC0415 -- hardly anybody sends another
    import pkgutil  # noqa: PLC0415

    name = encodings.normalize_encoding(charset[:100]).lower()
    name = encodings.aliases.aliases.get(name, name)
    known = {module.name for module in pkgutil.iter_modules(encodings.__path__)} - _NO_CHARSETS
    if name not in known or not _makes_text(name):
        raise BodyRefused(415, f"takes a charset that Python knows, not {charset[:100]}")
    return name


def _makes_text(codec: str) -> bool:
    """Tell whether a codec is a charset; others, such as bz2, are refused unused."""
    with suppress(UnicodeError):
        try:
            b"x".decode(codec)
        except LookupError:
            return False
    return True


def _check_size(content: bytes, largest: int) -> None:
    if len(content) > largest:
        kib = largest // 1024
        raise BodyRefused(
            413, f"takes at most {f'{kib // 1024} MB' if kib >= 1024 else f'{kib} KB'}"
        )


def _decompressed(content: bytes, header: str, largest: int) -> bytes:
    codings = [
        coding
        for part in header.lower().split(",")
        if (coding := part.strip()) not in {"", "identity"}
    ]
    if len(codings) > _MOST_CODINGS or any(coding not in _CODINGS for coding in codings):
        raise BodyRefused(415, f"takes the Content-Encoding gzip or deflate, not {header[:100]}")
    for coding in reversed(codings):
        try:
            content = _inflated(content, coding, largest)
        except zlib.error as error:
            raise BodyRefused(415, f"is not {coding}, as its Content-Encoding says") from error
    return content


def _inflated(content: bytes, coding: str, largest: int) -> bytes:
    """Return decompressed bytes, at most one too many. Raises BodyRefused, zlib.error."""
    inflated = b""
    for _ in range(_MOST_MEMBERS):
        stream = zlib.decompressobj(_window(content, coding))
        inflated += stream.decompress(content, largest + 1 - len(inflated))
        _check_size(inflated, largest)
        if not stream.eof:
            raise zlib.error("it ends too early")
        content = stream.unused_data
        if not content:
            return inflated
        if coding == "deflate":
            break
    raise zlib.error("there is more behind its end")


def _window(content: bytes, coding: str) -> int:
    """Return zlib's name of a coding; some senders omit deflate's header (RFC 9110, 8.4.1.2)."""
    has_header = (
        len(content) > 1 and content[0] & 15 == 8 and int.from_bytes(content[:2], "big") % 31 == 0
    )
    return _CODINGS[coding] if coding != "deflate" or has_header else -15
