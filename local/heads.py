"""Reads a request's head; http.server parses headers as those of a mail, six times as long."""

import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from local import answers

LONGEST_LINE = 65_536
"""Bytes of a line, as in http.server."""

_MOST_HEADERS = 100  # as in http.client
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_FIRST_LINE = re.compile(r"([^ \t]+)[ \t]+([^ \t]+)[ \t]+HTTP/([0-9])\.([0-9])[ \t]*\r?\n?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ONCE = {"content-length", "host", "transfer-encoding"}
"""Headers that must not have two values (RFC 9112, 3.2 and 6.3); of others the last one counts."""


class Head(NamedTuple):
    """What a request says before its body."""

    method: str = ""
    address: str = ""  # the path and the query
    is_kept: bool = False  # whether the connection stays open for the next request
    headers: Mapping[str, str] = {}
    expects_100: bool = False  # whether the caller waits for an interim answer


def read_head(line: bytes, file: BinaryIO) -> Head:
    """Return the head of a request whose first line was read.

    Raises:
        UnreadBody: It is malformed or too large.
        ConnectionAbortedError: It ends too early.
    """
    if len(line) > LONGEST_LINE:
        raise answers.malformed(414)
    # As by API Gateway, an address that is not encoded is UTF-8.
    said = _FIRST_LINE.fullmatch(line.decode("utf-8", "replace"))
    if said is None:
        raise answers.malformed()
    method, address, major, minor = said.groups()
    if major != "1":
        raise answers.malformed(505)
    if method not in _METHODS:
        raise answers.malformed(501)
    if address.startswith("//"):  # it would name a host
        address = "/" + address.lstrip("/")
    headers = _read_headers(file)
    wish = headers.get("connection", "").lower()
    if minor == "0":
        return Head(method, address, wish == "keep-alive", headers)
    expects_100 = headers.get("expect", "").lower() == "100-continue"
    return Head(method, address, wish != "close", headers, expects_100)


def _read_headers(file: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS + 1):
        line = file.readline(LONGEST_LINE + 1)
        if line in {b"\r\n", b"\n"}:
            return headers
        if not line:
            raise ConnectionAbortedError
        if len(line) > LONGEST_LINE:
            break
        name, _, value = line.decode("latin-1").partition(":")
        name, value = name.lower(), value.strip(" \t\r\n")
        if not _NAME.fullmatch(name) or (name in _ONCE and headers.get(name, value) != value):
            raise answers.malformed()
        headers[name] = value
    raise answers.malformed(431)
