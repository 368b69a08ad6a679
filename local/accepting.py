"""Listening and accepting connections, without the standard library's polling."""

import errno
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from local.directory import CannotStart


def start(server: socketserver.TCPServer, name: str) -> None:
    """Accept connections in a named thread until the server stops."""
    threading.Thread(target=_accept, args=(server,), name=name, daemon=True).start()


def stop(server: socketserver.TCPServer) -> None:
    """Stop accepting connections."""
    with suppress(OSError):
        server.socket.shutdown(socket.SHUT_RDWR)  # otherwise the thread keeps waiting
    server.socket.close()


def _accept(server: socketserver.TCPServer) -> None:
    while True:
        try:
            connection, address = server.get_request()
        except OSError:
            if server.socket.fileno() < 0:
                return
            continue  # the caller has left already
        server.process_request(connection, address)


def check_port(host: str, port: int) -> None:
    """Check early that the port is free.

    Raises:
        CannotStart: It is not.
    """
    with binding(host, port), closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


@contextmanager
def binding(host: str, port: int) -> Iterator[None]:
    """Turn a failure to listen into one line. Raises CannotStart."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = (
                f"port {port} is in use: stop the program that uses it, or choose another with "
                f"--port (make run PORT=...)"
            )
        else:
            message = f"{host}:{port} cannot be listened on: {error.strerror}"
        raise CannotStart(message) from error
