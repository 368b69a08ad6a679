"""Endpoints are called through a forward proxy, within the same deadline."""

import json
import socket
import ssl

import pytest

from chalicelib.adapters.http import transport
from chalicelib.adapters.http.sockets import tls_context
from chalicelib.domain.errors import DeliveryError, NotBegun, TargetRefused
from chalicelib.domain.proxies import Proxy
from chalicelib.domain.targets import parse_networks
from tests.support.connect_proxy import ConnectProxy
from tests.support.local_run import LocalRun
from tests.support.receivers import (
    Inbox,
    Peer,
    drip,
    endless,
    make_certificate,
    reset_after,
    say,
    stay_silent,
)

LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")
OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


def post(url, proxy, timeout=5.0, **more):
    more = {"allowed": LOOPBACK, "resolve": refuse_to_resolve, **more}
    through = Proxy("127.0.0.1", proxy.port, more.pop("authorization", ""))
    return transport.post(url, b"{}", {"X-A": "b"}, timeout=timeout, proxy=through, **more)


def refuse_to_resolve(host, *_, **__):
    raise AssertionError(f"{host} was looked up here")


def told_by(talk, **more):
    """Return the diagnosis of an attempt through a proxy that talks so."""
    with Peer(talk) as proxy, pytest.raises(DeliveryError) as told:
        post("http://right.example/", proxy, **more)
    return told.value


def test_a_name_is_the_proxys_to_resolve():
    with Inbox() as inbox, ConnectProxy(names=("right.example",)) as proxy:
        answer = post(f"http://right.example:{inbox.server_port}/a?b=c", proxy)

    place = f"right.example:{inbox.server_port}"
    assert proxy.asked == [(f"CONNECT {place} HTTP/1.1", {"Host": place})]
    [received] = inbox.received
    assert (received.path, received.body, received.headers["Host"]) == ("/a?b=c", b"{}", place)
    assert (answer.status, answer.address) == (204, "127.0.0.1")
    assert list(answer.timings) == ["lookup", "connect", "proxy", "first_byte", "total"]


def test_tls_is_spoken_with_the_receiver_by_its_name(tmp_path):
    certificate = make_certificate(tmp_path, "right.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    believed = tls_context(str(certificate.chain))
    with Inbox() as inbox, ConnectProxy(names=("right.example", "other.example")) as proxy:
        inbox.socket = context.wrap_socket(inbox.socket, server_side=True)
        answer = post(f"https://right.example:{inbox.server_port}/", proxy, tls=believed)
        with pytest.raises(DeliveryError) as told:
            post(f"https://other.example:{inbox.server_port}/", proxy, tls=believed)

    assert answer.status == 204
    assert list(answer.timings) == ["lookup", "connect", "proxy", "tls", "first_byte", "total"]
    assert str(told.value) == "the certificate is for right.example"
    assert len(inbox.received) == 1


def test_user_and_password_are_for_the_proxy_alone():
    with Inbox() as inbox, ConnectProxy() as proxy:
        post(inbox.url, proxy, authorization="Basic bWU6cGFzcw==")

    [(_, headers)], [received] = proxy.asked, inbox.received
    assert headers["Proxy-Authorization"] == "Basic bWU6cGFzcw=="
    assert "Proxy-Authorization" not in received.headers


def test_a_proxy_is_no_target_and_needs_no_allowed_network():
    with ConnectProxy() as proxy, pytest.raises(DeliveryError, match="answered 502"):
        post("http://right.example/", proxy, allowed=())

    assert proxy.connections == 1


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "127.1", "2130706433", "0x7f000001", "127.0.0.1.", "[::ffff:10.0.0.1]"]
)
def test_an_address_that_may_not_be_called_is_refused_before_the_proxy_hears_of_it(host):
    with ConnectProxy() as proxy:
        with pytest.raises(TargetRefused, match="not public internet"):
            post(f"http://{host}/", proxy, allowed=())
        with pytest.raises(TargetRefused, match="not public internet"):
            transport.check(
                f"http://{host}/", timeout=1, allowed=(), proxy=Proxy("127.0.0.1", proxy.port)
            )

    assert proxy.connections == 0


def test_a_url_is_checked_without_a_lookup():
    transport.check(
        "http://right.example/",
        timeout=1,
        allowed=(),
        resolve=refuse_to_resolve,
        proxy=Proxy("127.0.0.1", 9),
    )


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, DeliveryError, "the proxy answered 403: it does not allow right.example:80"),
        (502, DeliveryError, "the proxy answered 502: it cannot reach right.example:80"),
        (503, DeliveryError, "the proxy answered 503: it cannot reach right.example:80"),
        (302, DeliveryError, "the proxy answered 302 to CONNECT right.example:80"),
        (407, NotBegun, "the proxy answered 407: it wants a user and password in DELIVERY_PROXY"),
    ],
)
def test_what_a_proxy_refuses_is_told_without_its_page(status, kind, words):
    with ConnectProxy(status) as proxy, pytest.raises(DeliveryError) as told:
        post("http://right.example/", proxy)

    assert (type(told.value), str(told.value)) == (kind, words)


