"""Sockets whose reads and writes each get the remaining time of their attempt."""

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
"""A function like `socket.getaddrinfo`."""

_TOLERANCE = 0.005  # seconds by which a timeout may be too long

MOST_NAMES = 20
"""The most names of a wrong certificate in an error; a certificate may hold thousands."""


@dataclass
class Deadline:
    """The limits of one attempt, and its progress."""

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
            TimeoutError: No time is left.
        """
        left = self.begun + self.timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def mark(self, step: str, since: float, stage: str) -> float:
        """Record how long a step took and the stage that follows, and return the time."""
        now = time.monotonic()
        self.timings.setdefault(step, round((now - since) * 1000))
        self.stage = stage
        return now


class _Current(threading.local):
    deadline: Deadline


CURRENT = _Current()
"""This thread's attempt, from which its sockets read the remaining time."""


class _Timed:
    """A socket whose reads and writes each get the remaining time of the attempt."""

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
        """Set the timeout, unless it is close enough: each system call yields to other threads.

        Raises:
            TimeoutError: No time is left.
        """
        sock, left = cast("socket.socket", self), CURRENT.deadline.remaining()
        if abs((sock.gettimeout() or math.inf) - left) > _TOLERANCE:
            sock.settimeout(left)


class Socket(_Timed, socket.socket):
    """A plain socket with the attempt's time."""


class _TlsSocket(_Timed, ssl.SSLSocket):
    def send(self, data: Any, flags: int = 0) -> int:
        # ssl's sendall calls this in a loop; a plain socket's applies its timeout to the whole.
        self.give_time()
        try:
            return super().send(data, flags)
        except ssl.SSLEOFError as error:
            # Python 3.13 raises this. An answer may have come before the end.
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

    OpenSSL alone decides whether a name matches. This only reports the names. It needs a private
    function of Python for that: `getpeercert` answers only after a successful handshake.
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
        authorities: A file of trusted certificates.
        more: Another such file, or "". A certificate in it is trusted by itself, without its
            issuers, and need not follow RFC 5280 strictly. Python 3.13 changed the defaults for
            both; a certificate that is trusted on a laptop must be trusted on AWS.
    """
    context = ssl.create_default_context(cafile=authorities)
    if more:
        context.load_verify_locations(more)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _TlsSocket
    return context
