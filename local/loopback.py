"""What is of this machine alone: addresses, and the names by which a browser may call them."""

import ipaddress
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether a host, as a person writes it, is this machine and no other can reach it."""
    name = host.strip("[]").lower().rstrip(".")
    # RFC 6761: these never leave the machine.
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def names_loopback(header: str | None) -> bool:
    """Tell whether the header `Host` names this machine.

    A page whose own name was made to lead here (DNS rebinding) sends that name. Who sends no `Host`
    is no browser.
    """
    return header is None or is_loopback(host_of(header))


def names_of(host: str, public_url: str) -> Callable[[str | None], bool]:
    """Return what tells whether a header `Host` names what listens on a host.

    Args:
        host: Where it listens; where others reach it anyway, any name will do.
        public_url: The address under which people open it, through a tunnel perhaps; or empty.
    """
    if not is_loopback(host):
        return lambda _: True
    public = urlsplit(public_url).hostname
    return lambda header: (
        names_loopback(header) or (public is not None and host_of(header or "") == public)
    )


def host_of(header: str) -> str:
    """Return the host of a header `Host`, without its port; nothing where it cannot be read."""
    try:
        return urlsplit(f"//{header.strip()}").hostname or ""
    except ValueError:
        return ""


def hidden_address() -> str | None:
    """Return an unguessable loopback address, or None where there is only 127.0.0.1.

    On Linux all of 127.0.0.0/8 is this machine: with the port these are 2^39 addresses, of which a
    web page, which may only try, would have to find the one.
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
    """Return a port that nothing has at any address of this machine.

    dynoxide starts on no other: one that a program has at 127.0.0.1 is in use to it at 127.0.0.2
    too.
    """
    with closing(socket.socket()) as probe:
        probe.bind(("", 0))  # nothing listens there
        return int(probe.getsockname()[1])
