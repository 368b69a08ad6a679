"""Measure a local run's disk use per task, and compute a year of one task a minute.

One endpoint answers. Tasks stay; their deliveries and history expire after 30 days, the stream's
records after one.
"""

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bench.common import add_endpoint, add_many
from bench.receivers import Receivers
from local.environment import TABLE_PREFIX
from local.store import DATABASE
from tools.local_run import local_run

_A_DAY = 1440  # tasks, one a minute
_KEPT = {"tasks": 365, "deliveries": 30, "events": 30, "stream": 1}
"""Days that a row stays."""

_PAGES = "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"


def measure(tasks: int) -> dict[str, float]:
    """Return each task's bytes in SQLite's pages by content, including indexes."""
    with tempfile.TemporaryDirectory() as name, closing(Receivers(1)) as receivers:
        with local_run(Path(name)) as run:
            add_endpoint(receivers.urls[0], "answers")
            added = add_many(run, tasks)
            receivers.lags(added, [0])  # waits for the posts
            time.sleep(2)  # until the last batch is recorded
        with closing(sqlite3.connect(Path(name, DATABASE))) as store:
            return _by_kind(dict(store.execute(_PAGES)), tasks)


def _by_kind(pages: Mapping[str, int], tasks: int) -> dict[str, float]:
    found: Counter[str] = Counter()
    for name, size in pages.items():
        for kind in _KEPT:
            if f"{TABLE_PREFIX}{kind}" in name or f"_{kind}_" in name:
                found[kind] += size
    return {kind: found[kind] / tasks for kind in _KEPT}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--tasks", type=int, default=2_000, help="to measure with (default: %(default)s)"
    )
    kept = measure(options.parse_args().tasks)
    for kind, size in kept.items():
        print(f"{kind:<12}{size:8,.0f} bytes a task, for {_KEPT[kind]} days")
    year = sum(size * _A_DAY * _KEPT[kind] for kind, size in kept.items())
    print(f"a year of one task a minute: {year / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
