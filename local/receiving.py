"""Receiving HTTP bodies whole and in time."""

import io
import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from local import answers

BODY_TIMEOUT = 30.0
"""Seconds for a body to arrive; API Gateway allows 29 for a whole request."""

_LARGEST_BODY = 10_000_000  # bytes; API Gateway's limit


class Receiving(io.RawIOBase):
    """A socket's input; `within` bounds the time of a part."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from a socket without a time limit."""
        self._connection = connection
        self._ends_at: float | None = None

    def readable(self) -> bool:
        """Return True, as `io` requires."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the available bytes. Raises TimeoutError."""
        if self._ends_at is None:
            return self._connection.recv_into(buffer)
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(None)

    @contextmanager
    def within(self, timeout: float) -> Iterator[None]:
        """Limit the total time of the reads inside to so many seconds.

        Raises:
            UnreadBody: The time is up.
        """
        self._ends_at = time.monotonic() + timeout
        try:
            yield
        except TimeoutError as error:
            raise answers.malformed(408) from error
        finally:
            self._ends_at = None


def read_body(headers: Mapping[str, str], file: BinaryIO) -> bytes:
    """Return a body as sent: on AWS the API treats every type as binary.

    Raises:
        UnreadBody: It is too large, or its length is unknown.
        ConnectionAbortedError: It ends too early.
    """
    if coding := headers.get("transfer-encoding"):
        if coding.lower() != "chunked":
            raise answers.malformed(501)
        return _read_chunks(file)
    return _read_exactly(file, _length_of(headers.get("content-length", "0"), 10))


def _read_chunks(file: BinaryIO) -> bytes:
    body = bytearray()
    while size := _length_of(file.readline(100).partition(b";")[0].decode("latin-1"), 16):
        if len(body) + size > _LARGEST_BODY:
            raise answers.too_large()
        body += _read_exactly(file, size)
        file.readline(3)
    while file.readline(65_536).strip():
        pass  # trailers
    return bytes(body)


def _length_of(text: str, base: int) -> int:
    digits = text.strip()
    if not re.fullmatch("[0-9]{1,19}" if base == 10 else "[0-9A-Fa-f]{1,16}", digits):
        raise answers.malformed()
    return int(digits, base)


def _read_exactly(file: BinaryIO, length: int) -> bytes:
    if length > _LARGEST_BODY:
        _pass_over(file, min(length, 10 * _LARGEST_BODY))
        raise answers.too_large()
    body = bytes(file.read(length))
    if len(body) < length:
        raise ConnectionAbortedError
    return body


def _pass_over(file: BinaryIO, length: int) -> None:
    """Discard the rest of a body: a caller that is still sending would not read the answer."""
    for _ in range(length // 65_536):
        if not file.read(65_536):
            break
