"""The forward proxy through which endpoints are called."""

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from chalicelib.domain.errors import TargetRefused
from chalicelib.domain.targets import target_of


@dataclass(frozen=True)
class Proxy:
    """An http proxy that opens tunnels (CONNECT)."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)  # of Proxy-Authorization, a secret


def parse_proxy(text: str) -> Proxy | None:
    """Return the proxy of a URL, `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`.

    The port is required: its default is 80 in some programs, 1080 in others. User and password
    may be percent-encoded. Empty means no proxy.

    Raises:
        ValueError: It is not such a URL.
    """
    if not text:
        return None
    parts = urlsplit(text)
    user, _, place = parts.netloc.rpartition("@")
    rest = parts.path.removeprefix("/") + parts.query + parts.fragment
    if parts.scheme != "http" or not parts.port or rest:
        raise ValueError("not an http URL with a host and a port alone")
    try:
        host = target_of(f"http://{place}/").host
    except TargetRefused as error:
        raise ValueError(str(error)) from error
    return Proxy(host, parts.port, _basic(user) if user else "")


def _basic(user: str) -> str:
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def without_password(text: str) -> str:
    """Return a proxy's URL, even an invalid one, without the part before its last `@`."""
    return re.sub(r"^([a-z]+://)?.*@", r"\1...@", text, flags=re.DOTALL | re.IGNORECASE)
