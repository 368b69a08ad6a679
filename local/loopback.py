"""Loopback: addresses of this machine only, and the host names that browsers may use."""

import ipaddress
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether a host, as typed by a person, is reachable from this machine only."""
    name = host.strip("[]").lower().rstrip(".")
    # RFC 6761: these never leave the machine.
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=16)  # a caller sends the same in each request
def names_loopback(header: str | None) -> bool:
    """Tell whether the header `Host` names this machine.

    A page that uses DNS rebinding sends its own name. Clients without `Host` are not browsers.
    """
    return header is None or is_loopback(host_of(header))


def names_of(host: str, public_url: str) -> Callable[[str | None], bool]:
    """Return a check of the header `Host` for a server that listens on a host.

    Args:
        host: The host of the server; if other machines can reach it, every name is accepted.
        public_url: Its public address, for example of a tunnel; or empty.
    """
    if not is_loopback(host):
        return lambda _: True
    public = urlsplit(public_url).hostname
    return lambda header: (
        names_loopback(header) or (public is not None and host_of(header or "") == public)
    )


def host_of(header: str) -> str:
    """Return the host of a header `Host` without its port; empty if it is invalid."""
    try:
        return urlsplit(f"//{header.strip()}").hostname or ""
    except ValueError:
        return ""


def hidden_address() -> str | None:
    """Return an unguessable loopback address, or None if there is only 127.0.0.1.

    On Linux all of 127.0.0.0/8 is this machine. With the port a web page would have to guess one of
    2^39 addresses.
    """
    address = (
        f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    )
    with closing(socket.socket()) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return None
    return address


def free_port() -> int:
    """Return a port that is free at every address of this machine.

    dynoxide needs one: a port in use at 127.0.0.1 counts as used at 127.0.0.2 too.
    """
    with closing(socket.socket()) as probe:
        probe.bind(("", 0))  # nothing listens there
        return int(probe.getsockname()[1])
