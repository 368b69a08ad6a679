"""AWS on a port of this machine: moto's own server, which asks for no keys."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.server import ThreadedMotoServer


@contextmanager
def moto_server(*, keeps: bool = False) -> Iterator[str]:
    """Run it in this process and yield its URL.

    Args:
        keeps: Start with what this process's moto has, the rows of `cloud` for instance; else
            empty, whatever earlier tests have left there.
    """
    if not keeps:
        BackendDict.reset()
        reset_model_data()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()
