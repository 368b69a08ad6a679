"""Compressed bodies, decompressed within a bound; and who takes a compressed answer."""

import re
import zlib
from collections.abc import Sequence

from chalice.app import Request

from chalicelib.domain.errors import Refused

_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The accepted content codings, by zlib's names."""

_MOST_CODINGS = 2
_MOST_MEMBERS = 16
"""Most members of a gzip file: each costs time even if it is empty."""

_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?(?:,|$)", re.IGNORECASE)

GZIPPED: dict[str, str | list[str]] = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
"""The headers of an answer that is compressed for who `accepts_gzip`."""


def accepts_gzip(accepted: str) -> bool:
    """Return whether an `Accept-Encoding` header takes gzip (RFC 9110, 12.5.3)."""
    asked = _GZIP.search(accepted)
    return bool(asked and (asked[1] or "1").strip("0."))


class BodyRefused(Refused):
    """A body that is not read; `status` is 413 or 415."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the status; the reason is for the field `body`."""
        super().__init__({"body": reason})
        self.status = status


def check_size(size: int, largest: int) -> None:
    """Check the size of a body. Raises BodyRefused."""
    if size > largest:
        kib = largest // 1024
        told = f"{kib // 1024} MB" if kib >= 1024 else f"{kib} KB"
        raise BodyRefused(413, f"takes at most {told}")


def codings_of(request: Request) -> list[str]:
    """Return the codings of a body, the last applied first. Raises BodyRefused."""
    header = str(request.headers.get("content-encoding", ""))
    if not header:
        return []
    named = [part.strip() for part in header.lower().split(",")]
    codings = [coding for coding in named if coding not in {"", "identity"}]
    if len(codings) > _MOST_CODINGS or any(coding not in _CODINGS for coding in codings):
        raise BodyRefused(415, f"takes the Content-Encoding gzip or deflate, not {header[:100]}")
    return codings[::-1]


def decompressed(content: bytes, codings: Sequence[str], largest: int) -> bytes:
    """Return a body decompressed.

    Args:
        content: As sent.
        codings: As `codings_of` returns them.
        largest: The most bytes after decompression.

    Raises:
        BodyRefused: It is larger, or not compressed as declared.
    """
    for coding in codings:
        content = _inflated(content, coding, largest + 1)
        check_size(len(content), largest)
    return content


def beginning(content: bytes, codings: Sequence[str], most: int, *, is_cut: bool) -> bytes:
    """Return the first `most` bytes of a decompressed body.

    Args:
        content: As sent.
        codings: As `codings_of` returns them.
        most: Bytes.
        is_cut: Whether the content is only the beginning.

    Raises:
        BodyRefused: It is not compressed as declared.
    """
    for coding in codings:
        content = _inflated(content, coding, most, is_cut=is_cut)
        is_cut = is_cut or len(content) == most
    return content


def _inflated(content: bytes, coding: str, most: int, *, is_cut: bool = False) -> bytes:
    """Decompress up to `most` bytes and no more. Raises BodyRefused."""
    inflated = b""
    try:
        for _ in range(_MOST_MEMBERS):
            stream = zlib.decompressobj(_window(content, coding))
            inflated += stream.decompress(content, most - len(inflated))
            content = stream.unused_data
            if len(inflated) == most or (is_cut and not content) or (stream.eof and not content):
                return inflated
            if not stream.eof or coding == "deflate":
                break
    except zlib.error as error:
        raise _refused_as(coding) from error
    raise _refused_as(coding)  # truncated, or with trailing data


def _refused_as(coding: str) -> BodyRefused:
    return BodyRefused(415, f"is not {coding}, as its Content-Encoding says")


def _window(content: bytes, coding: str) -> int:
    """Return zlib's name of a coding; some senders omit deflate's header (RFC 9110, 8.4.1.2)."""
    has_header = (
        len(content) > 1 and content[0] & 15 == 8 and int.from_bytes(content[:2], "big") % 31 == 0
    )
    return _CODINGS[coding] if coding != "deflate" or has_header else -15
