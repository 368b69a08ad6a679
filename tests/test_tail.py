"""Following deliveries: each attempt is told once, soon after it was made, until Ctrl-C."""

import json
import signal
import subprocess
import sys
from queue import Queue
from threading import Thread

import pytest
import requests

from tests.support.local_run import ROOT, LocalRun
from tests.support.receivers import Inbox

PATIENCE = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tail") / "data"
    with LocalRun(folder, environ={"RETRY_DELAYS": "3,3,3"}) as started:
        yield started


def manage(run):
    return [sys.executable, "manage.py", "--local", "--data-dir", str(run.data_dir)]


class Tail:
    """`delivery tail` in a process of its own."""

    def __init__(self, run, *arguments):
        """Start it."""
        self.process = subprocess.Popen(
            [*manage(run), "delivery", "tail", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # As in test_replay.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def next(self):
        """Return the next line."""
        return self._lines.get(timeout=PATIENCE)

    def stop(self):
        """Press Ctrl-C; return the exit code, and what was printed besides."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        self._reader.join()
        assert self.process.stderr is not None
        with self.process.stderr as complaints:
            return code, complaints.read()


def add(run, title):
    query = {"controller": "task", "action": "add", "token": run.token, "title": title}
    assert requests.get(run.url, params=query, timeout=10).text == "OK"


def test_a_failure_and_the_retry_that_succeeds_are_told_as_they_happen(run):
    with Inbox(status=500) as inbox:
        subprocess.run(
            [*manage(run), "endpoint", "add", inbox.url, "--id", "ci"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        add(run, "before")
        tail = Tail(run, "--json", "--lines", "1", "--endpoint", "ci")
        earlier = json.loads(tail.next())
        inbox.status = 204
        add(run, "after")
        told = [json.loads(tail.next()) for _ in range(2)]

        ended = tail.stop()

    assert (earlier["task_id"], earlier["outcome"]) == (1, "500")
    assert {(row["task_id"], row["status"], row["outcome"]) for row in told} == {
        (1, "delivered", "204"),
        (2, "delivered", "204"),
    }
    assert ended == (0, "")
