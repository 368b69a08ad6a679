"""A relay before DynamoDB and SQS that notes which action on which resource each call is."""

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Call = tuple[str, str]
"""An action, as IAM names it, and the table, index (`table/index/name`) or queue that it is on."""

_PARTS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
"""What the parts of a transaction are, which has no action of its own."""


class Relay(ThreadingHTTPServer):
    """Passes calls on to the ports of 127.0.0.1 where DynamoDB and SQS are."""

    daemon_threads = True

    def __init__(self, store_port: int, queue_port: int) -> None:
        """Listen on a free port; nothing is answered before `serve_forever`."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ports = {"DynamoDB_20120810": store_port, "AmazonSQS": queue_port}
        self.ports["DynamoDBStreams_20120810"] = store_port
        self.calls: set[Call] = set()
        self.refuses = False
        """Whether it answers as a store does that is down."""
        self.answers: dict[str, bytes] = {}
        """What it answers itself, by operation."""

    @property
    def url(self) -> str:
        """Return where the relay listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service, _, operation = self.headers["X-Amz-Target"].partition(".")
        self.server.calls |= set(_calls(operation, json.loads(body)))
        if self.server.refuses:
            self._answer(
                500,
                b'{"__type": "InternalServerError"}',
                [("Content-Type", "application/x-amz-json-1.0")],
            )
            return
        if operation in self.server.answers:
            self._answer(
                200,
                self.server.answers[operation],
                [("Content-Type", "application/x-amz-json-1.0")],
            )
            return
        behind = http.client.HTTPConnection("127.0.0.1", self.server.ports[service], timeout=10)
        behind.request("POST", self.path, body, dict(self.headers))
        answer = behind.getresponse()
        content = answer.read()
        behind.close()
        self._answer(answer.status, content, answer.getheaders())

    def _answer(self, status: int, content: bytes, headers: Sequence[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its parent's name
        pass


def _calls(operation: str, request: dict[str, Any]) -> Iterator[Call]:
    if "QueueUrl" in request:
        # A batch has no action of its own either.
        yield f"sqs:{operation.removesuffix('Batch')}", request["QueueUrl"].rpartition("/")[2]
    elif operation == "TransactWriteItems":
        for part in request["TransactItems"]:
            for kind, item in part.items():
                yield _PARTS[kind], item["TableName"]
    elif "RequestItems" in request:
        for table in request["RequestItems"]:
            yield f"dynamodb:{operation}", table
    elif "TableName" in request:  # of a stream nothing is noted
        index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
        yield f"dynamodb:{operation}", request["TableName"] + index


@contextmanager
def relaying(store_port: int, queue_port: int) -> Iterator[Relay]:
    """Run a relay before a store and the queues."""
    with Relay(store_port, queue_port) as relay:
        thread = Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
