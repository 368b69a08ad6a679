"""The deadline and the address check below requests, where a whole answer cannot show it."""

import socket
import threading
import time

import pytest

from chalicelib.adapters.http import transport
from chalicelib.domain.errors import DeliveryError, TargetRefused
from chalicelib.domain.targets import parse_networks
from tests.support.receivers import Inbox, Peer, drip, endless, never_read, stay_silent

LOOPBACK = parse_networks("127.0.0.0/8")
NO_SUCH_FAMILY = 99


def post(url, timeout=0.4, body=b"{}", **more):
    return transport.post(url, body, {}, timeout=timeout, **{"allowed": LOOPBACK, **more})


def test_a_receiver_that_does_not_read_is_cut_off_in_time():
    with Peer(never_read) as peer:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="no answer within"):
            post(f"http://127.0.0.1:{peer.port}/", body=b"x" * 20_000_000)

        assert 0.4 <= time.monotonic() - begun < 1.6


def test_a_tls_handshake_that_is_dripped_is_cut_off_in_time():
    with Peer(drip(b"\x16\x03\x03\x3f\xff", b"\x02" * 90)) as peer:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="the TLS handshake did not end"):
            post(f"https://127.0.0.1:{peer.port}/")

        assert 0.4 <= time.monotonic() - begun < 1.6


@pytest.mark.parametrize(
    "talk",
    [
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 1000),
    ],
    ids=["chunk size", "trailers"],
)
def test_a_chunked_body_without_end_changes_no_verdict_and_ends_in_time(talk):
    with Peer(talk) as peer:
        begun = time.monotonic()
        answer = post(f"http://127.0.0.1:{peer.port}/")

        assert (answer.status, answer.body) == (200, b"")
        assert time.monotonic() - begun < 1.6


def test_of_several_addresses_the_one_that_is_reached_has_all_the_time_that_is_left():
    def resolve(_, port, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 8

    def talk(connection):
        connection.recv(65_536)
        time.sleep(0.6)  # longer than an eighth of the time
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Peer(talk) as peer:
        assert post(f"http://eight.example:{peer.port}/", timeout=4, resolve=resolve).status == 204


def test_each_of_many_posts_at_once_keeps_its_own_deadline():
    took = []

    def call(url):
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="no answer within"):
            post(url, timeout=1.0)
        took.append(time.monotonic() - begun)

    with Peer(stay_silent) as peer:
        calls = [
            threading.Thread(target=call, args=(f"http://127.0.0.1:{peer.port}/",))
            for _ in range(60)
        ]
        for thread in calls:
            thread.start()
        for thread in calls:
            thread.join()

    assert len(took) == 60
    assert max(took) < 4


def test_an_address_of_a_family_that_this_machine_lacks_is_passed_over():
    def resolve(_, port, **__):
        return [
            (f, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            for f in (NO_SUCH_FAMILY, socket.AF_INET)
        ]

    with Inbox() as inbox:
        answer = post(f"http://two.example:{inbox.server_port}/", resolve=resolve)

    assert answer.status == 204


def test_an_address_with_a_scope_is_checked_without_it():
    def resolve(_, port, **__):
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", port, 0, 2))]

    with pytest.raises(TargetRefused, match="is link-local, not public internet"):
        post("http://scoped.example/", resolve=resolve)


def test_a_scope_in_the_url_is_refused_where_a_url_is_saved():
    with pytest.raises(TargetRefused, match="has an invalid host name"):
        transport.check("http://[fe80::1%25eth0]/", timeout=1, allowed=())
