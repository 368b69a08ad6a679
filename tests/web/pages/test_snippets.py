"""The help page's receivers, each run in its language: they take only genuine requests."""

import base64
import hmac
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from chalicelib.domain import signature
from chalicelib.web.pages.helping import SNIPPETS
from local.loopback import free_port
from tests.support.local_run import wait_until

# One worker: Go's first compilation takes a minute, and is kept.
pytestmark = pytest.mark.xdist_group("snippets")

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32
BODY = b'{"title": "Gr\xc3\xb6\xc3\x9fe"}'

COMMANDS = {
    "python": ([sys.executable], "receiver.py"),
    "node": (["node"], "receiver.mjs"),
    "go": (["go", "run"], "receiver.go"),
    "php": (["php", "-S", "127.0.0.1:{port}"], "receiver.php"),
}


@contextmanager
def receiver_running(language, secret=SECRET):
    command, name = COMMANDS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{language} is not at hand")
    port = free_port()
    whole = [word.format(port=port) for word in command] + [str(SNIPPETS / name)]
    environment = os.environ | {"SECRET": secret, "PORT": str(port), "GOFLAGS": "-mod=mod"}
    with subprocess.Popen(
        whole, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process, port
        finally:
            for child in subprocess.run(
                ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
            ).stdout.split():
                with suppress(ProcessLookupError):  # it has ended by itself
                    os.kill(int(child), 15)
            process.terminate()


def answers(port):
    try:
        return post(port, {})
    except OSError:
        return None


def post(port, headers, body=BODY):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/?token=x", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def hang_up(port):
    """Send half a body, and break the connection off."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")


def signed(*secrets, age=0):
    return signature.headers(list(secrets), "evt_1", int(time.time()) - age, BODY)


@pytest.mark.parametrize("language", COMMANDS)
def test_a_receiver_takes_what_is_genuine_and_nothing_else(language):
    with receiver_running(language) as (_, port):
        wait_until(lambda: answers(port), 300)
        statuses = {
            "genuine": post(port, signed(SECRET)),
            "while a secret is rotated": post(port, signed(OTHER, SECRET)),
            "another secret": post(port, signed(OTHER)),
            "another body": post(port, signed(SECRET), BODY + b" "),
            "stale": post(port, signed(SECRET, age=301)),
            "unsigned": post(port, {}),
            "nonsense": post(port, signed(SECRET) | {"webhook-timestamp": "soon"}),
        }

    refused = dict.fromkeys(
        ["another secret", "another body", "stale", "unsigned", "nonsense"], 401
    )
    assert statuses == {"genuine": 204, "while a secret is rotated": 204, **refused}


@pytest.mark.parametrize("language", COMMANDS)
def test_a_receiver_outlives_a_caller_that_hangs_up(language):
    with receiver_running(language) as (_, port):
        wait_until(lambda: answers(port), 300)
        hang_up(port)
        time.sleep(0.2)
        status = post(port, signed(SECRET))

    assert status == 204


@pytest.mark.parametrize("language", COMMANDS)
def test_a_receiver_without_a_secret_takes_nothing(language):
    key_of_nobody = hmac.digest(b"", b"evt_1.%d." % int(time.time()) + BODY, "sha256")
    forged = signed(SECRET) | {
        "webhook-signature": "v1," + base64.b64encode(key_of_nobody).decode()
    }

    with receiver_running(language, secret="whsec_") as (process, port):
        answered = wait_until(lambda: process.poll() is not None or answers(port), 300)
        status = None if answered is True else post(port, forged)  # it has not even begun

    assert status in {None, 401}
