"""Measure a local run: how long an add takes, and from its `OK` to the POST's arrival.

Starts Taskhook in a folder of its own and a receiver on 127.0.0.1; ends by itself.
"""

import argparse
import http.client
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent


class Receiver(ThreadingHTTPServer):
    """Notes when each task's POST arrived, in seconds of the monotonic clock."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        """Listen on a free port."""
        self.arrived: dict[int, float] = {}
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        now = time.monotonic()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.arrived.setdefault(body["task_id"], now)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def local_run(folder: Path, *more: str) -> Iterator[dict[str, str]]:
    """Run Taskhook on a free port and yield its ready file."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "local", "--port", "0", "--data-dir", str(folder), "--ready-file", str(ready)]
    run = subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not ready.exists():
            if run.poll() is not None or time.monotonic() > end:
                message = "the local run did not start"
                raise SystemExit(message)
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(10)


def add(connection: http.client.HTTPConnection, token: str) -> tuple[int, float, float]:
    """Add a task and return its id, the seconds that it took, and when `OK` came."""
    query = urlencode({"controller": "task", "action": "add", "token": token, "title": "Measured"})
    begun = time.monotonic()
    connection.request("GET", "/?" + query)
    answer = connection.getresponse()
    text = answer.read()
    now = time.monotonic()
    if text != b"OK":
        raise SystemExit(f"an add was answered {answer.status} {text!r}")
    return int(answer.headers["X-Task-Id"]), now - begun, now


def add_many(url: str, token: str, count: int, pause: float = 0) -> list[tuple[int, float, float]]:
    """Add tasks over one kept connection, one after the other."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    added = []
    for _ in range(count):
        added.append(add(connection, token))
        time.sleep(pause)
    return added


Figures = dict[str, dict[str, float]]


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 in ms."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": round(cuts[49] * 1000, 1), "p99_ms": round(cuts[98] * 1000, 1)}


def measure(count: int) -> Figures:
    """Measure a run with one receiver: 1 caller with 10 ms between its adds, then 8 callers flat out."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as name, local_run(Path(name)) as ready:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        hook = f"http://127.0.0.1:{receiver.server_address[1]}/"
        manage = [sys.executable, "manage.py", "--local", "--data-dir", name]
        subprocess.run([*manage, "endpoint", "add", hook], cwd=ROOT, check=True, capture_output=True, env=environment)
        add_many(ready["url"], ready["token"], 50)
        added = add_many(ready["url"], ready["token"], count, pause=0.01)
        figures = {
            "add, 1 caller": percentiles([took for _, took, _ in added]),
            "OK to arrival, 1 caller": percentiles(list(_lags(receiver, added))),
        }
        begun = time.monotonic()
        with ThreadPoolExecutor(8) as callers:
            runs = [callers.submit(add_many, ready["url"], ready["token"], count // 4) for _ in range(8)]
            busy = [one for run in runs for one in run.result()]
        rate = {"adds_per_s": round(len(busy) / (time.monotonic() - begun))}
        figures["add, 8 callers"] = percentiles([took for _, took, _ in busy]) | rate
        figures["OK to arrival, 8 callers"] = percentiles(list(_lags(receiver, busy)))
        return figures


def report(figures: Figures, count: int) -> None:
    """Print a table and write bench/results.json."""
    for name, values in figures.items():
        print(f"{name:26}" + "".join(f"{value:8} {unit:10}" for unit, value in values.items()))
    about = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "adds": count,
    }
    (ROOT / "bench/results.json").write_text(json.dumps({**about, "figures": figures}, indent=2) + "\n")


def _lags(receiver: Receiver, added: Sequence[tuple[int, float, float]]) -> Iterator[float]:
    end = time.monotonic() + 60
    for task_id, _, answered in added:
        while task_id not in receiver.arrived:
            if time.monotonic() > end:
                message = f"task {task_id} never arrived"
                raise SystemExit(message)
            time.sleep(0.005)
        yield max(receiver.arrived[task_id] - answered, 0)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    wanted = options.parse_args().count
    report(measure(wanted), wanted)
