"""The entrance to a run's stores: HTTP on loopback, for holders of this run's keys.

Browsers let any page send requests to any address of the machine, and dynoxide and moto answer all
of them. So requests with `Origin` or `Sec-Fetch-Site`, with a host name that is not of loopback, or
with another access key than this run's are refused before their bodies are read. All others must be
signed with its secret.
"""

import hmac
import http.client
import logging
import socket
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local import accepting
from local.backends import Answer, Backend, Request, refusal
from local.credentials import Claim, Credentials, is_signed, read_authorization
from local.loopback import names_loopback
from local.writes import WRITES

_log = logging.getLogger(__name__)
_LARGEST_BODY = 17_000_000  # bytes; DynamoDB takes 16 MB
_OF_BROWSERS = ("Origin", "Sec-Fetch-Site")
_KEYS = (
    "this run accepts no keys but its own: aws_access_key_id and aws_secret_access_key of its "
    "run.json"
)


_WRONG_SIGNATURE = f"the signature is wrong: {_KEYS}"
_OUR_HEADERS = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Door:
    """Serves several backends at one address; calls `changed` after each possible write."""

    def __init__(
        self, listening: socket.socket, keys: Credentials, backends: Mapping[str, Backend]
    ) -> None:
        """Prepare; nothing is answered yet.

        Args:
            listening: The listening socket.
            keys: The only accepted keys.
            backends: By the part of `X-Amz-Target` before the dot.
        """
        self.keys = keys
        self.backends = backends
        self.changed: Callable[[], None] = lambda: None
        self._server = _Server(listening, self)

    def __enter__(self) -> "Door":  # noqa: PYI034 -- Self is of Python 3.11
        """Start answering."""
        accepting.start(self._server, "door")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop accepting requests."""
        accepting.stop(self._server)


class _Server(ThreadingHTTPServer):
    """A thread for each connection."""

    def __init__(self, listening: socket.socket, door: Door) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.door = door

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore callers who disconnect."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is http.server's
        """Log nothing."""

    def handle_expect_100(self) -> bool:
        """Request the body now: otherwise the answer stays in the buffer."""
        proceed = bool(super().handle_expect_100())
        self.wfile.flush()
        return proceed

    def do_POST(self) -> None:
        door = self.server.door
        claim = self._claim(door.keys)
        if isinstance(claim, Answer):
            self.close_connection = True  # there may be an unread body
            self._send(claim)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        request = Request(self.command, self.path, headers, body)
        if is_signed(request, claim, door.keys):
            self._send(self._answer(door, request))
        else:
            self._send(refusal(403, "InvalidSignatureException", _WRONG_SIGNATURE))

    do_GET = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_POST  # noqa: N815

    def _claim(self, keys: Credentials) -> Claim | Answer:
        """Return the claim in a request's head, before its body is read, or the refusal."""
        if any(name in self.headers for name in _OF_BROWSERS):
            return refusal(403, "AccessDeniedException", "web pages are not allowed")
        if not names_loopback(self.headers["Host"]):
            return refusal(403, "AccessDeniedException", "the header Host must name this machine")
        claim = read_authorization(self.headers["Authorization"])
        if claim is None or not hmac.compare_digest(
            claim.access_key_id.encode(), keys.access_key_id.encode()
        ):
            return refusal(403, "UnrecognizedClientException", _KEYS)
        length = self.headers.get("Content-Length", "")
        if self.command != "POST" or not (
            length.isascii() and length.isdigit() and len(length) < 10
        ):
            return refusal(
                400,
                "SerializationException",
                "only a POST with a Content-Length is accepted",
            )
        if int(length) > _LARGEST_BODY:
            return refusal(413, "RequestEntityTooLarge", f"at most {_LARGEST_BODY} bytes are taken")
        return claim

    @staticmethod
    def _answer(door: Door, request: Request) -> Answer:
        service, _, operation = request.headers.get("x-amz-target", "").partition(".")
        if service not in door.backends:
            return refusal(
                400, "UnknownOperationException", f"X-Amz-Target takes {', '.join(door.backends)}"
            )
        try:
            answer = door.backends[service](request)
        except (OSError, http.client.HTTPException):
            return refusal(503, "ServiceUnavailable", "the store does not answer")
        if operation in WRITES:
            door.changed()
        return answer

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OUR_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()
