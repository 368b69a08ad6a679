"""The answer to a POST: interim ones skipped, its head awaited whole and within bounds, of its body the beginning.

Not http.client's: that takes an end of the stream within the headers for their end, 102 and 103 for final answers,
and reads headers as those of a mail, which takes as long as all the rest of a POST.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.domain.errors import DeliveryError

LARGEST_HEAD = 64 * 1024
"""Bytes that status lines and headers may take, interim ones included."""

KEPT_BODY = 1024
"""Bytes of a body that are read and kept."""

_STATUS_LINE = re.compile(rb"HTTP/1\.\d\s+([1-9]\d\d)(?:\s|$)")
_LONGEST_SIZE = 1000  # bytes of the line that says how long a chunk is


class Reply(NamedTuple):
    """What a receiver answered."""

    status: int
    headers: dict[str, str]  # names in lower case; what stands under one name more than once is joined by ", "
    body: bytes  # its beginning


def read(file: Any) -> Reply:
    """Read the final answer from a buffered stream.

    Raises:
        DeliveryError: It is none, or its head is not complete, too large, or says two things about its length.
        OSError: The connection broke before the end of the head, or time ran out.
    """
    lines = _lines(file)
    status, headers = _head(lines)
    while 100 <= status <= 199 and status != 101:
        status, headers = _head(lines)
    kept = b""
    parts = _parts(file, status, headers)
    with suppress(OSError, ValueError):  # whatever goes wrong from here changes no verdict
        for part in parts:
            kept += part
    return Reply(status, headers, kept)


def _lines(file: Any) -> Iterator[bytes]:
    """Yield the lines of heads: their end must come, and within bounds."""
    left = LARGEST_HEAD
    while line := file.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise DeliveryError("the answer's headers are too large")
        yield line
    raise DeliveryError("the connection was closed before the answer was complete")


def _head(lines: Iterator[bytes]) -> tuple[int, dict[str, str]]:
    said = _STATUS_LINE.match(next(lines))
    if said is None:
        raise DeliveryError("the answer is not HTTP")
    headers: dict[str, str] = {}
    for line in lines:
        if line in {b"\r\n", b"\n"}:
            break
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and name[:1].strip():  # any other line is no header, and says nothing
            name, value = name.rstrip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return int(said[1]), headers


def _parts(file: Any, status: int, headers: dict[str, str]) -> Iterator[bytes]:
    """Return what will read the beginning of a body (RFC 9112, section 6.3)."""
    if headers.get("transfer-encoding", "").lower().endswith("chunked"):
        return _in_chunks(file)
    lengths = {length.strip() for length in headers.get("content-length", str(KEPT_BODY)).split(",")}
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdecimal() and len(length) < 20):
        raise DeliveryError("the answer's Content-Length is not valid")
    is_empty = status in {101, 204, 304}
    return _in_one(file, 0 if is_empty else min(int(length), KEPT_BODY))


def _in_one(file: Any, left: int) -> Iterator[bytes]:
    while left > 0 and (part := file.read1(left)):
        yield part
        left -= len(part)


def _in_chunks(file: Any) -> Iterator[bytes]:
    left = KEPT_BODY
    while left > 0 and (size := int(file.readline(_LONGEST_SIZE).partition(b";")[0], 16)) > 0:
        yield from _in_one(file, min(size, left))
        left -= size
        file.readline(2)
