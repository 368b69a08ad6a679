"""Connections that keep one deadline, and go only where they may.

requests' own timeout is for each read, so that a receiver that drips bytes holds it for good. Here each read and
write is given what is left of the attempt; a name is looked up once, every address of it is checked, and the
checked address is connected to.
"""

import logging
import queue
import socket
import ssl
import threading
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from chalicelib.adapters.answers import Response
from chalicelib.adapters.sockets import CURRENT, Attempt, Resolve, Socket
from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.targets import Target, check_address

# It warns of headers that it cannot read, and shows the URL, which carries the token.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def _connect(host: str, port: int) -> socket.socket:
    attempt = CURRENT.attempt
    found = _look_up(attempt, host, port)
    since = attempt.passed("lookup", attempt.begun, "connecting")
    for *_, address in found:
        check_address(address[0], attempt.allowed)
    for position, (family, kind, protocol, _, address) in enumerate(found):
        attempt.address = address[0]
        try:
            sock = _reach(family, kind, protocol, address, attempt.left() / (len(found) - position))
        except OSError:
            if position == len(found) - 1:
                raise
        else:
            attempt.passed("connect", since, "connected, nothing sent back")
            return sock
    raise DeliveryError(f"no such name: {host}")


def _reach(family: int, kind: int, protocol: int, address: Any, timeout: float) -> socket.socket:
    sock = Socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _look_up(attempt: Attempt, host: str, port: int) -> list[Any]:
    """Resolve a name, in a thread that is left behind where it takes too long: nothing else ends a lookup."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    try:
        ip_address(host)
    except ValueError:
        threading.Thread(target=_resolve, args=(attempt.resolve, host, port, answers), daemon=True).start()
    else:
        _resolve(socket.getaddrinfo, host, port, answers)  # asks nobody
    try:
        answer = answers.get(timeout=attempt.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise DeliveryError(f"no such name: {host}") from answer
    return cast("list[Any]", answer)


def _resolve(resolve: Resolve, host: str, port: int, answers: "queue.SimpleQueue[Any]") -> None:
    try:
        answers.put(resolve(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        answers.put(error)


class _Whole(HTTPConnection):
    """Sends a request in one piece: a segment fewer, and a turn of the threads."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._pieces: list[bytes] = []
        super().request(*args, **kwargs)
        super().send(b"".join(self._pieces))

    def send(self, data: Any) -> None:
        self._pieces.append(data)


class _Http(_Whole):
    response_class = Response

    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port)


class _Https(_Whole, HTTPSConnection):
    response_class = Response

    def _new_conn(self) -> socket.socket:
        sock = _connect(self.host, self.port)
        CURRENT.attempt.stage = "the TLS handshake did not end"
        sock.settimeout(CURRENT.attempt.left())
        return sock

    def connect(self) -> None:
        super().connect()
        attempt = CURRENT.attempt
        since = attempt.begun + (attempt.timings["lookup"] + attempt.timings["connect"]) / 1000
        attempt.passed("tls", since, "connected, nothing sent back")


class Once:
    """A connection for one request: what requests takes for a pool, without a pool's keeping and repeating."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None) -> None:
        """Connect to nothing yet; `tls` says whose certificates are believed, where it is https."""
        self._connection: HTTPConnection = (
            _Https(target.host, target.port, ssl_context=tls)
            if target.scheme == "https"
            else _Http(target.host, target.port)
        )

    def urlopen(self, method: str, url: str, body: bytes, headers: Any, **_: object) -> HTTPResponse:
        """Send the request and return the head of its answer; the timeout is the attempt's."""
        self._connection.connect()
        with suppress(BrokenPipeError, ConnectionResetError):  # who answers early reads no more, and its answer counts
            self._connection.request(
                method, url, body, headers, preload_content=False, decode_content=False, enforce_content_length=False
            )
        return self._connection.getresponse()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def check_host(host: str, port: int, attempt: Attempt) -> None:
    """Check where a name leads, without a connection; a name that is not known yet is let through.

    Raises:
        TargetRefused: One of its addresses may not be called.
    """
    try:
        found = _look_up(attempt, host, port)
    except (DeliveryError, TimeoutError):
        return
    for *_, address in found:
        check_address(address[0], attempt.allowed)
