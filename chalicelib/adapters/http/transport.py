"""One POST within one deadline, from the lookup to the answer, or a diagnosis."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, cast

import certifi
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from requests.structures import CaseInsensitiveDict

from chalicelib.adapters.http import diagnosis
from chalicelib.adapters.http.answers import Reply
from chalicelib.adapters.http.connections import SingleUseConnection, check_host
from chalicelib.adapters.http.sockets import CURRENT, Deadline, Resolve, tls_context
from chalicelib.adapters.http.tunnels import check_literal
from chalicelib.config import CONFIG
from chalicelib.domain.errors import DeliveryError, NotBegun
from chalicelib.domain.proxies import Proxy
from chalicelib.domain.targets import Network, Target, parse_url, target_of

_starting = ThreadPoolExecutor(1, thread_name_prefix="tls")
# This takes a tenth of a cold start; OpenSSL reads the file while the imports go on.
_TLS = _starting.submit(tls_context, certifi.where(), CONFIG.ca_bundle)
_starting.shutdown(wait=False)


class Answer(NamedTuple):
    """A receiver's answer that came in time."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes  # the first 1 KiB
    address: str
    timings: dict[str, int]  # ms: lookup, connect, tls, first_byte (since the start), total


def post(  # noqa: PLR0913 -- the inputs of an attempt
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float,
    allowed: tuple[Network, ...],
    resolve: Resolve = socket.getaddrinfo,
    tls: ssl.SSLContext | None = None,
    proxy: Proxy | None = CONFIG.delivery_proxy,
) -> Answer:
    """POST once, without redirects or decompression.

    `timeout` covers all, in seconds, from the name lookup to the answer's headers. `allowed` are
    networks outside the public internet that may be called. `tls` holds the trusted certificates;
    None: those of public authorities, and CA_BUNDLE.

    Raises:
        TargetRefused: The URL, or its host's address, may not be called; nothing was sent.
        NotBegun: This machine had no socket left, or cannot use its proxy.
        DeliveryError: No usable answer came in time; the message has the reason.
    """
    target = target_of(url)
    believed = None
    if target.scheme == "https":
        believed = tls or _TLS.result()  # before the attempt's time begins
    deadline = CURRENT.deadline = Deadline(timeout, allowed, resolve)
    with _diagnosing(deadline), closing(SingleUseConnection(target, believed, proxy)) as once:
        reply = _exchange(once, target, _prepared(target, body, headers))
    return Answer(*reply, deadline.address, _timings(deadline))


@contextmanager
def _diagnosing(deadline: Deadline) -> Iterator[None]:
    """Turn errors into a diagnosis with the attempt's progress. Raises DeliveryError."""
    try:
        yield
    except (RequestException, OSError, ValueError) as error:
        kind = NotBegun if diagnosis.is_ours(error) else DeliveryError
        said, timings = diagnosis.words_for(error, deadline), _timings(deadline)
        raise kind(said, timings=timings, address=deadline.address) from error
    except DeliveryError as error:
        error.timings, error.address = _timings(deadline), deadline.address
        raise


def _exchange(once: SingleUseConnection, target: Target, request: PreparedRequest) -> Reply:
    reply: Any = _Adapter(target, once).send(request, stream=True)
    return cast("Reply", reply)


def check(
    url: str,
    *,
    timeout: float,
    allowed: tuple[Network, ...],
    resolve: Resolve = socket.getaddrinfo,
    proxy: Proxy | None = CONFIG.delivery_proxy,
) -> None:
    """Check a URL as an attempt would, without one; a name that does not resolve yet is accepted.

    With a proxy no name is looked up here, and only an address is checked.

    Raises:
        TargetRefused: It may not be called.
    """
    target = parse_url(url)
    if proxy:
        check_literal(target.host, allowed)
    else:
        check_host(target.host, target.port, Deadline(timeout, allowed, resolve))


# The part of requests here: `HTTPAdapter.send` gets a connection, a path and the certificates from
# the methods below, hands the request to the connection's `urlopen`, and wraps the socket's errors
# in its own exceptions. The deadline, the check of addresses and the reading of the answer are
# ours: requests has no deadline for a whole exchange. Tools know this seam: those that hook
# `HTTPAdapter.send` (responses, and moto through it) see every POST.
class _Adapter(HTTPAdapter):
    """requests' adapter over our own connections, a new one for each attempt."""

    def __init__(self, target: Target, once: SingleUseConnection) -> None:
        self._target, self._once = target, once
        super().__init__()

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        """Keep no pools: each attempt must check the address that it connects to."""

    def request_url(self, *_: Any, **__: Any) -> str:
        """Return the configured path: requests would merge the slashes at its start."""
        return self._target.path

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Leave the certificates to the TLS context: loading them takes longer than the POST."""

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        return self._once

    def build_response(self, _: PreparedRequest, answer: Any) -> Any:
        """Return the answer itself: a verdict needs no cookies, encodings or elapsed times."""
        return answer


def _prepared(target: Target, body: bytes, headers: Mapping[str, str]) -> PreparedRequest:
    # Not prepare(): it would quote the URL again and send a different one.
    request = PreparedRequest()
    request.method, request.url, request.body = (
        "POST",
        f"{target.scheme}://{target.authority}{target.path}",
        body,
    )
    more = {"Accept-Encoding": "identity", "Connection": "close", "Content-Length": str(len(body))}
    request.headers = cast(
        "CaseInsensitiveDict[str]", {"Host": target.authority, **headers, **more}
    )
    return request


def _timings(deadline: Deadline) -> dict[str, int]:
    return {**deadline.timings, "total": round((time.monotonic() - deadline.begun) * 1000)}
