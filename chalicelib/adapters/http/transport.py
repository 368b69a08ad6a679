"""One POST within one deadline, from the lookup to the answer, or a diagnosis."""

import errno
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

from chalicelib.adapters.http.answers import Reply
from chalicelib.adapters.http.connections import SingleUseConnection, check_host
from chalicelib.adapters.http.sockets import CURRENT, Deadline, Resolve, tls_context
from chalicelib.config import CONFIG
from chalicelib.domain.errors import DeliveryError, NotBegun
from chalicelib.domain.targets import Network, Target, parse_url, target_of

_NO_MORE_SOCKETS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}

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
) -> Answer:
    """POST once, without redirects, proxies or decompression.

    `timeout` covers everything, in seconds: name lookup, connect, TLS, sending, status line and
    headers. `allowed` are networks outside the public internet that may be called. `tls` holds
    the trusted certificates; None: those of public authorities, and CA_BUNDLE.

    Raises:
        TargetRefused: The URL, or its host's address, may not be called; nothing was sent.
        NotBegun: This machine had no socket left.
        DeliveryError: No usable answer came in time; the message has the reason.
    """
    target = target_of(url)
    believed = None
    if target.scheme == "https":
        believed = tls or _TLS.result()  # before the attempt's time begins
    deadline = CURRENT.deadline = Deadline(timeout, allowed, resolve)
    with _diagnosing(deadline):
        reply = _exchange(target, believed, _prepared(target, body, headers))
    return Answer(*reply, deadline.address, _timings(deadline))


@contextmanager
def _diagnosing(deadline: Deadline) -> Iterator[None]:
    """Turn errors into a diagnosis with the attempt's progress. Raises DeliveryError."""
    try:
        yield
    except (RequestException, OSError, ValueError) as error:
        kind = NotBegun if any(_is_ours(cause) for cause in _causes(error)) else DeliveryError
        said, timings = _diagnosis(error, deadline), _timings(deadline)
        raise kind(said, timings=timings, address=deadline.address) from error
    except DeliveryError as error:
        error.timings, error.address = _timings(deadline), deadline.address
        raise


def _exchange(target: Target, tls: ssl.SSLContext | None, request: PreparedRequest) -> Reply:
    with closing(SingleUseConnection(target, tls)) as once:
        reply: Any = _Adapter(target, once).send(request, stream=True)
    return cast("Reply", reply)


def check(
    url: str, *, timeout: float, allowed: tuple[Network, ...], resolve: Resolve = socket.getaddrinfo
) -> None:
    """Check a URL as an attempt would, without one; a name that does not resolve yet is accepted.

    Raises:
        TargetRefused: It may not be called.
    """
    target = parse_url(url)
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


def _diagnosis(error: BaseException, deadline: Deadline) -> str:
    """Return the error in plain words; the innermost known cause decides."""
    for cause in reversed(list(_causes(error))):
        if (words := _words(cause, deadline)) is not None:
            return words
    return f"the call failed: {type(error).__name__}"


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _NO_MORE_SOCKETS


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException, deadline: Deadline) -> str | None:
    if isinstance(error, TimeoutError):
        return f"no answer within {deadline.timeout} s: {deadline.stage}"
    if isinstance(error, ssl.SSLError):
        return _tls_words(error)
    if isinstance(error, ConnectionRefusedError):
        return f"connection refused by {deadline.address}"
    if isinstance(error, ConnectionError):
        return "the connection was closed before the answer was complete"
    if (
        isinstance(error, OSError)
        and error.errno is not None
        and not isinstance(error, RequestException)
    ):
        return f"cannot connect to {deadline.address}: {error.strerror}"
    return None


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "TLS failed: the connection ended"
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
        return "TLS failed: the port does not speak TLS"
    return f"TLS failed: {error.reason or type(error).__name__}"
