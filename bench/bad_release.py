"""Measure the cost of a release that fails on import, until `make rollback` removes it.

The stack runs on MiniStack. Two tasks a second are added while the release is deployed, runs and is
rolled back; a receiver records each task's arrival.
"""

import argparse
import contextlib
import io
import itertools
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import requests

from tools import cloud as ministack
from tools import deploy
from tools.cloud import STAGE, Cloud
from tools.package import ARCHIVE, package

STACK = f"taskhook-{STAGE}"
_PAUSE = 0.5  # seconds between two adds
_AT_ONCE = (
    1  # adds; of two starts of a function at once in MiniStack, one that fails ends the other
)
_ROUND = 15.0  # seconds before and after the bad release
_ARRIVAL = 180.0  # seconds that a task may take to arrive before it counts as missing


class Added(NamedTuple):
    """An add as the caller saw it; times are of the monotonic clock, in seconds."""

    title: str
    at: float
    status: int
    took: float


class Phase(NamedTuple):
    """A phase of the measurement, and its start."""

    name: str
    since: float


class Receiver(ThreadingHTTPServer):
    """Records the time of each task's first POST, by title."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        self.arrived: dict[str, float] = {}
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Record the arrival."""
        task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.arrived.setdefault(task["title"], time.monotonic())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def worsen(release: Path, into: Path, but: str) -> Path:
    """Copy a release so that importing its app.py raises, except in a function named `...but`."""
    raising = (
        f"import os\nif not os.environ['AWS_LAMBDA_FUNCTION_NAME'].endswith({but!r}):\n    raise "
        f"RuntimeError\n"
    )
    into.mkdir()
    shutil.copytree(release, into, dirs_exist_ok=True)
    with zipfile.ZipFile(release / ARCHIVE) as good, zipfile.ZipFile(into / ARCHIVE, "w") as bad:
        for entry in good.infolist():
            if not entry.filename.startswith("__pycache__/app."):
                held = good.read(entry).decode("latin-1")
                # The docstring and the imports from __future__ must come first.
                bad.writestr(
                    entry,
                    (raising + held if entry.filename == "app.py" else held).encode("latin-1"),
                )
    return into


@contextlib.contextmanager
def calling(add: Callable[[str], int]) -> Iterator[list[Added]]:
    """Add tasks at a rate during the block, and yield the results."""
    added: list[Added] = []
    ended = threading.Event()

    def call(title: str) -> None:
        at = time.monotonic()
        added.append(Added(title, at, add(title), time.monotonic() - at))

    def call_all() -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number in itertools.count():
                if ended.wait(_PAUSE):
                    return
                pool.submit(call, f"task {number}")

    thread = threading.Thread(target=call_all)
    thread.start()
    try:
        yield added
    finally:
        ended.set()
        thread.join()


def adding(cloud: Cloud) -> Callable[[str], int]:
    """Return a function that adds a task through API Gateway and returns the status."""
    outputs = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0][
        "Outputs"
    ]
    [url] = [one["OutputValue"] for one in outputs if one["OutputKey"] == "Url"]
    host = urlsplit(cloud.url(url.removeprefix("https://").partition(".")[0])).netloc
    row = boto3.client("dynamodb").get_item(
        TableName=f"{STACK}-settings", Key={"id": {"S": "settings"}}
    )["Item"]
    query = {"controller": "task", "action": "add", "token": row["webhook_token"]["S"]}

    def add(title: str) -> int:
        address = f"http://127.0.0.1:{cloud.port}/api/"
        answer = requests.get(
            address, params=query | {"title": title}, headers={"Host": host}, timeout=60
        )
        return answer.status_code

    return add


def run(noticed_after: float, but: str) -> None:
    """Deploy a good and a bad release, roll back, and print the cost of each phase."""
    with tempfile.TemporaryDirectory() as name, ministack.running(Path(name)) as cloud:
        os.environ |= cloud.environment
        package(STAGE, Path(name, "out"))
        good = ministack.adapt(Path(name, "out"), Path(name, "good"))
        bad = worsen(good, Path(name, "bad"), but)
        _quietly(deploy.deploy, STAGE, good)
        receiver = Receiver()
        endpoint = {"id": {"S": "bench"}, "url": {"S": f"http://127.0.0.1:{receiver.server_port}/"}}
        boto3.client("dynamodb").put_item(TableName=f"{STACK}-endpoints", Item=endpoint)
        add, phases = adding(cloud), []
        while add("warm up") != HTTPStatus.OK or "warm up" not in receiver.arrived:
            time.sleep(_PAUSE)
        with calling(add) as added:
            for phase, do in _story(bad, noticed_after):
                phases.append(Phase(phase, time.monotonic()))
                do()
        _await(receiver, added)
        tell(phases, added, receiver.arrived)


def _story(bad: Path, noticed_after: float) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("before", lambda: time.sleep(_ROUND)),
        ("make deploy", lambda: _quietly(deploy.deploy, STAGE, bad)),
        ("until it is noticed", lambda: time.sleep(noticed_after)),
        ("make rollback", lambda: _quietly(deploy.rollback, STAGE)),
        ("after", lambda: time.sleep(_ROUND)),
    ]


def _quietly(do: Callable[..., object], *args: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        do(*args)


def _await(receiver: Receiver, added: Sequence[Added]) -> None:
    give_up_at = time.monotonic() + _ARRIVAL
    awaited = {one.title for one in added if one.status == HTTPStatus.OK}
    while time.monotonic() < give_up_at and not awaited <= receiver.arrived.keys():
        time.sleep(_PAUSE)


def tell(phases: Sequence[Phase], added: Sequence[Added], arrived: dict[str, float]) -> None:
    """Print a row for each phase."""
    print("| while | seconds | adds | failed | by status | arrived | median wait, s | longest, s |")
    print("|---|---|---|---|---|---|---|---|")
    ends = [phase.since for phase in phases[1:]] + [added[-1].at]
    for phase, end in zip(phases, ends, strict=True):
        own = [one for one in added if phase.since <= one.at < end]
        failed = [one for one in own if one.status != HTTPStatus.OK]
        waits = [arrived[one.title] - one.at for one in own if one.title in arrived]
        statuses = dict(sorted(Counter(one.status for one in own).items()))
        median, longest = 0.0, 0.0
        if waits:
            median, longest = statistics.median(waits), max(waits)
        print(
            f"| {phase.name} | {end - phase.since:.1f} | {len(own)} | {len(failed)} | {statuses} | "
            f"{len(waits)} "
            f"| {median:.1f} | {longest:.1f} |"
        )


def main() -> None:
    """Measure with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--noticed-after", type=float, default=60, help="seconds from deployment to rollback"
    )
    parser.add_argument(
        "--spare-api", action="store_true", help="raise in the other functions only"
    )
    asked = parser.parse_args()
    run(asked.noticed_after, "-api" if asked.spare_api else "no function")


if __name__ == "__main__":
    main()
