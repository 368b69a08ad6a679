"""Measure whether a local run's memory and threads grow without bound: steady adds, then a pause.

One endpoint answers; another is down, so its pending deliveries grow with each add. The processes
are sampled throughout.
"""

import argparse
import http.client
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import matplotlib as mpl
from matplotlib.figure import Figure as Drawing

from bench.common import ROOT, NotAdded, add, add_endpoint, processes_of
from bench.figures import Figure, report
from bench.receivers import Receivers
from tools.local_run import local_run

IMAGE = ROOT / "docs/img/soak.svg"
SAMPLES = 60
"""The number of samples."""

_QUIET = 0.15  # of the time at the end, without adds: memory may be released
_DOWN = "http://127.0.0.1:9/"  # nothing listens there


class Need(NamedTuple):
    """The memory of a process, own and shared, in MB, and its threads."""

    memory: float
    threads: int


class Sample(NamedTuple):
    """A run's usage by process, some minutes after the first add."""

    minutes: float
    needs: dict[str, Need]
    waiting: int  # deliveries that wait for the endpoint that is down
    files: float  # MB


def measure(minutes: float, rate: float) -> tuple[list[Sample], int, int]:
    """Return the samples, how many adds were answered `OK`, and how many posts arrived."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Receivers(1)) as receivers,
        local_run(Path(folder)) as run,
    ):
        add_endpoint(receivers.urls[0], "answers")
        add_endpoint(_DOWN, "down")
        with _watching(run, Path(folder), 60 * minutes / SAMPLES, receivers) as seen:
            added = _add_for(60 * minutes * (1 - _QUIET), rate, _Caller(run))
            time.sleep(60 * minutes * _QUIET)
        return seen, added, len(receivers.arrived)


def _add_for(seconds: float, rate: float, caller: "_Caller") -> int:
    """Add tasks at a rate, or more slowly on a slow machine; return the number of `OK`s."""
    begun, added = time.monotonic(), 0
    for number in count():
        time.sleep(max(0, begun + number / rate - time.monotonic()))
        if time.monotonic() >= begun + seconds:
            break
        added += caller()
    return added


class _Caller:
    """Adds a task each time, over a kept connection; returns whether it was answered `OK`."""

    def __init__(self, run: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(run["url"]).netloc, timeout=30)
        self._token = run["token"]

    def __call__(self) -> bool:
        try:
            add(self._connection, self._token)
        except (NotAdded, OSError, http.client.HTTPException):
            self._connection.close()
            return False
        return True


@contextmanager
def _watching(
    run: Mapping[str, str], folder: Path, period: float, receivers: Receivers
) -> Iterator[list[Sample]]:
    """Sample a run every `period` seconds and at its end, and empty the receivers each time."""
    names = dict(zip(("HTTP", "event handlers"), processes_of(run), strict=True)) | {
        "dynoxide": _store_of(run)
    }
    begun, over, seen = time.monotonic(), threading.Event(), list[Sample]()

    def look() -> None:
        receivers.look()
        needs = {name: _need_of(pid) for name, pid in names.items()}
        files = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6
        seen.append(Sample((time.monotonic() - begun) / 60, needs, _waiting(), files))

    def go_on() -> None:
        look()
        while not over.wait(begun + len(seen) * period - time.monotonic()):
            look()
        look()

    watcher = threading.Thread(target=go_on)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _store_of(run: Mapping[str, str]) -> int:
    children = Path(f"/proc/{run['pid']}/task/{run['pid']}/children").read_text().split()
    [store] = [
        int(child)
        for child in children
        if "--db-path" in Path(f"/proc/{child}/cmdline").read_text()
    ]
    return store


def _need_of(pid: int) -> Need:
    [memory] = re.findall(
        r"^Pss:\s*(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
    )
    [threads] = re.findall(
        r"^Threads:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE
    )
    return Need(int(memory) * 1024 / 1e6, int(threads))


def _waiting() -> int:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=os.environ["TABLE_PREFIX"] + "deliveries",
            IndexName="due",
            Select="COUNT",
            KeyConditionExpression="endpoint_id = :down",
            ExpressionAttributeValues={":down": {"S": "down"}},
        )
    )
    return sum(page["Count"] for page in pages)


def draw(seen: Sequence[Sample]) -> None:
    """Draw the samples; the same data give the same file."""
    mpl.rcParams.update(
        {"svg.hashsalt": "taskhook", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
    )
    drawing = Drawing(figsize=(9, 5), layout="constrained")
    (memory, threads), (waiting, files) = drawing.subplots(2, 2, sharex=True)
    at = [sample.minutes for sample in seen]
    for name in seen[0].needs:
        memory.plot(at, [sample.needs[name].memory for sample in seen], label=name)
        threads.plot(at, [sample.needs[name].threads for sample in seen])
    waiting.plot(at, [sample.waiting for sample in seen], color="tab:red")
    files.plot(at, [sample.files for sample in seen], color="tab:purple")
    titles = {
        memory: "memory, MB",
        threads: "threads",
        waiting: "deliveries that wait",
        files: "files, MB",
    }
    for axes, title in titles.items():
        axes.set_title(title)
        axes.set_ylim(bottom=0)
    for axes in (waiting, files):
        axes.set_xlabel("minutes")
    drawing.legend(loc="outside right upper")
    drawing.savefig(IMAGE, metadata={"Date": None})
    IMAGE.write_text("".join(line.rstrip() + "\n" for line in IMAGE.read_text().splitlines()))


def _show(seen: Sequence[Sample]) -> None:
    """Print a dozen of the samples."""
    names = list(seen[0].needs)
    print(
        f"{'minutes':>8}"
        + "".join(f"{name + ', MB, threads':>30}" for name in names)
        + f"{'waiting':>9}{'files, MB':>11}"
    )
    for sample in [*seen[: -1 : max(1, len(seen) // 12)], seen[-1]]:
        needs = "".join(f"{need.memory:>24,.1f}{need.threads:>6}" for need in sample.needs.values())
        print(f"{sample.minutes:>8.1f}{needs}{sample.waiting:>9,}{sample.files:>11,.1f}")


def figures(seen: Sequence[Sample], added: int, arrived: int) -> list[Figure]:
    """Return the memory and threads of each process at the end and after the first tenth."""
    early, last = seen[len(seen) // 10], seen[-1]
    told = [
        Figure("posts that arrived at the endpoint that answers; floor: adds", arrived, "", added)
    ]
    for name, need in last.needs.items():
        most = max(sample.needs[name].threads for sample in seen)
        told.append(Figure(f"{name}, memory", need.memory, "MB", early.needs[name].memory))
        told.append(
            Figure(f"{name}, threads at the end", need.threads, "", early.needs[name].threads)
        )
        told.append(Figure(f"{name}, threads at most", most, ""))
    told.append(Figure("deliveries that wait", last.waiting, "", early.waiting))
    return [*told, Figure("files", last.files, "MB", early.files)]


def main() -> None:
    """Measure, draw and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=60, help="in all (default: %(default)s)")
    options.add_argument(
        "--rate", type=float, default=10, help="adds a second (default: %(default)s)"
    )
    chosen = options.parse_args()
    seen, added, arrived = measure(chosen.minutes, chosen.rate)
    _show(seen)
    draw(seen)
    title = (
        f"A local run of {chosen.minutes:g} minutes, {chosen.rate:g} adds a second; floor: after a "
        f"tenth of the time"
    )
    report(
        "soak",
        title,
        figures(seen, added, arrived),
        minutes=chosen.minutes,
        rate=chosen.rate,
        adds=added,
    )


if __name__ == "__main__":
    main()
