"""The head of an answer: interim ones skipped, its end awaited, its size and its lengths checked."""

import http.client
from typing import Any, cast

from urllib3.exceptions import InvalidHeader

LARGEST_HEAD = 64 * 1024
"""Bytes that status lines and headers may take, interim ones included."""


class _Head:
    """Reads status lines and headers: their end must come, and within bounds.

    http.client takes an end of the stream in the middle of the headers for the end of the headers.
    """

    def __init__(self, file: Any) -> None:
        self.file, self.left = file, LARGEST_HEAD

    def readline(self, limit: int) -> bytes:
        line = cast("bytes", self.file.readline(limit))
        self.left -= len(line)
        if not line:
            raise http.client.RemoteDisconnected("")
        if self.left < 0:
            message = "headers"
            raise http.client.LineTooLong(message)
        return line

    def close(self) -> None:
        self.file.close()


class Response(http.client.HTTPResponse):
    """Skips every interim answer; http.client knows 100 alone and takes 102 and 103 for the final one."""

    def begin(self) -> None:
        """Read the head of the final answer."""
        file = self.fp
        self.fp = cast("Any", _Head(file))
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = file
        if not self.chunked:
            self._check_lengths()

    def _check_lengths(self) -> None:
        """Refuse what RFC 9112 section 6.3 does; urllib3 refuses only lengths that differ."""
        lengths = ",".join(self.headers.get_all("Content-Length", ["0"])).split(",")
        if not all(length.strip().isdecimal() for length in lengths):
            raise InvalidHeader("Content-Length")

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = cast("tuple[str, int, str]", super()._read_status())  # type: ignore[misc]
            if not 102 <= status <= 199:
                return version, status, reason
            while self.fp.readline(LARGEST_HEAD) not in {b"\r\n", b"\n"}:
                pass
