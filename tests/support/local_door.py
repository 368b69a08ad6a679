"""A local run's door in this process, with its queues and, where one is named, a store."""

import http.client
import socket
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from local.backends import Backend, services
from local.credentials import Credentials, new_credentials
from local.door import Door
from local.queue import Queues
from local.sqs import Sqs


class Aws:
    """What a run offers to AWS's clients; `changes` counts what its pump would be told."""

    def __init__(self, **backends: Backend) -> None:
        """Listen; `backends` answer beside the queues, by the services' names."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.keys, self.queues, self.changes = new_credentials(), Queues(), 0
        self._door = Door(
            listening, self.keys, services(None, Sqs(self.queues, self.url)) | backends
        )
        self._door.changed = self._change

    def _change(self) -> None:
        self.changes += 1

    def __enter__(self) -> "Aws":  # noqa: PYI034 -- Self is of Python 3.11
        """Open the door."""
        self._door.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._door.__exit__()

    def client(self, service: str, keys: Credentials | None = None) -> Any:
        """Return a client that tries once, with the right keys unless others are given."""
        named = dict((keys or self.keys)._asdict())
        told = {"aws_" + name: value for name, value in named.items()}
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1", config=config, **told
        )  # type: ignore[call-overload]  # it wants a literal

    def post(self, headers: Mapping[str, str], body: bytes = b"{}") -> tuple[int, bytes]:
        """Send a POST with these headers and this body; return the status and the answer's body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest("POST", "/", skip_host="Host" in headers)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
