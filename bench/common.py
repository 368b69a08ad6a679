"""What the benchmarks share: a local run, adds, endpoints, figures and where they are kept."""

import http.client
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import boto3

import local

ROOT = Path(__file__).resolve().parent.parent
_RESULTS = ROOT / "bench/results.json"

Table = Mapping[str, Mapping[str, float]]


class Added(NamedTuple):
    """A task that was added; times are in seconds."""

    task_id: int
    took: float
    answered_at: float  # of the monotonic clock


@contextmanager
def local_run() -> Iterator[dict[str, str]]:
    """Run Taskhook on a free port and in a new folder, point this process at its stores and yield its ready file."""
    with tempfile.TemporaryDirectory() as name:
        folder, ready, log = Path(name, "data"), Path(name, "ready.json"), Path(name, "log")
        command = [sys.executable, "-m", "local", "--port", "0", "--data-dir", str(folder), "--ready-file", str(ready)]
        with log.open("wb") as said:
            run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        try:
            give_up_at = time.monotonic() + 60
            while not ready.exists():
                if run.poll() is not None or time.monotonic() > give_up_at:
                    raise SystemExit(f"the local run did not start: {log.read_text(errors='replace')}")
                time.sleep(0.05)
            local.connect(folder)
            yield json.loads(ready.read_text())
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(10)


def add_endpoint(url: str, endpoint_id: str) -> None:
    """Add an endpoint in the store that this process points at, by its table as the README has it."""
    row = {"id": {"S": endpoint_id}, "url": {"S": url}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_PREFIX"] + "endpoints", Item=row)


def add_many(run: Mapping[str, str], count: int, *, pause: float = 0, rate: float = 0) -> list[Added]:
    """Add tasks over one kept connection, one after the other.

    Args:
        run: The ready file of a local run.
        count: How many.
        pause: Seconds between an answer and the next add.
        rate: How many a second, on a schedule that no slow answer moves; 0: as fast as they are answered.
    """
    connection = http.client.HTTPConnection(urlsplit(run["url"]).netloc, timeout=30)
    begun = time.monotonic()
    added = []
    for number in range(count):
        if rate:
            time.sleep(max(0, begun + number / rate - time.monotonic()))
        added.append(_add(connection, run["token"]))
        time.sleep(pause)
    return added


def _add(connection: http.client.HTTPConnection, token: str) -> Added:
    query = urlencode({"controller": "task", "action": "add", "token": token, "title": "Measured"})
    begun = time.monotonic()
    connection.request("GET", "/?" + query)
    answer = connection.getresponse()
    text = answer.read()
    now = time.monotonic()
    if text != b"OK":
        raise SystemExit(f"an add was answered {answer.status} {text!r}")
    return Added(int(answer.headers["X-Task-Id"]), now - begun, now)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 in ms."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": round(cuts[49] * 1000, 1), "p99_ms": round(cuts[98] * 1000, 1)}


def report(benchmark: str, title: str, table: Table, **about: object) -> None:
    """Print a table and keep it, with where and how it was measured, in bench/results.json."""
    units = dict.fromkeys(unit for row in table.values() for unit in row)
    rows = [
        ["", *map(_words, units)],
        *([name, *(str(row.get(unit, "")) for unit in units)] for name, row in table.items()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}\n")
    for name, *cells in rows:
        line = "".join(f"{cell:>{width + 3}}" for cell, width in zip(cells, widths[1:], strict=True))
        print(f"  {name:{widths[0]}}{line}".rstrip(), flush=True)
    kept = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}
    kept[benchmark] = circumstances() | about | {"figures": table}
    _RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def _words(unit: str) -> str:
    return unit.replace("_per_s", " a second").replace("_", " ")


def circumstances() -> dict[str, object]:
    """Return when and where this is measured."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }
