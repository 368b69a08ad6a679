"""TLS: whom a certificate proves, and that records a byte at a time gain no time."""

import datetime as dt
import ipaddress
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.adapters import transport
from chalicelib.adapters.connections import tls_context
from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.targets import parse_networks
from tests.receivers import Inbox, Peer, drip

LOOPBACK = parse_networks("127.0.0.0/8")
OK = b"HTTP/1.1 200 OK\r\n"


def post(url, timeout=5.0, **more):
    return transport.post(url, b"{}", {}, timeout=timeout, **{"allowed": LOOPBACK, **more})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the files of a self-signed certificate for right.example and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "right.example")])
    now = dt.datetime.now(dt.timezone.utc)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("right.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


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
    believed = tls_context(str(certificate[0]))

    answer = post(f"https://right.example:{tls_inbox.server_port}/", resolve=to_loopback, tls=believed)

    assert answer.status == 204
    assert list(answer.timings) == ["lookup", "connect", "tls", "first_byte", "total"]


@pytest.mark.parametrize(
    ("name", "believe", "diagnosis"),
    [("other.example", True, "Hostname mismatch"), ("right.example", False, "self-signed certificate")],
)
def test_a_certificate_that_proves_nothing_is_told(tls_inbox, certificate, name, believe, diagnosis):
    more = {"tls": tls_context(str(certificate[0]))} if believe else {}

    with pytest.raises(DeliveryError, match=f"the certificate is not valid: {diagnosis}"):
        post(f"https://{name}:{tls_inbox.server_port}/", resolve=to_loopback, **more)

    assert tls_inbox.received == []


def test_tls_to_a_plain_port_is_told():
    with Inbox() as inbox, pytest.raises(DeliveryError, match="TLS failed: "):
        post(f"https://127.0.0.1:{inbox.server_port}/")


def encrypted(talk, certificate):
    """Let `talk` have the connection once TLS is spoken on it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def talk_tls(connection):
        with context.wrap_socket(connection, server_side=True) as inner:
            talk(inner)

    return talk_tls


def test_headers_dripped_through_tls_are_cut_off_in_time(certificate):
    believed = tls_context(str(certificate[0]))
    with Peer(encrypted(drip(OK, b"X: y\r\n" * 90), certificate)) as peer:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="the answer was cut short"):
            post(f"https://right.example:{peer.port}/", timeout=0.4, resolve=to_loopback, tls=believed)

        assert 0.4 <= time.monotonic() - begun < 0.8


def test_a_body_dripped_through_tls_changes_no_verdict(certificate):
    believed = tls_context(str(certificate[0]))
    with Peer(encrypted(drip(OK + b"Content-Length: 900\r\n\r\n", b"x" * 900), certificate)) as peer:
        begun = time.monotonic()
        answer = post(f"https://right.example:{peer.port}/", timeout=0.4, resolve=to_loopback, tls=believed)

        assert answer.status == 200
        assert time.monotonic() - begun < 0.8
