"""A start on a busy machine with a slow store: it waits, and loses nothing it has made."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from moto.moto_api._internal.models import moto_api_backend

from local.backends import Request, relay
from tests.support.local_run import LocalRun
from tests.support.moto_server import moto_server

LATE = 2.5  # seconds; the client of the store waits for 2


class Busy(ThreadingHTTPServer):
    """Passes calls on to a store, and answers the first ones of some operations late."""

    daemon_threads = True

    def __init__(self, url: str, late: dict[str, int]) -> None:
        """Say of which operations how many are answered late."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = relay(url)
        self.late = Counter(late)
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Busy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.behind(Request("POST", self.path, headers, body))
        operation = headers["x-amz-target"].rpartition(".")[2]
        with self.server.lock:
            is_late = self.server.late[operation] > 0
            self.server.late[operation] -= 1
        if is_late:
            time.sleep(LATE)
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its parent's name
        pass


@contextmanager
def busy(**late: int) -> Iterator[str]:
    """Run moto's DynamoDB behind one, and yield its URL."""
    moto_api_backend.reset()  # what other tests of this process have left
    with moto_server() as url, Busy(url, late) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("operation", ["DescribeTable", "CreateTable", "GetItem"])
def test_a_store_that_answers_late_does_not_end_the_start(tmp_path, operation):
    with busy(**{operation: 4}) as url, LocalRun(tmp_path / "data", store=url) as run:
        answer = run.add(title="x")

    assert answer.body == "OK"


def test_a_first_start_whose_answer_was_late_still_says_the_password(tmp_path):
    with busy(TransactWriteItems=4) as url, LocalRun(tmp_path / "data", store=url) as run:
        user = base64.b64encode(f"admin:{run.ready['admin_password']}".encode()).decode()
        call = {"jsonrpc": "2.0", "id": 1, "method": "getMe"}

        def me():
            answer = run.request(
                "POST",
                "/jsonrpc.php",
                json.dumps(call).encode(),
                {"Authorization": f"Basic {user}"},
            )
            return json.loads(answer.body).get("result")

        name = run.wait_until(me)["username"]

    assert name == "admin"
    assert "(shown this once)" in run.stdout
