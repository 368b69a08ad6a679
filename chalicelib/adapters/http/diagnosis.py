"""Says in plain words why an attempt failed."""

import errno
import ssl
from collections.abc import Iterator

from requests.exceptions import RequestException

from chalicelib.adapters.http.sockets import Deadline

_NO_MORE_SOCKETS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}


def words_for(error: BaseException, deadline: Deadline) -> str:
    """Return the error in plain words; the innermost known cause decides."""
    for cause in reversed(list(_causes(error))):
        if (words := _words(cause, deadline)) is not None:
            return words
    return f"the call failed: {type(error).__name__}"


def is_ours(error: BaseException) -> bool:
    """Tell whether an attempt failed because this machine had no socket left."""
    return any(
        isinstance(cause, OSError) and cause.errno in _NO_MORE_SOCKETS for cause in _causes(error)
    )


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
