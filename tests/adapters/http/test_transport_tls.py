"""TLS: whom a certificate proves, and that records a byte at a time gain no time."""

import socket
import ssl
import time

import pytest

from chalicelib.adapters.http import transport
from chalicelib.adapters.http.sockets import tls_context
from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.targets import parse_networks
from tests.support.receivers import (
    Inbox,
    Peer,
    answer_early,
    drip,
    encrypted,
    make_certificate,
    stay_silent,
)

LOOPBACK = parse_networks("127.0.0.0/8")
OK = b"HTTP/1.1 200 OK\r\n"


def post(url, timeout=5.0, body=b"{}", **more):
    return transport.post(url, body, {}, timeout=timeout, **{"allowed": LOOPBACK, **more})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(
        tmp_path_factory.mktemp("tls"), "right.example", "*.right.example", "127.0.0.2", "::1"
    )


@pytest.fixture
def tls_inbox(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Inbox() as inbox:
        inbox.socket = context.wrap_socket(inbox.socket, server_side=True)
        yield inbox


def to_loopback(_, port, **__):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


def test_tls_is_spoken_with_the_name_of_the_url(tls_inbox, certificate):
    believed = tls_context(str(certificate.chain))

    answer = post(
        f"https://right.example:{tls_inbox.server_port}/", resolve=to_loopback, tls=believed
    )

    assert answer.status == 204
    assert list(answer.timings) == ["lookup", "connect", "tls", "first_byte", "total"]


def test_a_certificate_that_nobody_vouches_for_is_told(tls_inbox):
    with pytest.raises(DeliveryError) as told:
        post(f"https://right.example:{tls_inbox.server_port}/", resolve=to_loopback)

    assert (str(told.value), tls_inbox.received) == (
        "the certificate is not valid: self-signed certificate",
        [],
    )


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_of_somebody_else_is_told_with_every_name_in_it(tls_inbox, certificate, host):
    with pytest.raises(DeliveryError) as told:
        post(
            f"https://{host}:{tls_inbox.server_port}/",
            resolve=to_loopback,
            tls=tls_context(str(certificate.chain)),
        )

    names = "right.example, *.right.example, 127.0.0.2, 0:0:0:0:0:0:0:1"
    assert (str(told.value), tls_inbox.received) == (f"the certificate is for {names}", [])
    assert (told.value.address, list(told.value.timings)) == (
        "127.0.0.1",
        ["lookup", "connect", "total"],
    )


def test_a_certificate_of_very_many_names_is_told_with_the_first_of_them(tmp_path):
    certificate = make_certificate(tmp_path, *(f"{number}.example" for number in range(1000)))
    with Peer(encrypted(stay_silent, certificate)) as peer, pytest.raises(DeliveryError) as told:
        post(
            f"https://right.example:{peer.port}/",
            resolve=to_loopback,
            tls=tls_context(str(certificate.chain)),
        )

    assert str(told.value).startswith("the certificate is for 0.example, 1.example, ")
    assert str(told.value).endswith(", 19.example and 980 more")


def test_a_name_in_a_certificate_brings_no_control_characters_into_the_records(tmp_path):
    certificate = make_certificate(tmp_path, "other.example", "a\n\x1b[31m", "\x00")
    with Peer(encrypted(stay_silent, certificate)) as peer, pytest.raises(DeliveryError) as told:
        post(
            f"https://right.example:{peer.port}/",
            resolve=to_loopback,
            tls=tls_context(str(certificate.chain)),
        )

    assert str(told.value) == "the certificate is for other.example, a??[31m, ?"


def test_tls_to_a_plain_port_is_told():
    with (
        Inbox() as inbox,
        pytest.raises(DeliveryError, match="TLS failed: the port does not speak TLS"),
    ):
        post(f"https://127.0.0.1:{inbox.server_port}/")


def test_headers_dripped_through_tls_are_cut_off_in_time(certificate):
    believed = tls_context(str(certificate.chain))
    with Peer(encrypted(drip(OK, b"X: y\r\n" * 90), certificate)) as peer:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="the answer was cut short"):
            post(
                f"https://right.example:{peer.port}/",
                timeout=0.4,
                resolve=to_loopback,
                tls=believed,
            )

        assert 0.4 <= time.monotonic() - begun < 1.6


def test_a_body_dripped_through_tls_changes_no_verdict(certificate):
    believed = tls_context(str(certificate.chain))
    with Peer(
        encrypted(drip(OK + b"Content-Length: 900\r\n\r\n", b"x" * 900), certificate)
    ) as peer:
        begun = time.monotonic()
        answer = post(
            f"https://right.example:{peer.port}/", timeout=0.4, resolve=to_loopback, tls=believed
        )

        assert answer.status == 200
        assert time.monotonic() - begun < 1.6


def test_an_answer_that_came_before_the_connection_broke_is_not_lost(certificate):
    early = answer_early(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    with Peer(encrypted(early, certificate)) as peer:
        answer = post(
            f"https://right.example:{peer.port}/",
            body=b"x" * 20_000_000,
            resolve=to_loopback,
            tls=tls_context(str(certificate.chain)),
        )

    assert answer.status == 413
