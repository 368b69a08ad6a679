"""Shared by the benchmarks: adds, endpoints, times and memory."""

import http.client
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import boto3

ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("boto3", "botocore", "chalice", "pynamodb", "requests", "urllib3")

_SECRET = "whsec_" + "c2VjcmV0" * 4


class NotAdded(SystemExit):
    """An add was not answered `OK`."""


class Added(NamedTuple):
    """A task that was added; times are in seconds."""

    task_id: int
    took: float
    answered_at: float  # of the monotonic clock


def add_endpoint(url: str, endpoint_id: str) -> None:
    """Add an endpoint's row to the store of this process, as the README does."""
    row = {"id": {"S": endpoint_id}, "url": {"S": url}, "secret": {"S": _SECRET}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_PREFIX"] + "endpoints", Item=row)


def set_pace(endpoint_id: str, per_second: float) -> None:
    """Set the pace in an endpoint's row."""
    boto3.client("dynamodb").update_item(
        TableName=os.environ["TABLE_PREFIX"] + "endpoints",
        Key={"id": {"S": endpoint_id}},
        UpdateExpression="SET per_second = :pace",
        ExpressionAttributeValues={":pace": {"N": str(per_second)}},
    )


def add_many(
    run: Mapping[str, str], count: int, *, pause: float = 0, rate: float = 0
) -> list[Added]:
    """Add tasks in sequence over one kept connection; the arguments are those of `many`."""
    connection = http.client.HTTPConnection(urlsplit(run["url"]).netloc, timeout=30)
    return many(partial(add, connection, run["token"]), count, pause=pause, rate=rate)


def many(add: Callable[[], int], count: int, *, pause: float = 0, rate: float = 0) -> list[Added]:
    """Add tasks in sequence.

    Args:
        add: Adds one and returns its id.
        count: How many.
        pause: Seconds between an answer and the next add.
        rate: Adds a second, on a fixed schedule; 0: as fast as they are answered.
    """
    begun = time.monotonic()
    added = []
    for number in range(count):
        if rate:
            time.sleep(max(0, begun + number / rate - time.monotonic()))
        asked_at = time.monotonic()
        task_id, now = add(), time.monotonic()
        added.append(Added(task_id, now - asked_at, now))
        time.sleep(pause)
    return added


def add(connection: http.client.HTTPConnection, token: str) -> int:
    """Add a task and return its id. Raises NotAdded."""
    query = urlencode({"controller": "task", "action": "add", "token": token, "title": "Measured"})
    connection.request("GET", "/?" + query)
    answer = connection.getresponse()
    text = answer.read()
    if text != b"OK":
        raise NotAdded(f"an add was answered {answer.status} {text!r}")
    return int(answer.headers["X-Task-Id"])


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p99 in ms."""
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def peak_mb(pid: int) -> float:
    """Return the peak memory of a process, in MB."""
    [peak] = re.findall(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(peak) * 1024 / 1e6


def only_child(pid: int) -> int:
    """Return the id of the one process that a process has started."""
    [child] = [
        child
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return int(child)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that the threads of a process have used, to the nanosecond."""
    seen = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in seen) / 1e9


def processes_of(run: Mapping[str, str]) -> list[int]:
    """Return the ids of a local run's two processes: HTTP, and the event handlers."""
    children = Path(f"/proc/{run['pid']}/task/{run['pid']}/children").read_text().split()
    of_events = [
        int(child)
        for child in children
        if "local.events" in Path(f"/proc/{child}/cmdline").read_text()
    ]
    return [int(run["pid"]), *of_events]


def circumstances() -> dict[str, object]:
    """Return the time, machine and versions of a measurement."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    model = found[1] if found else "of an unknown model"
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True)
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {model}",
        # Processes that wanted a core, ours too, in the last 5 minutes.
        "load": round(os.getloadavg()[1], 1),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
    }
