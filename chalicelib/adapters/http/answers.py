"""Reads the answer to a POST: it skips interim answers, bounds the head and keeps the body's start.

It does not use http.client. That takes the end of the stream within the headers for their end, and
102 and 103 for final answers. It also parses headers as those of a mail, which takes as long as all
the rest of a POST.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.domain.errors import DeliveryError

LARGEST_HEAD = 64 * 1024
"""The most bytes of status lines and headers, interim answers included."""

KEPT_BODY = 1024
"""Bytes of a body that are read and kept."""

MOST_HEADERS = 100
"""The most headers of one head, as in http.client: parsing more would hold up other threads."""

_TOO_LARGE = "the answer's headers are too large"
_LISTS = {"content-length", "transfer-encoding", "retry-after"}
"""Headers that become a list if they are repeated; of any other header the last one counts."""

_LENGTH = re.compile("[0-9]{1,4000}")
_STATUS_LINE = re.compile(rb"HTTP/1\.\d\s+([1-9]\d\d)(?:\s|$)")
_SPACE = " \t\r\n"
"""White space around a header's value; `str.strip` would also strip bytes of UTF-8."""


class Reply(NamedTuple):
    """A receiver's answer."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes  # its first `KEPT_BODY` bytes


def read(file: Any) -> Reply:
    """Read the final answer from a buffered stream.

    Raises:
        DeliveryError: It is not HTTP, or its head is incomplete, too large, or has two different
            lengths.
        OSError: The connection broke before the end of the head, or the time ran out.
    """
    status, headers = final_head(head_lines(file))
    kept = b""
    parts = _parts(file, status, headers)
    with suppress(OSError, ValueError):  # errors from here on change no verdict
        for part in parts:
            kept += part
    return Reply(status, headers, kept)


def final_head(lines: Iterator[bytes]) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of the first answer that is not an interim one.

    Raises:
        DeliveryError: It is not HTTP, or has too many headers.
    """
    status, headers = _head(lines)
    while 100 <= status <= 199 and status != 101:
        status, headers = _head(lines)
    return status, headers


def head_lines(file: Any) -> Iterator[bytes]:
    """Yield the lines of heads from a buffered stream. Raises DeliveryError, OSError."""
    left = LARGEST_HEAD
    while line := file.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise DeliveryError(_TOO_LARGE)
        yield line
    raise DeliveryError("the connection was closed before the answer was complete")


def _head(lines: Iterator[bytes]) -> tuple[int, dict[str, str]]:
    said = _STATUS_LINE.match(next(lines))
    if said is None:
        raise DeliveryError("the answer is not HTTP")
    headers: dict[str, str] = {}
    last = ""
    for count, line in enumerate(lines):
        if line in {b"\r\n", b"\n"}:
            break
        if count == MOST_HEADERS:
            raise DeliveryError(_TOO_LARGE)
        text = line.decode("latin-1")
        name, colon, value = text.partition(":")
        if text[0] in " \t":  # it continues the last value (RFC 9112, section 5.2)
            if last:
                headers[last] = f"{headers[last]} {text.strip(_SPACE)}".strip(_SPACE)
        elif colon and name:  # any other line is no header, and is ignored
            last, value = name.rstrip(_SPACE).lower(), value.strip(_SPACE)
            is_list = last in _LISTS and last in headers
            headers[last] = f"{headers[last]}, {value}" if is_list else value
    return int(said[1]), headers


def _parts(file: Any, status: int, headers: dict[str, str]) -> Iterator[bytes]:
    """Return an iterator that reads the start of a body (RFC 9112, section 6.3)."""
    if status in {101, 204, 304}:
        return iter(())
    if headers.get("transfer-encoding", "").rpartition(",")[2].strip().lower() == "chunked":
        return _in_chunks(file)
    lengths = [
        length.strip() for length in headers.get("content-length", str(KEPT_BODY)).split(",")
    ]
    if not all(map(_LENGTH.fullmatch, lengths)) or len(set(map(int, lengths))) > 1:
        raise DeliveryError("the answer's Content-Length is not valid")
    return _in_one(file, min(int(lengths[0]), KEPT_BODY))


def _in_one(file: Any, left: int) -> Iterator[bytes]:
    while left > 0 and (part := file.read1(left)):
        yield part
        left -= len(part)


def _in_chunks(file: Any) -> Iterator[bytes]:
    left, left_for_lines = KEPT_BODY, LARGEST_HEAD
    while left > 0 and (line := file.readline(left_for_lines)).endswith(b"\n"):
        left_for_lines -= len(line)
        size = int(line.partition(b";")[0], 16)
        if size <= 0:
            return
        yield from _in_one(file, min(size, left))
        left -= size
        if left > 0:  # else the body is complete enough, and no more may come
            file.readline(2)
