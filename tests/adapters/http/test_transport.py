"""Receivers at their worst, each on a real socket."""

import queue
import resource
import socket
import threading
import time

import pytest

from chalicelib.adapters.http import transport
from chalicelib.domain.errors import DeliveryError, TargetRefused
from chalicelib.domain.targets import parse_networks, with_token
from tests.support.receivers import (
    Inbox,
    Peer,
    answer_early,
    drip,
    endless,
    reset_after,
    say,
    stay_silent,
)

LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")
OK = b"HTTP/1.1 200 OK\r\n"


def post(url, timeout=0.4, body=b"{}", **more):
    more.setdefault("allowed", LOOPBACK)
    return transport.post(url, body, {"Content-Type": "application/json"}, timeout=timeout, **more)


def post_to(talk, path="/", **more):
    with Peer(talk) as peer:
        return post(f"http://127.0.0.1:{peer.port}{path}", **more)


def test_a_post_arrives_as_given():
    with Inbox(status=201, answer_headers={"X-Said": "yes"}, answer=b"thanks") as inbox:
        answer = post(inbox.url + "a%41/b?x=%7e#fragment")

    [received] = inbox.received
    assert (received.path, received.body) == ("/a%41/b?x=%7e", b"{}")
    assert received.headers["Host"] == f"127.0.0.1:{inbox.server_port}"
    assert received.headers["Accept-Encoding"] == "identity"
    assert (answer.status, answer.headers["x-said"], answer.body, answer.address) == (
        201,
        "yes",
        b"thanks",
        "127.0.0.1",
    )
    assert list(answer.timings) == ["lookup", "connect", "first_byte", "total"]


def test_an_answer_that_came_before_the_connection_broke_is_not_lost():
    early = answer_early(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")

    # More than the system takes without a reader.
    answer = post_to(early, timeout=10, body=b"x" * 20_000_000)

    assert (answer.status, answer.body) == (413, b"big")


def test_a_url_at_its_longest_is_called_with_its_token():
    with Inbox() as inbox:
        url = inbox.url + "x" * (2000 - len(inbox.url))
        answer = post(with_token(url, "t" * 40))

    assert (answer.status, inbox.received[0].path) == (
        204,
        "/" + "x" * (2000 - len(inbox.url)) + "?token=" + "t" * 40,
    )


def test_a_path_that_grows_in_the_form_that_is_sent_is_called():
    with Inbox() as inbox:
        answer = post(inbox.url + "ü" * 900)

    assert (answer.status, inbox.received[0].path) == (204, "/" + "%C3%BC" * 900)


def test_a_path_that_begins_with_two_slashes_is_sent_as_configured():
    heads: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    with pytest.raises(DeliveryError):
        post_to(lambda connection: heads.put(connection.recv(65536)), path="//a//b?c=//")

    assert heads.get(timeout=5).startswith(b"POST //a//b?c=// HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("talk", "diagnosis"),
    [
        (stay_silent, "no answer within 0.4 s: connected, nothing sent back"),
        (drip(b"", OK * 9), "no answer within 0.4 s: the answer was cut short"),
        (drip(OK, b"X: y\r\n" * 90), "no answer within 0.4 s: the answer was cut short"),
        (
            endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.05),
            "no answer within 0.4 s: the answer was cut short",
        ),
    ],
    ids=["silent", "status line dripped", "headers dripped", "endless 102, slowly"],
)
def test_a_receiver_that_takes_its_time_is_cut_off_in_time(talk, diagnosis):
    begun = time.monotonic()
    with pytest.raises(DeliveryError) as told:
        post_to(talk)

    assert str(told.value) == diagnosis
    assert 0.4 <= time.monotonic() - begun < 1.6
    assert told.value.address == "127.0.0.1"


def test_the_default_deadline_of_one_second_is_kept():
    begun = time.monotonic()
    with pytest.raises(DeliveryError):
        post_to(drip(OK, b"X: y\r\n" * 90), timeout=1.0)

    assert 1.0 <= time.monotonic() - begun < 4


def test_a_tls_handshake_that_stalls_is_cut_off_in_time():
    begun = time.monotonic()
    with (
        Peer(stay_silent) as peer,
        pytest.raises(DeliveryError, match="the TLS handshake did not end"),
    ):
        post(f"https://127.0.0.1:{peer.port}/")

    assert 0.4 <= time.monotonic() - begun < 1.6


