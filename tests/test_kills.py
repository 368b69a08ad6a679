"""The local run is killed again and again, and receivers fail; no promise is broken."""

import json
import random
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.support.local_run import ROOT, LocalRun

KILLS = 15  # for each seed
ENDPOINTS = ("one", "two", "three")
ENVIRON = {"RETRY_DELAYS": ",".join(["0.2", "0.5", *["1"] * 30]), "WEBHOOK_TOKEN": "the-token"}


class Flaky(ThreadingHTTPServer):
    """Answers 30 % of all posts with 500 and takes note of the tasks that it accepted."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, seed: str) -> None:
        super().__init__(("127.0.0.1", 0), _FlakyHandler)
        self.random = random.Random(seed)
        self.accepted: set[int] = set()
        self.titles: set[str] = set()

    def __enter__(self) -> "Flaky":  # noqa: PYI034 -- Self is of Python 3.11
        """Serve."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()


class _FlakyHandler(BaseHTTPRequestHandler):
    server: Flaky

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.titles.add(body["title"])
        fails = self.server.random.random() < 0.3
        self.send_response(500 if fails else 204)
        self.end_headers()
        if not fails:
            self.server.accepted.add(body["task_id"])

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class Adder(threading.Thread):
    """Adds tasks for as long as it lives; after five of them one with a colour that is refused."""

    def __init__(self, run: LocalRun) -> None:
        super().__init__(daemon=True)
        self.run_, self.ends = run, threading.Event()
        self.added: list[int] = []
        self.refused: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.ends.wait(0.02):
            number += 1
            self._add(number)

    def _add(self, number: int) -> None:
        is_bad = len(self.added) >= 5 * (len(self.refused) + 1)  # tried until it is answered
        query = {
            "controller": "task",
            "action": "add",
            "token": "the-token",
            "title": f"task {number}",
        }
        if is_bad:
            query["color_id"] = "pink"
        try:
            answer = requests.get(
                json.loads(self.run_.ready_file.read_text())["url"], params=query, timeout=5
            )
        except (OSError, ValueError):  # it is dead, or dying
            return
        if answer.status_code == 200:
            self.added.append(int(answer.headers["X-Task-Id"]))
        if is_bad:
            self.refused.append(query["title"])

    def stop(self) -> None:
        self.ends.set()
        self.join()


# One after the other: all wait a lot, and others compute meanwhile.
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("seed", ["one"])
def test_after_many_kills_every_task_that_got_ok_has_been_accepted_by_every_endpoint(
    tmp_path, seed
):
    chance = random.Random(seed)
    run = LocalRun(tmp_path / "data", environ=ENVIRON)
    with ExitStack() as parts:
        receivers = [parts.enter_context(Flaky(f"{seed} {name}")) for name in ENDPOINTS]
        with run:
            for name, receiver in zip(ENDPOINTS, receivers, strict=True):
                _add_endpoint(run, f"http://127.0.0.1:{receiver.server_port}/", name)
        adder = Adder(run)
        adder.start()

        for _ in range(KILLS):
            _live_and_die(run, chance)
        adder.stop()

        added = set(adder.added)
        with run:
            run.wait_until(
                lambda: all(added <= receiver.accepted for receiver in receivers), patience=90
            )
    # On a machine that is busy there are few moments between two deaths.
    assert len(added) > KILLS // 2
    assert adder.refused
    for receiver in receivers:
        assert receiver.titles.isdisjoint(adder.refused)


def _live_and_die(run: LocalRun, chance: random.Random) -> None:
    """Start it, and kill it at some moment: one in four before it answers."""
    run.launch()
    if chance.random() < 0.25:
        time.sleep(chance.uniform(0, 1.5))
    else:
        run.wait_until(run.ready_file.exists)
        time.sleep(chance.uniform(0, 1))
    run.kill()


def _add_endpoint(run: LocalRun, url: str, name: str) -> None:
    manage = [sys.executable, "manage.py", "--local", "--data-dir", str(run.data_dir)]
    subprocess.run(
        [*manage, "endpoint", "add", url, "--id", name], cwd=ROOT, check=True, capture_output=True
    )
