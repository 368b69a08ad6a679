"""Receivers on 127.0.0.1: real sockets that answer well, badly or not at all."""

import datetime as dt
import ipaddress
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Talk = Callable[[socket.socket], object]

PATIENCE = 10
"""Seconds after which a receiver gives up: a caller that keeps no deadline shall fail its test, not
hang it."""


@dataclass
class Received:
    """One POST, as it arrived."""

    path: str
    headers: Message
    body: bytes
    at: float  # monotonic


class Reply(NamedTuple):
    """What a receiver answers."""

    status: int
    headers: dict[str, str]
    body: bytes


class Inbox(ThreadingHTTPServer):
    """Keeps every POST, and answers `status` with `answer_headers` and `answer`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, status: int = 204, answer_headers: dict[str, str] | None = None, answer: bytes = b""
    ) -> None:
        """Listen on a free port; `with` begins and ends it."""
        self.status, self.answer_headers, self.answer = status, answer_headers or {}, answer
        self.received: list[Received] = []
        self.before_answer: Callable[[], object] = lambda: None
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self) -> "Inbox":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()

    def reply_to(self, received: Received) -> Reply:  # noqa: ARG002 -- other receivers look
        """Return the answer to a POST."""
        return Reply(self.status, self.answer_headers, self.answer)

    def keep(self, received: Received) -> None:
        """Take note of a POST."""
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()

    def wait_for(self, count: int, timeout: float = 60) -> list[Received]:
        """Return what has arrived, once it is this many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, timeout), (
                self.received
            )
            return list(self.received)


class _Handler(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.path, self.headers, body, time.monotonic())
        self.server.keep(received)
        self.server.before_answer()
        reply = self.server.reply_to(received)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class Peer:
    """Lets `talk` have each connection, raw; counts them."""

    def __init__(self, talk: Talk, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, without a port on a free one; `with` begins and ends it."""
        self._talk = talk
        self._socket = socket.create_server((host, port))
        self.port = self._socket.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> "Peer":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._let_talk, args=(connection,), daemon=True).start()

    def _let_talk(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with connection, suppress(OSError):  # the caller hangs up, as it should
            self._talk(connection)


def say(*parts: bytes, pause: float = 0) -> Talk:
    """Read the request, then send these parts, and hang up."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)

    return talk


def drip(start: bytes, slowly: bytes, pause: float = 0.02) -> Talk:
    """Read the request, send the start at once and the rest a byte at a time."""
    return say(start, *(bytes([byte]) for byte in slowly), pause=pause)


def reset_after(start: bytes) -> Talk:
    """Read the request, send the start, and break the connection off."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return talk


def never_read(connection: socket.socket) -> None:
    """Wait, without reading, until the caller hangs up."""
    hung_up = select.poll()
    hung_up.register(connection, select.POLLRDHUP)
    hung_up.poll(PATIENCE * 1000)


def stay_silent(connection: socket.socket) -> None:
    """Read until the caller hangs up, and say nothing."""
    while connection.recv(65536):
        pass


def endless(start: bytes, part: bytes, pause: float = 0) -> Talk:
    """Read the request and send the same for good."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            connection.sendall(part)
            time.sleep(pause)

    return talk


def redirect(status: int, location: str) -> Talk:
    """Read the request and point elsewhere; `{port}` in the location is this receiver's."""

    def talk(connection: socket.socket) -> None:
        there = location.format(port=connection.getsockname()[1])
        say(
            f"HTTP/1.1 {status} Elsewhere\r\nLocation: {there}\r\nContent-Length: "
            f"0\r\n\r\n".encode()
        )(connection)

    return talk


def answer_early(answer: bytes) -> Talk:
    """Read the first bytes of the request, answer, and hang up on the rest."""

    def talk(connection: socket.socket) -> None:
        # Or the answer may wait, and never leave.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.recv(100)
        connection.sendall(answer)

    return talk


class Certificate(NamedTuple):
    """The files of a certificate and its key."""

    chain: Path
    key: Path


def make_certificate(folder: Path, *names: str, ends_in: int = 1) -> Certificate:
    """Make a self-signed certificate; `ends_in` is in days, below 0 it has expired."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.timezone.utc)
    name, holds = x509.Name([]), x509.SubjectAlternativeName([_general(name) for name in names])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=ends_in))
        .add_extension(holds, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    files.chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def encrypted(talk: Talk, certificate: Certificate) -> Talk:
    """Let `talk` have the connection once TLS is spoken on it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def talk_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            talk(inner)

    return talk_tls
