"""Connections to one HTTP server, which stay open for later requests of any thread."""

import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore import exceptions as botocore
from urllib3.util import wait_for_read

CLASSES: dict[str, Callable[..., HTTPConnection]] = {
    "http": HTTPConnection,
    "https": HTTPSConnection,
}
"""What connects, by the scheme of an address."""


class Limits(NamedTuple):
    """Bounds of a call, and of what stays open after it.

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
    """An HTTP answer."""

    status: int
    headers: HTTPMessage
    body: bytes


class Connections:
    """A pool of connections; urllib3's takes half as much CPU again for each request."""

    def __init__(self, address: str, certificates: str, limits: Limits) -> None:
        """Open none yet.

        Args:
            address: The URL of the server, without a path.
            certificates: A file of the authorities that an https server may have.
            limits: Its timeouts, and how many stay open.
        """
        self._address, self._limits = address, limits
        self._idle: deque[HTTPConnection] = deque(maxlen=limits.kept)
        parts = urlsplit(address)
        self._class = CLASSES[parts.scheme]
        self._how: dict[str, Any] = {"host": parts.hostname, "port": parts.port}
        if parts.scheme == "https":
            self._how["context"] = ssl.create_default_context(cafile=certificates)

    def __del__(self) -> None:
        """Close what is open."""
        for connection in self._idle:
            connection.close()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request to the root, and return the whole answer.

        Raises:
            BotoCoreError: None arrived; as botocore says it.
        """
        connection = self._idle_one() or self._new_one()
        try:
            with self._saying_as_botocore():
                connection.request("POST", "/", body, headers)
                response = connection.getresponse()
                answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            connection.close()
            raise
        if connection.sock:  # closed, where the server wants it so
            self._idle.append(connection)
        return answer

    def _idle_one(self) -> HTTPConnection | None:
        """Return a connection that is still open; the most recent one is tried first."""
        with suppress(IndexError):
            while connection := self._idle.pop():
                if not wait_for_read(connection.sock, timeout=0):
                    return connection
                connection.close()  # the server did, or it says something unasked
        return None

    def _new_one(self) -> HTTPConnection:
        connection = self._class(**self._how, timeout=self._limits.connect_timeout)
        try:
            connection.connect()
        except TimeoutError as error:
            raise botocore.ConnectTimeoutError(endpoint_url=self._address) from error
        except ssl.SSLError as error:
            raise botocore.SSLError(endpoint_url=self._address, error=error) from error
        except OSError as error:
            raise botocore.EndpointConnectionError(endpoint_url=self._address) from error
        connection.sock.settimeout(self._limits.read_timeout)
        return connection

    @contextmanager
    def _saying_as_botocore(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise botocore.ReadTimeoutError(endpoint_url=self._address) from error
        except (OSError, HTTPException) as error:
            raise botocore.ConnectionClosedError(endpoint_url=self._address) from error
