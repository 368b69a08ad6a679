"""Connections that keep one deadline, and go only to allowed addresses.

requests applies its timeout to each read, so a receiver that drips bytes holds it forever. Here
each read and write gets the remaining time of the attempt. A name is looked up once, each of its
addresses is checked, and the connection goes to a checked address.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from chalicelib.adapters.http import answers, diagnosis, tunnels
from chalicelib.adapters.http.answers import Reply
from chalicelib.adapters.http.sockets import CURRENT, Deadline, Resolve, Socket
from chalicelib.domain.errors import DeliveryError, NotBegun
from chalicelib.domain.proxies import Proxy
from chalicelib.domain.targets import Target, check_address, is_address


def _connect(host: str, port: int) -> socket.socket:
    deadline = CURRENT.deadline
    found = _look_up(deadline, host, port)
    since = deadline.mark("lookup", deadline.begun, "connecting")
    for *_, address in found:
        check_address(address[0], deadline.allowed)
    return _reach_any(host, found, since)


def _reach_any(host: str, found: list[Any], since: float) -> Socket:
    """Connect to the first address that answers, each in its share of the time."""
    deadline = CURRENT.deadline
    for position, (family, kind, protocol, _, address) in enumerate(found):
        deadline.address = address[0]
        try:
            sock = _reach(
                family, kind, protocol, address, deadline.remaining() / (len(found) - position)
            )
        except OSError:
            if position == len(found) - 1:
                raise
        else:
            deadline.mark("connect", since, "connected, nothing sent back")
            return sock
    raise DeliveryError(f"no such name: {host}")


def _connect_through(proxy: Proxy, target: Target) -> socket.socket:
    """Open a tunnel. The proxy looks the name up, and its policy guards it.

    Raises:
        TargetRefused: The host is an address that may not be called.
        NotBegun: The proxy cannot be reached.
        DeliveryError: It opened no tunnel.
    """
    deadline = CURRENT.deadline
    tunnels.check_literal(target.host, deadline.allowed)
    try:
        found = _look_up(deadline, proxy.host, proxy.port)
        since = deadline.mark("lookup", deadline.begun, "connecting")
        sock = _reach_any(proxy.host, found, since)
    except DeliveryError as error:
        raise NotBegun(f"the proxy: {error}") from error
    except OSError as error:
        raise NotBegun(f"the proxy: {diagnosis.words_for(error, deadline)}") from error
    try:
        tunnels.ask(sock, proxy, target)
    except BaseException:
        sock.close()
        raise
    return sock


def _reach(family: int, kind: int, protocol: int, address: Any, timeout: float) -> Socket:
    sock = Socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _look_up(deadline: Deadline, host: str, port: int) -> list[Any]:
    """Resolve a name in a thread that is abandoned after the timeout: lookups cannot be stopped."""
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()
    if is_address(host):
        _resolve(socket.getaddrinfo, host, port, found)  # no lookup
    else:
        threading.Thread(
            target=_resolve, args=(deadline.resolve, host, port, found), daemon=True
        ).start()
    try:
        answer = found.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise DeliveryError(f"no such name: {host}") from answer
    return cast("list[Any]", answer)


def _resolve(resolve: Resolve, host: str, port: int, found: "queue.SimpleQueue[Any]") -> None:
    try:
        found.put(resolve(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        found.put(error)


class SingleUseConnection:
    """A connection for one request, in place of requests' pool, which would retry."""

    def __init__(
        self, target: Target, tls: ssl.SSLContext | None, proxy: Proxy | None = None
    ) -> None:
        """Do not connect yet; `tls` holds the trusted certificates, None means http."""
        self._target, self._tls, self._proxy = target, tls, proxy
        self._socket: socket.socket | None = None

    def urlopen(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], **_: object
    ) -> Reply:
        """Send the request and return its answer; the timeout is the attempt's."""
        request = _request_head(method, url, headers) + body
        self._socket = self._connected()
        if self._tls:
            self._socket = _encrypt(self._socket, self._target.host, self._tls)
        # A receiver that answers early may stop reading, and its answer counts.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(request)
        with self._socket.makefile("rb") as answer:
            return answers.read(answer)

    def _connected(self) -> socket.socket:
        if self._proxy:
            return _connect_through(self._proxy, self._target)
        return _connect(self._target.host, self._target.port)

    def close(self) -> None:
        """Close the connection."""
        if self._socket:
            self._socket.close()


def _encrypt(sock: socket.socket, host: str, tls: ssl.SSLContext) -> ssl.SSLSocket:
    deadline, since = CURRENT.deadline, time.monotonic()
    deadline.stage = "the TLS handshake did not end"
    sock.settimeout(deadline.remaining())
    encrypted = tls.wrap_socket(sock, server_hostname=host.rstrip("."))
    deadline.mark("tls", since, "connected, nothing sent back")
    return encrypted


def _request_head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):  # the row was edited by hand
            raise DeliveryError(f"the header {name} cannot be sent: it would be {value!r}")
    lines = [
        f"{method} {url} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def check_host(host: str, port: int, deadline: Deadline) -> None:
    """Check a name's addresses without a connection; a name that does not resolve yet is accepted.

    Raises:
        TargetRefused: One of its addresses may not be called.
    """
    try:
        found = _look_up(deadline, host, port)
    except (DeliveryError, TimeoutError):
        return
    for *_, address in found:
        check_address(address[0], deadline.allowed)
