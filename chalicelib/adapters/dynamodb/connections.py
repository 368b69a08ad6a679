"""Connections to one HTTP server, which stay open for later requests of any thread."""

import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore import exceptions as botocore

from chalicelib.adapters.http.answers import final_head, head_lines
from chalicelib.domain.errors import DeliveryError


class Limits(NamedTuple):
    """Bounds of a call, and of the connections that stay open.

    Attributes:
        connect_timeout: Seconds to connect.
        read_timeout: Seconds of each wait for more of an answer.
        attempts: Most attempts of a call.
        kept: Most unused connections that stay open.
    """

    connect_timeout: float
    read_timeout: float
    attempts: int
    kept: int


class Answer(NamedTuple):
    """An HTTP answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection; http.client takes twice as much CPU for a request, mostly for its headers."""

    def __init__(self, host: str, port: int, limits: Limits, tls: ssl.SSLContext | None) -> None:
        """Connect. Raises OSError."""
        self._sock = socket.create_connection((host, port), limits.connect_timeout)
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self._sock = tls.wrap_socket(self._sock, server_hostname=host)
            self._sock.settimeout(limits.read_timeout)
        except BaseException:
            self._sock.close()
            raise
        self.stays_open = True

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request to the root, and return the whole answer.

        Raises:
            DeliveryError, OSError, ValueError: No answer arrived, or it is not HTTP.
        """
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n"
        self._sock.sendall(request.encode("latin-1") + body)
        with self._sock.makefile("rb") as file:  # one for each answer, without rests
            return self._read(file)

    def _read(self, file: Any) -> Answer:
        lines = head_lines(file)
        first = next(lines)
        status, headers = final_head(chain([first], lines))
        is_asked_to_close = headers.get("connection", "").lower() == "close"
        self.stays_open = first.startswith(b"HTTP/1.1") and not is_asked_to_close
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(_chunks(file))
        elif "content-length" in headers:
            body = _exactly(file, int(headers["content-length"]))
        else:
            self.stays_open, body = False, file.read()
        return Answer(status, headers, body)

    @property
    def is_quiet(self) -> bool:
        """Whether it is still open, without unexpected bytes from the server."""
        quiet = select.poll()
        quiet.register(self._sock, select.POLLIN)
        return not quiet.poll(0)

    def close(self) -> None:
        """Close it."""
        self._sock.close()


def _exactly(file: Any, size: int) -> bytes:
    body: bytes = file.read(size)
    if len(body) < size:
        raise ConnectionError("the answer was cut off")
    return body


def _chunks(file: Any) -> Iterator[bytes]:
    while size := int(file.readline(1_000).partition(b";")[0], 16):
        yield _exactly(file, size)
        _exactly(file, 2)  # the end of the line
    for line in head_lines(file):  # trailers
        if line in {b"\r\n", b"\n"}:
            return


CONNECT: dict[str, Callable[..., Connection]] = {"http": Connection, "https": Connection}
"""The class of a connection by the scheme of the address."""


class Connections:
    """A pool of connections."""

    def __init__(self, address: str, certificates: str, limits: Limits) -> None:
        """Start without connections.

        Args:
            address: The URL of the server, without a path.
            certificates: A file with the trusted authorities of https servers.
            limits: Its timeouts, and the number of connections to keep.
        """
        self._address, parts = address, urlsplit(address)
        is_secure = parts.scheme == "https"
        tls = ssl.create_default_context(cafile=certificates) if is_secure else None
        self._connect = CONNECT[parts.scheme]
        self._place = parts.hostname, parts.port or (443 if is_secure else 80), limits, tls
        self._idle: deque[Connection] = deque()
        self._kept = limits.kept

    def __del__(self) -> None:
        """Close the unused connections."""
        self._close_idle()

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while connection := self._idle.pop():
                connection.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request to the root, and return the whole answer.

        Raises:
            BotoCoreError: No answer arrived; the classes are botocore's.
        """
        connection = self._idle_one() or self._new_one()
        try:
            answer = connection.post(body, headers)
        except BaseException as error:
            connection.close()
            # After a freeze of the process all others may be as dead: a retry opens a new one.
            self._close_idle()
            if isinstance(error, TimeoutError):
                raise botocore.ReadTimeoutError(endpoint_url=self._address) from error
            if isinstance(error, (OSError, ValueError, DeliveryError)):
                raise botocore.ConnectionClosedError(endpoint_url=self._address) from error
            raise
        if connection.stays_open and len(self._idle) < self._kept:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _idle_one(self) -> Connection | None:
        """Return a connection that is still open; the most recent one is tried first."""
        with suppress(IndexError):
            while connection := self._idle.pop():
                if connection.is_quiet:
                    return connection
                connection.close()
        return None

    def _new_one(self) -> Connection:
        try:
            return self._connect(*self._place)
        except TimeoutError as error:
            raise botocore.ConnectTimeoutError(endpoint_url=self._address) from error
        except ssl.SSLError as error:
            raise botocore.SSLError(endpoint_url=self._address, error=error) from error
        except OSError as error:
            raise botocore.EndpointConnectionError(endpoint_url=self._address) from error
