"""API Gateway before the application: everything stands below a stage, as on AWS."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.support.page_visits import Page, open_address

STAGE = "/api"


class Gateway(ThreadingHTTPServer):
    """Calls the function in this process with events such as API Gateway makes."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port; `with` begins and ends it."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}{STAGE}"

    def __enter__(self) -> "Gateway":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_below = self.path.startswith(STAGE + "/")
        try:
            page = open_address(
                self.command, self.path.removeprefix(STAGE), headers, body, stage=STAGE
            )
        except ValueError:
            is_below = False
        if not is_below:
            page = Page(403, "Forbidden", {})
        self.send_response(page.status)
        for name, value in page.headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, each)
        self.send_header("Content-Length", str(len(page.content)))
        self.end_headers()
        self.wfile.write(page.content)

    do_GET = do_POST = _answer  # noqa: N815 -- the names are http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is http.server's
        """Say nothing."""