def test_a_name_lookup_that_hangs_is_cut_off_in_time():
    ended, begun = threading.Event(), time.monotonic()
    with pytest.raises(DeliveryError, match=r"no answer within 0\.4 s: looking up the name"):
        post("http://slow.example/", resolve=lambda *_, **__: ended.wait(20))

    assert 0.4 <= time.monotonic() - begun < 1.6
    ended.set()


@pytest.mark.parametrize(
    ("talk", "status", "body"),
    [
        (
            say(
                b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK + b"\r\nhi"
            ),
            200,
            b"hi",
        ),
        (say(b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), 500, b""),
        (say(OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 200, b"abc"),
        (say(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 200, b"abc"),
        (say(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 200, b""),
        (say(OK + b"Content-Length: 99\r\n\r\nshort"), 200, b"short"),
        (say(b"HTTP/1.0 200 OK\r\n\r\nold"), 200, b"old"),
        (drip(OK + b"Content-Length: 900\r\n\r\n", b"x" * 900), 200, None),
        (endless(OK + b"Content-Length: 300000000\r\n\r\n", b"x" * 65536), 200, b"x" * 1024),
    ],
    ids=[
        "100+103",
        "102",
        "gzip",
        "chunked",
        "bad-chunk",
        "short",
        "http/1.0",
        "body-dripped",
        "300MB",
    ],
)
def test_status_line_and_headers_decide(talk, status, body):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    answer = post_to(talk)

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert answer.status == status
    assert body is None or answer.body == body
    assert grown < 30 * 1024


@pytest.mark.parametrize(
    ("talk", "diagnosis"),
    [
        (say(b""), "the connection was closed before the answer was complete"),
        (say(OK + b"X: y\r\n"), "the connection was closed before the answer was complete"),
        (say(b"\x00\x01\r\n\r\n"), "the answer is not HTTP"),
        (say(b"hello"), "the answer is not HTTP"),
        (say(b"HTTP/2 200\r\n\r\n"), "the answer is not HTTP"),
        (say(b"HTTP/1.1 200 OK"), "the connection was closed before the answer was complete"),
        (reset_after(OK + b"X: "), "the connection was closed before the answer was complete"),
        (
            say(OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"),
            "the answer's Content-Length is not valid",
        ),
        (endless(OK, b"X: y\r\n"), "the answer's headers are too large"),
        (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "the answer's headers are too large"),
    ],
    ids=[
        "empty",
        "cut-in-headers",
        "garbage",
        "http/0.9",
        "http/2",
        "cut-status",
        "reset",
        "two-lengths",
        "endless-headers",
        "endless-102",
    ],
)
def test_an_answer_that_cannot_be_used_is_diagnosed(talk, diagnosis):
    with pytest.raises(DeliveryError) as told:
        post_to(talk, timeout=2)

    assert str(told.value) == diagnosis


def test_the_last_of_a_header_counts_and_what_is_none_is_passed_over():
    head = (
        b" X-0: 0\r\nX-A: 1\r\nx-a:2 \r\nX c\r\n: 4\r\nRetry-After :\r\n\t5\r\nX-D: a\r\n b: c\n\n"
    )

    answer = post_to(say(OK + head))

    assert answer.headers == {"x-a": "2", "retry-after": "5", "x-d": "a b: c"}


def test_of_two_waits_that_are_asked_for_none_is_lost():
    answer = post_to(
        say(OK + b"Retry-After: 5\r\nRetry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n\r\n")
    )

    assert answer.headers == {"retry-after": "5, Tue, 14 Nov 2023 22:14:20 GMT"}


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length:\r\n 3\r\n", b"abc"),
        (b"Content-Length: 3, 03\r\n", b"abc"),
        (b"Content-Length: " + b"0" * 100 + b"3\r\n", b"abc"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n", b""),
    ],
    ids=["folded", "twice the same", "long", "two codings"],
)
def test_a_length_that_can_be_understood_is_taken(head, body):
    assert post_to(say(OK + head + b"\r\nabc")).body == body


def test_a_coding_that_only_ends_like_chunked_is_none():
    with pytest.raises(DeliveryError, match="the answer's Content-Length is not valid"):
        post_to(say(OK + b"Transfer-Encoding: notchunked\r\nContent-Length: x\r\n\r\n"))


def test_a_hundred_headers_are_taken_and_no_more():
    assert post_to(say(OK + b"X: y\r\n" * 100 + b"\r\n")).status == 200
    with pytest.raises(DeliveryError, match="the answer's headers are too large"):
        post_to(say(OK + b"X: y\r\n" * 101 + b"\r\n"))


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024, b"x" * 1024),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1388\r\n" + b"x" * 1024, b"x" * 1024),
        (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        (OK + b"Content-Length: 3\r\n\r\nabc", b"abc"),
    ],
    ids=["a chunk of 1 KiB", "the first KiB of a chunk", "no body", "a short body"],
)
def test_nothing_is_awaited_beyond_what_is_kept(answer, body):
    def talk(connection):
        connection.recv(65_536)
        connection.sendall(answer)
        connection.recv(1)  # ends as the caller hangs up

    begun = time.monotonic()
    answered = post_to(talk, timeout=20)

    assert time.monotonic() - begun < 10
    assert answered.body == body


@pytest.mark.parametrize(
    "value", ["task.created\r\nX: y", "t\N{LATIN SMALL LETTER A WITH DIAERESIS}sk"]
)
def test_a_header_that_would_be_more_than_that_is_not_sent(value):
    with Peer(stay_silent) as peer:
        with pytest.raises(DeliveryError) as told:
            transport.post(
                f"http://127.0.0.1:{peer.port}/",
                b"{}",
                {"X-Event": value},
                timeout=5,
                allowed=LOOPBACK,
            )

        assert (str(told.value), peer.connections) == (
            f"the header X-Event cannot be sent: it would be {value!r}",
            0,
        )


def test_slashes_at_the_beginning_of_a_path_are_kept():
    seen = []

    def talk(connection):
        seen.append(connection.recv(65536).partition(b"\r\n")[0])
        connection.sendall(OK + b"\r\n")

    with Peer(talk) as peer:
        post(f"http://127.0.0.1:{peer.port}//x")

    assert seen == [b"POST //x HTTP/1.1"]


def test_no_warning_of_a_library_shows_the_url_and_its_token(caplog):
    answer = post_to(say(OK + b"a line that is no header\r\n\r\n"), path="/?token=the-token")

    assert (answer.status, caplog.messages) == (200, [])


def test_a_redirect_is_an_answer_and_is_not_followed():
    with Inbox() as other, Inbox(status=307, answer_headers={"Location": other.url}) as inbox:
        answer = post(inbox.url)

    assert (answer.status, answer.headers["location"], other.received) == (307, other.url, [])


def test_a_port_where_nobody_listens_and_a_name_that_is_not_there_are_told():
    with Peer(stay_silent) as peer:
        port = peer.port

    with pytest.raises(DeliveryError, match=r"connection refused by 127\.0\.0\.1"):
        post(f"http://127.0.0.1:{port}/")
    with pytest.raises(DeliveryError, match=r"no such name: nobody\.invalid"):
        post("http://nobody.invalid/", timeout=10)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "127.1",
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "localhost",
    ],
)
def test_loopback_by_any_spelling_is_refused_without_a_connection(host):
    with Peer(stay_silent) as peer:
        with pytest.raises(TargetRefused, match="is loopback, not public internet"):
            post(f"http://{host}:{peer.port}/", allowed=(), timeout=5)

        assert peer.connections == 0


def test_a_name_with_one_private_address_is_refused():
    def resolve(_, port, **__):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in ("127.0.0.1", "10.0.0.1")
        ]

    with Peer(stay_silent) as peer:
        with pytest.raises(TargetRefused, match=r"10\.0\.0\.1 is private"):
            post(f"http://two.example:{peer.port}/", resolve=resolve)

        assert peer.connections == 0


def test_the_next_address_is_tried_where_one_refuses():
    def resolve(_, port, **__):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in ("127.0.0.9", "127.0.0.1")
        ]

    with Inbox() as inbox:
        answer = post(f"http://two.example:{inbox.server_port}/", resolve=resolve)

    assert (answer.status, answer.address) == (204, "127.0.0.1")
    assert inbox.received[0].headers["Host"] == f"two.example:{inbox.server_port}"


def test_saving_checks_as_sending_does():
    with pytest.raises(TargetRefused):
        transport.check("http://127.0.0.1/", timeout=1, allowed=())

    transport.check("http://127.0.0.1/", timeout=1, allowed=LOOPBACK)
    transport.check("http://nobody.invalid/", timeout=10, allowed=())
