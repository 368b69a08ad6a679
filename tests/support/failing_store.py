"""A store on 127.0.0.1 that does not do what it is asked: it goes through steps, one a request."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.support.receivers import Certificate

Step = Callable[["Handler"], None]


class Request(NamedTuple):
    """One request, as it arrived."""

    headers: Message
    body: bytes
    port: int  # of the caller: one a connection


class FailingStore(ThreadingHTTPServer):
    """Takes the next step at each request; after the last one it answers `{}`."""

    daemon_threads = True

    def __init__(self, steps: tuple[Step, ...], certificate: Certificate | None) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.steps, self.received, self.is_over = list(steps), list[Request](), threading.Event()
        scheme = "http"
        if certificate:
            context, scheme = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "https"
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: callers that turn away are what is tested."""


class Handler(BaseHTTPRequestHandler):
    """One connection, which stays open."""

    server: FailingStore
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(Request(self.headers, body, self.client_address[1]))
        step = self.server.steps.pop(0) if self.server.steps else answers()
        step(self)

    def say(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        """Answer."""
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def failing(*steps: Step, certificate: Certificate | None = None) -> Iterator[FailingStore]:
    """Run one."""
    with FailingStore(steps, certificate) as store:
        serve = {"poll_interval": 0.02}
        threading.Thread(target=store.serve_forever, kwargs=serve, daemon=True).start()
        try:
            yield store
        finally:
            store.is_over.set()
            store.shutdown()


def answers(content: Any = None, status: int = 200, **headers: str) -> Step:
    """Answer with JSON, or with these bytes; `_` in a header's name is `-`."""
    body = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.say(status, body, named)


def refuses(code: str, status: int = 400, **more: Any) -> Step:
    """Refuse with an error of DynamoDB."""
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answers({"__type": kind, "message": "not today", **more}, status)


def closes(handler: Handler) -> None:
    """Close the connection instead of answering."""
    handler.close_connection = True


def resets(handler: Handler) -> None:
    """Reset the connection instead of answering."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


def hangs(handler: Handler) -> None:
    """Answer nothing until the test is over."""
    handler.close_connection = True
    handler.server.is_over.wait(10)


def cuts(handler: Handler) -> None:
    """Close in the middle of an answer."""
    handler.say(200, b'{"Item": {', {"Content-Length": "1000"})
    handler.close_connection = True


def answers_and_closes(handler: Handler) -> None:
    """Answer well, and close the connection though nothing announced it."""
    answers()(handler)
    handler.close_connection = True
