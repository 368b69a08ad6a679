"""Sockets whose every read and write is given what is left of the attempt that they serve."""

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.targets import Network

Resolve = Callable[..., list[Any]]
"""Shaped as `socket.getaddrinfo`."""

_TOLERANCE = 0.005  # seconds by which a timeout may be too long

MOST_NAMES = 20
"""Names of a wrong certificate that are told; one may hold thousands."""


@dataclass
class Deadline:
    """What one attempt may do, and how far it has come."""

    timeout: float
    allowed: tuple[Network, ...]
    resolve: Resolve
    begun: float = field(default_factory=time.monotonic)
    stage: str = "looking up the name"
    address: str = ""
    timings: dict[str, int] = field(default_factory=dict)

    def remaining(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: None are.
        """
        left = self.begun + self.timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def mark(self, step: str, since: float, stage: str) -> float:
        """Note how long a step took and what comes next, and return the time."""
        now = time.monotonic()
        self.timings.setdefault(step, round((now - since) * 1000))
        self.stage = stage
        return now


class _Current(threading.local):
    deadline: Deadline


CURRENT = _Current()
"""The attempt that this thread is making: its sockets ask it what time is left."""


class _Timed:
    """A socket whose every read and write is given what is left of the attempt."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        deadline = CURRENT.deadline
        self.give_time()
        count = cast("int", super().recv_into(*args, **kwargs))  # type: ignore[misc]
        if count:
            deadline.mark("first_byte", deadline.begun, "the answer was cut short")
        return count

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.give_time()
        super().sendall(*args, **kwargs)  # type: ignore[misc]

    def give_time(self) -> None:
        """Set the timeout, unless it is close enough: each system call costs threads a turn.

        Raises:
            TimeoutError: No time is left.
        """
        sock, left = cast("socket.socket", self), CURRENT.deadline.remaining()
        if abs((sock.gettimeout() or math.inf) - left) > _TOLERANCE:
            sock.settimeout(left)


class Socket(_Timed, socket.socket):
    """A plain one."""


class _TlsSocket(_Timed, ssl.SSLSocket):
    def send(self, data: Any, flags: int = 0) -> int:
        # ssl's sendall is a loop of these; a plain socket's keeps its timeout in all.
        self.give_time()
        try:
            return super().send(data, flags)
        except ssl.SSLEOFError as error:
            # What Python 3.13 raises. An answer may have come before the end.
            raise BrokenPipeError from error

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- as ssl has it
        try:
            super().do_handshake(block)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code in _MISMATCHES and (names := _names_held(self)):
                self.close()
                raise DeliveryError(f"the certificate is for {names}") from error
            raise


_MISMATCHES = (62, 64)
"""OpenSSL's codes for a certificate of another host name, and of another address."""


def _names_held(sock: Any) -> str:
    """Return the names in a refused certificate, or "" where none can be read.

    OpenSSL alone decides whether a name is the right one. This only says which there were, and asks
    for it what Python keeps private: `getpeercert` answers only once the handshake has ended well.
    """
    chain: list[Any] = getattr(sock._sslobj, "get_unverified_chain", list)() or []  # noqa: SLF001 -- see above
    fields = chain[0].get_info().get("subjectAltName", ()) if chain else ()
    names = [_printable(name) for kind, name in fields if kind in {"DNS", "IP Address"}]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name.strip())


def tls_context(authorities: str, more: str = "") -> ssl.SSLContext:
    """Return a context that verifies names.

    Args:
        authorities: A file of certificates that are believed.
        more: Another such file, or "". A certificate in it is enough by itself, without those above
            it, and need not keep to RFC 5280 strictly. Python's defaults for both differ before and
            since 3.13; what is believed on a laptop must be believed on AWS.
    """
    context = ssl.create_default_context(cafile=authorities)
    if more:
        context.load_verify_locations(more)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _TlsSocket
    return context
