"""`chalice local`, as Chalice's users type it, over the store of a local run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from local.loopback import free_port
from tests.support.local_run import ROOT, LocalRun, wait_until
from tests.support.receivers import Inbox


@pytest.fixture
def run(tmp_path) -> Iterator[LocalRun]:
    with LocalRun(tmp_path / "data") as started:
        yield started


@pytest.fixture
def url(run) -> Iterator[str]:
    """Where `chalice local` answers, with the environment that docs/deploying.md gives it."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("chalice")),
        "local",
        "--no-autoreload",
        "--port",
        str(port),
    ]
    environment = os.environ | {
        "AWS_ENDPOINT_URL_DYNAMODB": run.ready["dynamodb_url"],
        "AWS_ACCESS_KEY_ID": run.ready["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": run.ready["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}/"
        wait_until(lambda: _answers(url))
        yield url
        process.terminate()


def _answers(url: str) -> bool:
    try:
        return bool(requests.get(url, timeout=10).status_code)
    except requests.ConnectionError:
        return False


def test_chalice_local_beside_a_run_adds_tasks_that_the_run_delivers(run, url):
    with Inbox() as inbox:
        run.configure(inbox.url)
        query = {"controller": "task", "action": "add", "token": run.token, "title": "By Chalice"}

        answer = requests.get(url, params=query, timeout=10)

        [post] = inbox.wait_for(1)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert b'"title":"By Chalice"' in post.body


def test_chalice_local_beside_a_run_shows_its_pages(url):
    asked = requests.get(url + "settings", timeout=10)

    assert urlsplit(asked.url).path == "/sign-in"
    assert asked.status_code == 200
