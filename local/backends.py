"""The backends of AWS's clients: an external store, moto in this process, the queues."""

import http.client
import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from local.sqs import Sqs, SqsError

_PATIENCE = 30.0  # seconds for a store's answer; callers have limits of their own
_HOP_BY_HOP = {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
_JSON = "application/x-amz-json-1.0"


class Request(NamedTuple):
    """An HTTP request; the names of `headers` are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Iterable[tuple[str, str]]
    body: bytes


Backend = Callable[[Request], Answer]


def services(store_url: str | None, sqs: Sqs) -> dict[str, Backend]:
    """Return the backend of each service, by the part of `X-Amz-Target` before the dot.

    Args:
        store_url: The URL of DynamoDB; empty: in this process's memory; None: no DynamoDB here.
        sqs: The queues.
    """
    if store_url is None:
        return {"AmazonSQS": queues(sqs)}
    store = relay(store_url) if store_url else memory()
    return {"DynamoDB_20120810": store, "DynamoDBStreams_20120810": store, "AmazonSQS": queues(sqs)}


def relay(url: str) -> Backend:
    """Return a backend that forwards requests to a store over HTTP, and raises its errors."""
    address = urlsplit(url)

    def answer(request: Request) -> Answer:
        headers = dict(request.headers)
        for name in _HOP_BY_HOP & headers.keys():
            del headers[name]
        host, port = address.hostname or "", address.port
        with closing(http.client.HTTPConnection(host, port, timeout=_PATIENCE)) as behind:
            behind.request(request.method, request.target, request.body, headers)
            said = behind.getresponse()
            return Answer(said.status, said.getheaders(), said.read())

    return answer


def memory() -> Backend:
    """Return moto's DynamoDB, in this process's memory."""
    from moto.moto_server import werkzeug_app  # noqa: PLC0415 -- it takes 0.5 s and 40 MB

    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)

    def answer(request: Request) -> Answer:
        begun: list[Any] = []
        environ = _environ(request) | {"wsgi.errors": io.StringIO()}
        chunks = application(
            environ, lambda status, headers, _=None: begun.extend([status, headers])
        )
        body = b"".join(chunks)
        return Answer(int(begun[0].split()[0]), begun[1], body)

    return answer


def _environ(request: Request) -> dict[str, Any]:
    """Return a request as a WSGI environment (PEP 3333)."""
    where = urlsplit(request.target)
    headers = {
        "HTTP_" + name.upper().replace("-", "_"): value for name, value in request.headers.items()
    }
    host, _, port = request.headers.get("host", "127.0.0.1").rpartition(":")
    return headers | {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": where.path or "/",
        "QUERY_STRING": where.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def queues(sqs: Sqs) -> Backend:
    """Return the backend of the queues."""

    def answer(request: Request) -> Answer:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            answered = sqs.answer(operation, json.loads(request.body or b"{}"))
            return Answer(200, [("Content-Type", _JSON)], json.dumps(answered).encode())
        except ValueError:
            return refusal(400, "SerializationException", "the body is no JSON")
        except SqsError as error:
            told = refusal(400, f"com.amazonaws.sqs#{error.code}", str(error))
            query_error = ("x-amzn-query-error", f"{error.query_code};Sender")
            return told._replace(headers=[*told.headers, query_error])

    return answer


def refusal(status: int, code: str, message: str) -> Answer:
    """Return an error in the format of AWS's clients."""
    content = {"__type": code, "message": message, "Message": message}
    return Answer(status, [("Content-Type", _JSON)], json.dumps(content).encode())
