"""The gateway speaks HTTP as callers expect it, and hands a Lambda what API Gateway would."""

import http.client
import json
import socket
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from chalice import Chalice, Response

from local.accepting import check_port
from local.directory import CannotStart
from local.gateway import Gateway
from local.receiving import BODY_TIMEOUT
from local.trouble import Watch

UNWATCHED = Watch(Path("taskhook.db"), 0)
FORM = "application/x-www-form-urlencoded"


class Shop:
    """A small application behind a gateway."""

    def __init__(self, public_url="", body_timeout=BODY_TIMEOUT):
        self.gate = threading.Event()
        self.inside = threading.Event()
        self.app: Any = Chalice("shop")
        self.app.route(
            "/", methods=["GET", "HEAD", "POST"], content_types=[FORM, "application/json"]
        )(self.echo)
        self.app.route("/hang", methods=["GET"])(self.hang)
        self.app.route("/empty", methods=["GET"])(lambda: Response("", status_code=204))
        self.app.route("/two", methods=["GET"])(
            lambda: Response("x", headers={"Set-Cookie": ["a=1", "b=2"]})
        )
        self.app.route("/broken", methods=["GET"])(lambda: Response(object()))
        self.app.route("/who", methods=["GET"])(self.who)
        self.gateway = Gateway(
            self.app,
            "127.0.0.1",
            0,
            UNWATCHED,
            public_url=public_url,
            body_timeout=body_timeout,
        )
        self.port = int(self.gateway.url.rpartition(":")[2])

    def echo(self):
        body = self.app.current_request.raw_body
        query = self.app.current_request.query_params or {}
        return {
            "length": len(body),
            "body": body[:20].decode("latin-1"),
            "title": query.get("title"),
        }

    def who(self):
        return self.app.current_request.context["identity"]

    def hang(self):
        self.inside.set()
        self.gate.wait(5)
        return "done"

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def raw(self, request):
        """Send bytes; return the status code, the body, and whether the connection was closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            with closing(answer):
                answer.begin()
                body = answer.read()
                return answer.status, body, answer.headers.get("Connection") == "close"


@pytest.fixture
def shop():
    running = Shop()
    with running.gateway:
        yield running


@pytest.fixture
def caller(shop):
    with closing(shop.connection()) as connection:
        yield connection


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def test_a_connection_is_kept_whatever_was_asked(caller):
    statuses = [
        ask(caller, method, path, body, {"Content-Type": FORM} if body else {})[0].status
        for method, path, body in [
            ("GET", "/", None),
            ("HEAD", "/", None),
            ("POST", "/nowhere", b"a body that no route reads"),
            ("PUT", "/", b"another one"),
            ("GET", "/empty", None),
            ("POST", "/", b"x=1"),
        ]
    ]

    assert statuses == [200, 200, 404, 405, 204, 200]


def test_an_answer_to_head_has_no_body(caller):
    answer, body = ask(caller, "HEAD", "/")

    assert int(answer.headers["Content-Length"]) > 0
    assert body == b""


def test_the_application_is_told_from_which_address_it_is_called(shop):
    connection = http.client.HTTPConnection(
        "127.0.0.1", shop.port, timeout=10, source_address=("127.0.0.2", 0)
    )
    with closing(connection):
        _, body = ask(connection, "GET", "/who")

    assert json.loads(body) == {"sourceIp": "127.0.0.2"}


def test_headers_with_several_values_are_all_sent(caller):
    answer, _ = ask(caller, "GET", "/two")

    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("size", [0, 1, 6_000_000])
def test_a_body_is_read_whole(caller, size):
    _, body = ask(caller, "POST", "/", b"x" * size, {"Content-Type": FORM})

    assert json.loads(body)["length"] == size


def test_a_body_in_chunks_is_read_whole(caller):
    caller.request(
        "POST", "/", iter([b"ab", b"c" * 70_000]), {"Content-Type": FORM}, encode_chunked=True
    )

    assert json.loads(caller.getresponse().read())["length"] == 70_002


@pytest.mark.parametrize("content_type", [FORM, "application/octet-stream"])
def test_a_body_arrives_byte_by_byte_as_it_was_sent(shop, caller, content_type):
    shop.app.routes["/"]["POST"].content_types = ["*/*"]

    _, body = ask(caller, "POST", "/", b"a\xff\0b", {"Content-Type": content_type})

    assert json.loads(body)["body"] == "a\xff\0b"


def test_an_address_that_is_not_encoded_is_read_as_utf_8(shop):
    with socket.create_connection(("127.0.0.1", shop.port), timeout=5) as connection:
        connection.sendall("GET /?title=umlaut-ü HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        said = json.loads(answer.read())

    assert said["title"] == "umlaut-ü"


@pytest.mark.parametrize(
    ("version", "wish", "is_kept"),
    [
        ("1.1", "keep-alive", True),
        ("1.1", "Close", False),
        ("1.0", "x", False),
        ("1.0", "Keep-Alive", True),
    ],
)
def test_a_connection_stays_open_as_the_caller_wishes(shop, version, wish, is_kept):
    request = f"GET //who HTTP/{version}\r\ncONNECTION:{wish}\t\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", shop.port), timeout=5) as connection:
        connection.sendall(request + request + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        with connection.makefile("rb") as file:
            answers = file.read().count(b"HTTP/1.1 200 OK\r\n")

    assert answers == (3 if is_kept else 1)


def test_who_leaves_within_a_head_gets_no_answer(shop):
    with socket.create_connection(("127.0.0.1", shop.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        connection.shutdown(socket.SHUT_WR)

        assert connection.recv(100) == b""


def test_who_waits_for_100_continue_gets_it(shop):
    head = (
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: "
        b"100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", shop.port), timeout=5) as connection:
        connection.sendall(head)
        interim = connection.recv(100)
        connection.sendall(b"{}")
        final = connection.recv(1000)

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert final.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: ten", 400),
        (b"Content-Length: -1", 400),
        (b"Content-Length: " + b"9" * 30, 400),
        (b"Content-Length: +1", 400),
        (b"Content-Length: 1_0", 400),
        (b"Content-Length: 1\r\nContent-Length: 2", 400),
        (b"Transfer-Encoding: gzip, chunked", 501),
        (b"Transfer-Encoding: xchunked", 501),
        (b"Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n", 400),
        (b"no colon\r\nIdempotency-Key: lost", 400),
        (b"Host: localhost\r\nHost: evil.example", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", 400),
        (b"Idempotency-Key : spaced", 400),
        (b"Idempotency-Key: first\r\n second", 400),
        (b"X-Long: " + b"x" * 70_000, 431),
        (b"X-Many: x\r\n" * 101 + b"X-Last: x", 431),
        (b"Content-Length: 10000001", 413),
        (b"Transfer-Encoding: chunked\r\n\r\nzz", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\nx", 413),
    ],
)
def test_a_body_that_cannot_be_read_ends_the_connection_with_an_answer(shop, head, status):
    body = b"x" * 10_000_001 if status == 413 and head.startswith(b"Content") else b""

    assert shop.raw(b"POST / HTTP/1.1\r\n" + head + b"\r\n\r\n" + body) == (status, b"FAILED", True)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /?token=secret-guess two words HTTP/1.1", 400),
        (b"GET /?token=secret-guess HTTP/x", 400),
        (b"GET /?token=secret-guess", 400),
        (b"GET /?token=secret-guess HTTP/2.0", 505),
        (b"BREW /?token=secret-guess HTTP/1.1", 501),
        (b"GET /?token=" + b"x" * 70_000 + b" HTTP/1.1", 414),
    ],
    ids=["words", "version", "no version", "next version", "method", "length"],
)
def test_what_is_no_request_is_not_repeated_to_whoever_sent_it(shop, request_line, status):
    assert shop.raw(request_line + b"\r\n\r\n") == (status, b"FAILED", True)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 100\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Content-Length: 10000001\r\n\r\nhalf",
    ],
)
def test_a_body_that_does_not_come_whole_in_its_time_ends_the_connection_with_an_answer(head):
    shop = Shop(body_timeout=0.1)

    with shop.gateway:
        answer = shop.raw(b"POST / HTTP/1.1\r\n" + head)

    assert answer == (408, b"FAILED", True)


def test_a_body_that_drips_has_no_more_time_than_another():
    shop, ended = Shop(body_timeout=0.2), threading.Event()

    def drip(connection):
        with suppress(OSError):  # it is closed
            while not ended.wait(0.01):
                connection.sendall(b"x")

    with shop.gateway, socket.create_connection(("127.0.0.1", shop.port), 10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        dripping = threading.Thread(target=drip, args=(connection,))
        dripping.start()
        answer = connection.recv(100)
        ended.set()
        dripping.join()

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_caller_may_wait_between_two_requests_for_longer_than_a_body_may_take():
    shop = Shop(body_timeout=0.05)

    with shop.gateway, closing(shop.connection()) as caller:
        statuses = [ask(caller, "POST", "/", b"{}", {"Content-Type": FORM})[0].status]
        time.sleep(0.1)
        statuses.append(ask(caller, "POST", "/", b"{}", {"Content-Type": FORM})[0].status)

    assert statuses == [200, 200]


def test_a_caller_who_leaves_in_the_middle_of_a_body_breaks_nothing(shop, caller, capfd):
    with socket.create_connection(("127.0.0.1", shop.port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")

    assert ask(caller, "GET", "/")[0].status == 200
    assert capfd.readouterr().err == ""


def test_what_the_application_fails_at_is_a_502_after_which_to_try_again(caller):
    answer, body = ask(caller, "GET", "/broken")

    assert (answer.status, body, answer.headers["Retry-After"]) == (502, b"FAILED", "1")


NOT_FOUND = (
    b"Not Found: Taskhook has nothing at this path, or takes another method there. Below its own "
    b"address a task is "
    b"added at /?controller=task&action=add&title=..., the pages begin at /boards, and Kanboard's "
    b"API is POST "
    b"/jsonrpc.php."
)


@pytest.mark.parametrize(
    "path", ["/nope", "/kanboard/?controller=task&action=add&token=secret-guess", "/two/three"]
)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer secret-guess"}, {"Authorization": "\N{POUND SIGN}"}]
)
def test_a_path_that_is_not_ours_says_what_would_be_right_and_never_speaks_of_tokens(
    caller, path, headers
):
    answer, body = ask(caller, "GET", path, headers=headers)

    assert (answer.status, body, answer.headers["Cache-Control"]) == (404, NOT_FOUND, "no-store")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_a_path_does_not_take_is_told_those_that_it_takes(caller, method):
    answer, body = ask(caller, method, "/")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert body == NOT_FOUND.replace(b"Not Found", b"Method Not Allowed")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.0.2.1", ""]
)
def test_a_name_that_was_made_to_lead_here_is_not_answered(caller, host):
    answer, body = ask(caller, "POST", "/", b"title=x", {"Host": host, "Content-Type": FORM})

    assert (answer.status, answer.headers["Connection"]) == (421, "close")
    assert body == (
        b"This run accepts this machine only: open it as 127.0.0.1 or localhost, or start it with "
        b"PUBLIC_URL set.\n"
    )


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "shop.localhost", "127.1.2.3:1", "[::1]:8000"]
)
def test_every_name_of_this_machine_is_answered(caller, host):
    assert ask(caller, "GET", "/", headers={"Host": host})[0].status == 200


def test_the_name_of_a_tunnel_is_answered_where_it_was_given():
    shop = Shop("https://tunnel.example/")
    hosts = ("tunnel.example", "evil.example")
    with shop.gateway, closing(shop.connection()) as caller:
        statuses = [ask(caller, "GET", "/", headers={"Host": host})[0].status for host in hosts]

    assert statuses == [200, 421]


def test_an_end_waits_for_the_request_in_flight_and_lets_no_other_in():
    shop = Shop()
    answers = []
    with closing(shop.connection()) as idle, closing(shop.connection()) as slow:
        with shop.gateway:
            ask(idle, "GET", "/empty")
            waiting = threading.Thread(target=lambda: answers.append(ask(slow, "GET", "/hang")[1]))
            waiting.start()
            shop.inside.wait(5)
            threading.Timer(0.3, shop.gate.set).start()
        refused = ask(idle, "GET", "/")[0]
        waiting.join()

    assert answers == [b"done"]
    assert (refused.status, refused.headers["Connection"], refused.headers["Retry-After"]) == (
        503,
        "close",
        "1",
    )


def test_the_route_of_a_request_is_looked_for_once(shop):
    called: Counter[str] = Counter()

    def note(frame, kind, _):
        called[frame.f_code.co_name] += kind == "call"

    threading.setprofile(note)
    try:
        with closing(shop.connection()) as connection:
            answer, _ = ask(connection, "GET", "/empty")
    finally:
        threading.setprofile(None)

    assert (answer.status, called["match_route"]) == (204, 1)


def test_a_port_in_use_is_told_by_its_number(shop):
    with pytest.raises(CannotStart, match=f"port {shop.port} is in use"):
        check_port("127.0.0.1", shop.port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CannotStart, match="192.0.2.1:0 cannot be listened on"):
        Gateway(Chalice("shop"), "192.0.2.1", 0, UNWATCHED)
