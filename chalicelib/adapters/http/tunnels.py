"""Asks a proxy for a tunnel to a receiver: CONNECT (RFC 9110, section 9.3.6)."""

import socket
import time
from collections.abc import Iterator

from chalicelib.adapters.http import answers
from chalicelib.adapters.http.sockets import CURRENT, Socket
from chalicelib.domain.errors import DeliveryError, NotBegun
from chalicelib.domain.proxies import Proxy
from chalicelib.domain.targets import Network, Target, check_address

LARGEST_HEAD = 16 * 1024
"""The most bytes of a proxy's answer."""


def check_literal(host: str, allowed: tuple[Network, ...]) -> None:
    """Check a host that is an address, in any spelling that a resolver takes for one.

    Raises:
        TargetRefused: It may not be called.
    """
    try:
        found = socket.getaddrinfo(host.rstrip("."), None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return  # a name, which the proxy looks up
    for *_, address in found:
        check_address(str(address[0]), allowed)


def ask(sock: Socket, proxy: Proxy, target: Target) -> None:
    """Make the connection to a proxy one to the target.

    Raises:
        NotBegun: The proxy does not accept the user and the password.
        DeliveryError: It opened no tunnel.
        OSError: The connection broke, or the time ran out.
    """
    deadline, since = CURRENT.deadline, time.monotonic()
    deadline.stage = "the proxy opened no tunnel"
    place = (
        f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
    )
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    try:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        status, _ = answers.final_head(_lines(sock))
    except DeliveryError as error:
        raise DeliveryError(f"the proxy opened no tunnel: {error}") from error
    finally:
        deadline.mark("proxy", since, deadline.stage)
    if not 200 <= status <= 299:
        raise _refusal(status, place, is_known=bool(proxy.authorization))
    deadline.stage = "connected, nothing sent back"


def _lines(sock: Socket) -> Iterator[bytes]:
    """Yield the lines of the answer, read byte by byte: what follows them is the receiver's."""
    line = b""
    for _ in range(LARGEST_HEAD):
        sock.give_time()
        byte = sock.recv(1)
        if not byte:
            raise DeliveryError("the connection was closed")
        line += byte
        if byte == b"\n":
            yield line
            line = b""
    raise DeliveryError("the answer's headers are too large")


def _refusal(status: int, place: str, *, is_known: bool) -> DeliveryError:
    if status == 407:
        wrong = (
            "does not accept the user and password of"
            if is_known
            else "wants a user and password in"
        )
        return NotBegun(f"the proxy answered 407: it {wrong} DELIVERY_PROXY")
    if status == 403:
        return DeliveryError(f"the proxy answered 403: it does not allow {place}")
    if status in {502, 503, 504}:
        return DeliveryError(f"the proxy answered {status}: it cannot reach {place}")
    return DeliveryError(f"the proxy answered {status} to CONNECT {place}")
