"""A local run of Taskhook in its own process, for benchmarks and screenshots."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import local

_ROOT = Path(__file__).resolve().parent.parent
_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 10.0


class Program(NamedTuple):
    """Where Taskhook's code is, and the Python that runs it."""

    folder: Path = _ROOT
    python: Path = Path(sys.executable)


@contextmanager
def local_run(data_dir: Path | None = None, *options: str) -> Iterator[dict[str, str]]:
    """Run Taskhook on a free port, point this process at its stores and yield its ready file.

    Args:
        data_dir: The data directory; None: a temporary one.
        options: More options of `python -m local`.

    Raises:
        SystemExit: It did not start; the message holds its log.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = data_dir or Path(name, "data")
        with started(Program(), folder, *options) as run:
            local.connect(folder)
            yield run


@contextmanager
def started(program: Program, data_dir: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run Taskhook's code, of this commit or another, on a free port and yield its ready file.

    Raises:
        SystemExit: It did not start; the message holds its log.
    """
    with tempfile.TemporaryDirectory() as name:
        ready, log = Path(name, "ready"), Path(name, "log")
        paths = "--data-dir", str(data_dir), "--ready-file", str(ready)
        command = [str(program.python), "-m", "local", "--port", "0", *paths, *options]
        with log.open("wb") as output:
            run = subprocess.Popen(
                command, cwd=program.folder, stdout=subprocess.DEVNULL, stderr=output
            )
        try:
            _await(ready, run, log)
            yield json.loads(ready.read_text())
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(_STOP_TIMEOUT)


def _await(ready: Path, run: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = time.monotonic() + _START_TIMEOUT
    while not ready.exists():
        if run.poll() is not None or time.monotonic() > give_up_at:
            raise SystemExit(f"the local run did not start: {log.read_text(errors='replace')}")
        time.sleep(0.05)
