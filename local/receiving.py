"""What a connection of HTTP receives: bodies, each of them whole and in time."""

import io
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any, BinaryIO

from local import answers

BODY_TIMEOUT = 30.0
"""Seconds in which a body must come; API Gateway gives a whole request 29."""

_LARGEST_BODY = 10_000_000  # bytes; what API Gateway takes


class Receiving(io.RawIOBase):
    """What a socket receives; the time that a part of it may take is bounded by `within`."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from a socket; nothing is bounded yet."""
        self._connection = connection
        self._ends_at: float | None = None

    def readable(self) -> bool:
        """Say that it can be read, as `io` asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is. Raises TimeoutError."""
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
        """Read within this what must come in so many seconds, however it is divided.

        Raises:
            UnreadBody: It did not.
        """
        self._ends_at = time.monotonic() + timeout
        try:
            yield
        except TimeoutError as error:
            raise answers.malformed(408) from error
        finally:
            self._ends_at = None


def read_body(headers: Message, file: BinaryIO) -> bytes:
    """Return a body as it was sent: on AWS the API takes every type as binary.

    Raises:
        UnreadBody: It is too large, or its length is not known.
        ConnectionAbortedError: It ends too early.
    """
    if coding := headers["Transfer-Encoding"]:
        if coding.strip().lower() != "chunked":
            raise answers.malformed(501)
        return _read_chunks(file)
    [length, *others] = set(headers.get_all("Content-Length", ["0"]))
    if others:
        raise answers.malformed()
    return _read_exactly(file, _length_of(length, 10))


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
    """Read what is not wanted: a caller who still sends hears no answer."""
    for _ in range(length // 65_536):
        if not file.read(65_536):
            break
