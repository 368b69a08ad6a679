"""HTTP: Chalice's local server, extended for concurrent callers and orderly shutdown."""

import base64
import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.client import responses
from io import BufferedReader
from socketserver import StreamRequestHandler
from typing import Any, NamedTuple

from chalice import Chalice
from chalice.config import Config
from chalice.local import (
    LambdaContext,
    LambdaEventConverter,
    LocalGatewayException,
    RouteMatcher,
    create_local_server,
)

from local import accepting, answers
from local.heads import LONGEST_LINE, Head, read_head
from local.loopback import names_of
from local.receiving import BODY_TIMEOUT, Receiving, read_body
from local.traffic import Traffic
from local.trouble import Watch

_log = logging.getLogger(__name__)
_BACKLOG = 128  # waiting connections; the standard library's 5 delays a burst by 1 s
_DRAIN = 2.0  # seconds for requests in flight at shutdown
_CONTEXT = LambdaContext("api_handler", 512, 29_000)
"""The function that answers, its MB and its ms. A new context takes longer than reading a request's
head, and the application reads nothing of it."""
_CONFIG = Config(chalice_stage="dev", function_name="api_handler")


class Gateway:
    """The HTTP side of a run."""

    def __init__(  # noqa: PLR0913 -- created once
        self,
        app: Chalice,
        host: str,
        port: int,
        watch: Watch,
        *,
        public_url: str = "",
        body_timeout: float = BODY_TIMEOUT,
    ) -> None:
        """Bind to a host and a port, 0 for a free one.

        On loopback the header `Host` must name this machine, or `public_url`, for example of a
        tunnel. `watch` knows the store's troubles. A request's whole body must arrive within
        `body_timeout` seconds.

        Raises:
            CannotStart: The port is in use, or the host is not this machine.
        """
        with accepting.binding(host, port):
            self._server = create_local_server(app, _CONFIG, host, port).server
        self._traffic, self._host = Traffic(), host
        convert = LambdaEventConverter(RouteMatcher(list(app.routes))).create_lambda_event
        is_named = names_of(host, public_url)
        shared = _Shared(app, convert, self._traffic, is_named, watch, body_timeout)
        self._server.RequestHandlerClass = functools.partial(_Handler, shared=shared)
        self._server.socket.listen(_BACKLOG)

    @property
    def url(self) -> str:
        """The URL of the server; for an open host, its loopback address."""
        is_open = self._host in {"", "0.0.0.0"}  # noqa: S104 -- compared, not bound
        return f"http://{'127.0.0.1' if is_open else self._host}:{self._server.server_address[1]}"

    def __enter__(self) -> None:
        """Start answering."""
        accepting.start(self._server, "gateway")

    def __exit__(self, *_: object) -> None:
        """Stop accepting requests, and finish those in flight within 2 s."""
        accepting.stop(self._server)
        self._traffic.close(_DRAIN)


class _Shared(NamedTuple):
    """What all connections share."""

    app: Chalice
    convert: Callable[..., dict[str, Any]]  # makes a Lambda's event
    traffic: Traffic
    is_named: Callable[[str | None], bool]
    watch: Watch
    body_timeout: float


class _Handler(StreamRequestHandler):
    """One connection. An answer is one segment: Nagle with delayed ACK would cost 40 ms."""

    disable_nagle_algorithm = True

    def __init__(self, *args: Any, shared: _Shared) -> None:
        self._shared, self._is_kept = shared, True
        super().__init__(*args)

    def handle(self) -> None:
        """Answer requests until the caller disconnects, even within one."""
        self._receiving = Receiving(self.connection)
        self._file = BufferedReader(self._receiving)
        with suppress(OSError):
            while self._is_kept and (line := self._file.readline(LONGEST_LINE + 1)):
                self._head = Head()
                try:
                    self._head = read_head(line, self._file)
                except answers.UnreadBody as refusal:
                    self._send(*self._refuse(refusal))
                else:
                    self._answer_request()

    def _answer_request(self) -> None:
        self._is_kept = self._head.is_kept
        self._shared.watch.forget()
        with self._shared.traffic as is_open:
            try:
                code, headers, body = (
                    self._answer() if is_open else self._refuse(answers.shutting_down())
                )
            except LocalGatewayException as refusal:
                code, headers, body = self._refuse(refusal)
            if code >= 400 or "X-Failure-Reason" in headers:  # JSON-RPC refuses calls with 200
                # Before the caller continues, so that lines stay in order.
                self._tell(code, headers)
            self._send(code, headers, body)

    def _tell(self, code: int, headers: Mapping[str, Any]) -> None:
        """Log a refused request without its query, which contains tokens."""
        reason = headers.get("X-Failure-Reason", responses.get(code, ""))
        if code == HTTPStatus.SERVICE_UNAVAILABLE:
            reason = self._shared.watch.name() or reason
        told = {
            "method": self._head.method,
            "path": self._head.address.partition("?")[0],
            "code": int(code),
            "reason": reason,
        }
        _log.info("request_refused", extra=told)

    def _answer(self) -> tuple[int, Mapping[str, Any], bytes]:
        headers = self._head.headers
        if not self._shared.is_named(headers.get("host")):
            raise answers.other_host()
        if self._head.expects_100:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        with self._receiving.within(self._shared.body_timeout):
            body = read_body(headers, self._file) or None
        event = self._event(body)
        try:
            answer = self._shared.app(event, _CONTEXT)
            content = _content(answer)
        except Exception as error:  # a failed call must not end the server, as in Lambda
            _log.exception("the application failed")
            raise answers.broken() from error
        said = {**answer["headers"], **answer["multiValueHeaders"]}
        return answer["statusCode"], *answers.packed(
            headers.get("accept-encoding", ""), said, content
        )

    def _event(self, body: bytes | None) -> dict[str, Any]:
        """Return a request as Lambda gets it; like API Gateway, reject one without a route.

        Chalice's `handle_request` would look for the route again, and for an authorizer.
        """
        method, address, _, headers, _ = self._head
        try:
            event = self._shared.convert(method, address, headers, body)
        except ValueError as error:
            raise answers.not_found() from error
        asked = event["requestContext"]
        asked["identity"]["sourceIp"] = self.client_address[0]
        methods = self._shared.app.routes[asked["resourcePath"]]
        if method not in methods:
            raise answers.wrong_method(methods)
        return event

    def _refuse(self, refusal: LocalGatewayException) -> tuple[int, Mapping[str, Any], bytes]:
        if isinstance(refusal, answers.UnreadBody):
            self._is_kept = False
        return refusal.CODE, refusal.headers, refusal.body or b""

    def _send(self, code: int, headers: Mapping[str, Any], body: bytes) -> None:
        lines = [f"HTTP/1.1 {code:d} {responses.get(code, '')}", f"Date: {formatdate(usegmt=True)}"]
        for name, value in headers.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {each}" for each in values]
        if not any(name.lower() == "content-type" for name in headers):
            lines.append("Content-Type: application/json")
        has_body = code >= 200 and code not in {204, 304}
        if has_body:
            lines.append(f"Content-Length: {len(body)}")
        if not self._is_kept:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head + body if has_body and self._head.method != "HEAD" else head)


def _content(answer: Mapping[str, Any]) -> bytes:
    """Return the bytes of a Lambda's answer."""
    body = answer["body"] or b""
    if answer.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else bytes(body)
