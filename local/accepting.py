"""How a server waits for callers: without looking up now and then, as the standard library's does."""

import socket
import socketserver
import threading
from contextlib import suppress


def start(server: socketserver.TCPServer, name: str) -> None:
    """Let a thread of that name take callers until the server is stopped; what comes of them is the server's to say."""
    threading.Thread(target=_accept, args=(server,), name=name, daemon=True).start()


def stop(server: socketserver.TCPServer) -> None:
    """Take no more callers."""
    with suppress(OSError):
        server.socket.shutdown(socket.SHUT_RDWR)  # or the thread would wait on
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