def test_a_password_that_a_proxy_refuses_is_not_repeated():
    with ConnectProxy(407) as proxy, pytest.raises(NotBegun) as told:
        post("http://right.example/", proxy, authorization="Basic bWU6cGFzcw==")

    assert str(told.value) == (
        "the proxy answered 407: it does not accept the user and password of DELIVERY_PROXY"
    )


def test_a_proxy_that_is_down_is_not_the_endpoints_fault():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotBegun) as refused:
        transport.post(
            "http://right.example/",
            b"",
            {},
            timeout=5,
            allowed=(),
            proxy=Proxy("127.0.0.1", port),
        )

    assert str(refused.value) == "the proxy: connection refused by 127.0.0.1"


def test_a_proxy_without_an_address_is_not_the_endpoints_fault():
    def no_such_name(*_, **__):
        raise socket.gaierror

    with pytest.raises(NotBegun) as unknown:
        transport.post(
            "http://right.example/",
            b"",
            {},
            timeout=5,
            allowed=(),
            resolve=no_such_name,
            proxy=Proxy("proxy.example", 3128),
        )

    assert str(unknown.value) == "the proxy: no such name: proxy.example"


@pytest.mark.parametrize(
    "talk",
    [
        stay_silent,
        drip(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 10_000),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.02),
    ],
    ids=["silent", "a byte at a time", "100 for good"],
)
def test_a_proxy_that_hangs_takes_no_more_than_the_attempts_time(talk):
    told = told_by(talk, timeout=0.4)

    assert str(told) == "no answer within 0.4 s: the proxy opened no tunnel"
    assert list(told.timings) == ["lookup", "connect", "proxy", "total"]


def test_a_receiver_behind_a_tunnel_has_what_is_left_of_the_time():
    told = told_by(say(OPEN, b"", pause=10), timeout=0.4)

    assert str(told) == "no answer within 0.4 s: connected, nothing sent back"


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (say(b""), "the proxy opened no tunnel: the connection was closed"),
        (say(b"SSH-2.0-x\r\n\r\n"), "the proxy opened no tunnel: the answer is not HTTP"),
        (say(b"HTTP/1.1 200 OK\r\n"), "the proxy opened no tunnel: the connection was closed"),
        (
            say(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n"),
            "the proxy opened no tunnel: the answer's headers are too large",
        ),
        (reset_after(b""), "the connection was closed before the answer was complete"),
        (say(OPEN), "the connection was closed before the answer was complete"),
    ],
)
def test_a_proxy_at_its_worst_leaves_a_plain_diagnosis(talk, words):
    assert str(told_by(talk)) == words


def test_what_the_receiver_says_at_once_is_not_taken_for_the_proxys():
    with Peer(say(OPEN + b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")) as proxy:
        answer = post("http://right.example/", proxy)

    assert (answer.status, answer.body) == (202, b"ok")


@pytest.mark.process
@pytest.mark.xdist_group("local runs")
def test_every_attempt_of_a_run_goes_through_the_proxy_and_its_password_stays_there(tmp_path):
    with Inbox() as inbox, ConnectProxy(names=("right.example",)) as proxy:
        through = f"http://me:tell-nobody@127.0.0.1:{proxy.port}"
        environ = {"DELIVERY_PROXY": through, "RETRY_DELAYS": ",".join(["0.5"] * 20)}
        with LocalRun(tmp_path / "data", store="memory", environ=environ) as run:
            run.configure(f"http://right.example:{inbox.server_port}/")
            proxy.status = 407
            run.add(title="x")
            run.wait_until(lambda: len(proxy.asked) >= 2)
            health = json.loads(run.manage("endpoint", "show", "ci", "--json").stdout)
            proxy.status = 200
            run.wait_until(lambda: run.states() == ["delivered"])
            tested = run.manage("endpoint", "test", "ci")
            said = run.stdout + run.stderr + tested.stdout

    assert (tested.returncode, tested.stderr) == (0, "")
    assert [one.headers["X-Taskhook-Event"] for one in inbox.received] == ["task.created", "ping"]
    assert {headers["Proxy-Authorization"] for _, headers in proxy.asked} == {
        "Basic bWU6dGVsbC1ub2JvZHk="
    }
    assert health["failures_in_a_row"] == 0
    assert "the proxy answered 407" in said
    assert "tell-nobody" not in said
