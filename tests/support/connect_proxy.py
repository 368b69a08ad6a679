"""A forward proxy on 127.0.0.1, as companies have one: it opens tunnels and resolves names."""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress

from tests.support.receivers import PATIENCE, Peer


class ConnectProxy(Peer):
    """Opens tunnels to 127.0.0.1 for the names that it knows, or answers `status` to all."""

    def __init__(self, status: int = 200, names: tuple[str, ...] = ()) -> None:
        """Listen on a free port; `with` begins and ends it."""
        self.status, self.names = status, names
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        super().__init__(self._serve_one)

    def __enter__(self) -> "ConnectProxy":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        super().__enter__()
        return self

    def _serve_one(self, connection: socket.socket) -> None:
        head = _head_of(connection)
        first, *lines = head.decode().split("\r\n")
        self.asked.append((first, dict(line.split(": ", 1) for line in lines if line)))
        host, _, port = first.split(" ")[1].rpartition(":")
        if self.status != 200:
            connection.sendall(
                f"HTTP/1.1 {self.status} No\r\nContent-Length: 6\r\n\r\nsecret".encode()
            )
        elif host not in {*self.names, "127.0.0.1", "[::1]"}:
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        else:
            self._tunnel(connection, int(port))

    def _tunnel(self, connection: socket.socket, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as receiver:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(receiver, connection), daemon=True)
            back.start()
            _pass_on(connection, receiver)
            back.join(PATIENCE)


def _head_of(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1) or b"\r\n\r\n"
    return head


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
