"""HTTP: Chalice's local server, extended for concurrent callers and orderly shutdown."""

import functools
import logging
from collections.abc import Callable, Mapping
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from http import HTTPStatus
from io import BufferedReader
from typing import Any, BinaryIO

from chalice import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LambdaContext,
    LocalGatewayException,
    create_local_server,
)

from local import accepting, answers
from local.loopback import names_of
from local.receiving import BODY_TIMEOUT, Receiving, read_body
from local.traffic import Traffic
from local.trouble import Watch

_log = logging.getLogger(__name__)
_BACKLOG = 128  # waiting connections; the standard library's 5 delays a burst by 1 s
_DRAIN = 2.0  # seconds for requests in flight at shutdown
_LOSING = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)
"""Defects of a line that is not a header, which would lose all later ones. Others are about a
multipart body, which is still to come."""
_FUNCTION = ("api_handler", 512, 29_000)
"""The name, the MB and the ms of the function that answers."""
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
        own: dict[str, Any] = {"traffic": self._traffic, "watch": watch}
        own |= {"is_named": names_of(host, public_url), "body_timeout": body_timeout}
        own |= {"app_object": app, "config": _CONFIG}
        self._server.RequestHandlerClass = functools.partial(_Handler, **own)
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


class _Handler(ChaliceRequestHandler):
    """One connection. An answer is one segment: Nagle with delayed ACK would cost 40 ms."""

    disable_nagle_algorithm = True
    wbufsize = -1
    rfile: BinaryIO

    def __init__(
        self,
        *args: Any,
        traffic: Traffic,
        is_named: Callable[[str | None], bool],
        watch: Watch,
        body_timeout: float,
        **kwargs: Any,
    ) -> None:
        self._traffic = traffic
        self._is_named = is_named
        self._watch = watch
        self._body_timeout = body_timeout
        super().__init__(*args, **kwargs)

    def setup(self) -> None:
        """Pass the caller's address to the application, as API Gateway does."""
        super().setup()
        self.rfile.close()
        self._receiving = Receiving(self.connection)
        self.rfile = BufferedReader(self._receiving)
        self.local_gateway.event_converter.LOCAL_SOURCE_IP = self.client_address[0]

    def handle(self) -> None:
        """Answer requests until the caller disconnects, even within one."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Request the body now: otherwise this stays in the buffer and curl waits 1 s."""
        proceed = bool(super().handle_expect_100())
        self.wfile.flush()
        return proceed

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is http.server's
        """Log nothing: request lines contain tokens."""

    def send_error(self, code: int, *_: object, **__: object) -> None:
        """Answer a malformed request; http.server's own answer would repeat its tokens."""
        self.close_connection, self.request_version = True, self.protocol_version
        self._send(*self._refuse(answers.malformed(code)))

    def _answer_request(self) -> None:
        self._watch.forget()
        with self._traffic as is_open:
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
            self.wfile.flush()

    def _tell(self, code: int, headers: Mapping[str, Any]) -> None:
        """Log a refused request without its query, which contains tokens."""
        reason = headers.get("X-Failure-Reason", self.responses.get(code, ("",))[0])
        if code == HTTPStatus.SERVICE_UNAVAILABLE:
            reason = self._watch.name() or reason
        told = {
            "method": self.command,
            "path": self.path.partition("?")[0],
            "code": int(code),
            "reason": reason,
        }
        _log.info("request_refused", extra=told)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer_request  # noqa: N815

    def _answer(self) -> tuple[int, Mapping[str, Any], bytes]:
        if not self._is_named(self.headers["Host"]):
            raise answers.other_host()
        if any(isinstance(defect, _LOSING) for defect in self.headers.defects):
            raise answers.malformed()
        headers = dict(self.headers.items())
        with self._receiving.within(self._body_timeout):
            body = read_body(self.headers, self.rfile) or None
        event = self._event(headers, body)
        try:
            answer = self.local_gateway._app_object(event, LambdaContext(*_FUNCTION))  # noqa: SLF001
            answer = self._handle_binary(answer)
        except Exception as error:  # a failed call must not end the server, as in Lambda
            _log.exception("the application failed")
            raise answers.broken() from error
        content = answer["body"] or b""
        content = content.encode() if isinstance(content, str) else content
        said = {**answer["headers"], **answer["multiValueHeaders"]}
        return answer["statusCode"], *answers.packed(
            self.headers.get("Accept-Encoding", ""), said, content
        )

    def _event(self, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        """Return a request as Lambda gets it; like API Gateway, reject one without a route.

        Chalice's `handle_request` would look for the route again, and for an authorizer.
        """
        convert = self.local_gateway.event_converter.create_lambda_event
        try:
            event = convert(self.command, self._address(), headers, body)
        except ValueError as error:
            raise answers.not_found() from error
        methods = self.local_gateway._app_object.routes[event["requestContext"]["resourcePath"]]  # noqa: SLF001
        if self.command not in methods:
            raise answers.wrong_method(methods)
        return event

    def _address(self) -> str:
        """Return the path decoded as UTF-8, as by API Gateway; http.server decodes Latin-1."""
        return str(self.path).encode("latin-1").decode("utf-8", "replace")

    def _refuse(self, refusal: LocalGatewayException) -> tuple[int, Mapping[str, Any], bytes]:
        if isinstance(refusal, answers.UnreadBody):
            self.close_connection = True
        return refusal.CODE, refusal.headers, refusal.body or b""

    def _send(self, code: int, headers: Mapping[str, Any], body: bytes) -> None:
        self.send_response(code)
        for name, value in headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, each)
        if not any(name.lower() == "content-type" for name in headers):
            self.send_header("Content-Type", "application/json")
        if code >= 200 and code not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and code not in {204, 304}:
            self.wfile.write(body)
