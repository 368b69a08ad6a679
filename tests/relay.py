"""A relay before the store that notes which action on which table each call is."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Call = tuple[str, str]
"""An action, as IAM names it, and the table that it is on."""


class Relay(ThreadingHTTPServer):
    """Passes DynamoDB's calls on to a port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, store_port: int) -> None:
        """Listen on a free port; nothing is answered before `serve_forever`."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store_port = store_port
        self.calls: set[Call] = set()

    @property
    def url(self) -> str:
        """Return where the relay listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls |= set(_calls(self.headers["X-Amz-Target"].partition(".")[2], json.loads(body)))
        store = http.client.HTTPConnection("127.0.0.1", self.server.store_port, timeout=10)
        store.request("POST", "/", body, dict(self.headers))
        answer = store.getresponse()
        content = answer.read()
        store.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its parent's name
        pass


def _calls(operation: str, request: dict[str, Any]) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        # A transaction has no action of its own; each of its parts has.
        names = {
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }
        for part in request["TransactItems"]:
            for kind, item in part.items():
                yield f"dynamodb:{names[kind]}", item["TableName"]
    elif "RequestItems" in request:
        for table in request["RequestItems"]:
            yield f"dynamodb:{operation}", table
    else:
        yield f"dynamodb:{operation}", request["TableName"]


@contextmanager
def relaying(store_port: int) -> Iterator[Relay]:
    """Run a relay before a store."""
    with Relay(store_port) as relay:
        thread = Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
