"""Which addresses may be called: the public internet, and the configured networks."""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from chalicelib.domain.errors import TargetRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL = 2000
_PORTS = {"http": 80, "https": 443}
_SAFE = "/?&=%:;,+$@!'()*~[]|"
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Python's IDNA 2003 drops or maps characters that IDNA 2008 keeps (RFC 5894, 7.2): another host
# would be called.
_DEVIATING = frozenset("ßς\u200c\u200d")

# IANA's special-purpose registries (iana.org/assignments/iana-ipv4-special-registry and -ipv6-),
# and multicast. The ipaddress module's own verdicts differ from one Python to the next.
_SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    # Only the operator knows which bits are the IPv4 address (RFC 8215).
    ("64:ff9b:1::/48", "behind a translator"),
    ("100::/64", "for discarding"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "for documentation"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "reserved"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_REFUSED = tuple((ipaddress.ip_network(network), why) for network, why in _SPECIAL)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
_NOT_PUBLIC = "not public internet: name its network in ALLOWED_PRIVATE_NETWORKS to allow it"
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class Target(NamedTuple):
    """The parts of a URL, in the form that is sent."""

    scheme: str
    host: str  # lower case, punycode; an IPv6 address without its brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """Return host and port as a request names them: no trailing dot, no default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host.rstrip(".")
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list such as `10.0.0.0/8, ::1/128`.

    Raises:
        ValueError: One of them is not a network.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def parse_url(url: str) -> Target:
    """Return the parts of a configured URL; nothing is looked up.

    Raises:
        TargetRefused: It is not an http or https URL that may be called.
    """
    if len(url) > LONGEST_URL:
        raise TargetRefused(f"takes at most {LONGEST_URL} characters, not {len(url)}")
    return target_of(url)


@lru_cache(maxsize=1024)
def target_of(url: str) -> Target:
    """Return the parts of a URL of any length: the token makes the called URL longer.

    Raises:
        TargetRefused: It is not an http or https URL that may be called.
    """
    if _UNFIT.search(url):
        raise TargetRefused("must not hold white space or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused(f"is not a URL: {error}") from error
    if parts.scheme not in _PORTS:
        raise TargetRefused("must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("must not hold a user or password")
    if port == 0:
        raise TargetRefused("has an invalid port: 0")
    path = quote(parts.path or "/", safe=_SAFE) + (
        f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    )
    return Target(parts.scheme, _host(parts.hostname), port or _PORTS[parts.scheme], path)


def _host(name: str | None) -> str:
    if not name:
        raise TargetRefused("has no host")
    if _DEVIATING & set(name):
        raise TargetRefused(
            f"has a host that IDNA 2003 and 2008 read differently, write it in punycode: {name}"
        )
    try:
        host = _ascii_host(name)
    except ValueError as error:
        raise TargetRefused(f"has an invalid host name: {name}") from error
    if not all(character.isalnum() or character in "-._:" for character in host):
        raise TargetRefused(f"has an invalid host name: {name}")
    return host


def _ascii_host(name: str) -> str:
    """Return an IPv6 address as it is, a name as punycode. Raises ValueError."""
    if ":" in name:
        ipaddress.IPv6Address(name)
        return name
    return name.encode("idna").decode().lower()


@lru_cache(maxsize=1024)
def with_token(url: str, token: str) -> str:
    """Return a URL without its fragment, with `token` added to its query if there is a token."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, token and "token=" + quote(token, safe=""))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


SHOWN_OF_PATH = 8
"""Characters of the path that are shown for a secret URL."""

_SHORTEST_SECRET = 8
"""Characters of a part of a URL that may be a secret by itself."""


def masked(url: str) -> str:
    """Return scheme, host and the beginning of the path of a secret URL."""
    try:
        parts = urlsplit(url)
    except ValueError:  # in a row edited by hand
        return ""
    is_more = len(parts.path) > SHOWN_OF_PATH or parts.query
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path[:SHOWN_OF_PATH]}{'…' if is_more else ''}"


def secret_parts(url: str) -> Iterator[str]:
    """Yield the parts of a secret URL that a receiver might repeat: all of it, and long parts."""
    parts = urlsplit(url)
    hidden = parts.path[SHOWN_OF_PATH:]
    for part in (f"{parts.path}?{parts.query}", parts.path, *hidden.split("/"), parts.query):
        if len(part) > SHOWN_OF_PATH:
            yield part
    for _, value in parse_qsl(parts.query):
        if len(value) >= _SHORTEST_SECRET:
            yield value


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Tell whether a host is an IP address, which needs no lookup."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def check_address(text: str, allowed: tuple[Network, ...]) -> None:
    """Accept an address of the public internet, or of an allowed network.

    Raises:
        TargetRefused: It is neither; the message has its kind, and the variable that allows it.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _unwrapped(address)
    for network in allowed:
        if _is_in(address, network) or _is_in(inner, network):
            return
    for network, why in _REFUSED:
        if _is_in(inner, network):
            raise TargetRefused(f"{text} is {why}, {_NOT_PUBLIC}")
    if isinstance(inner, ipaddress.IPv6Address) and inner not in _GLOBAL_V6:
        raise TargetRefused(f"{text} is reserved, {_NOT_PUBLIC}")


def _is_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 address, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _6TO4:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    wrapped = address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1)
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if wrapped else address
