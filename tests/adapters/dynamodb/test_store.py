"""What the store's own errors become."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.adapters.dynamodb.tables import TABLES
from tests.support.receivers import Peer, say, stay_silent

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = """
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.accounts import settings

try:
    settings.read()
except StoreUnavailable as error:
    print(error)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("talk", "name"),
    [(stay_silent, "ReadTimeoutError"), (say(b""), "ConnectionClosedError")],
    ids=["hangs", "hangs up"],
)
def test_a_store_that_hangs_or_hangs_up_is_unavailable(talk, name):
    with Peer(talk) as peer:
        environ = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{peer.port}"}

        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )

    assert run.stdout == f"the store cannot be reached ({name})\n"


def test_all_tables_share_one_client_and_its_connections():
    clients = {table._get_connection().connection.client for table in TABLES}

    assert len(clients) == 1
