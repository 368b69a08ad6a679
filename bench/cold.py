"""Measure cold starts of the packaged zip under AWS's runtime interface emulator.

The floors are functions in the same zip: one that only imports the same modules, and one of Chalice
and PynamoDB that writes one item. All alternate; the figures are medians.
"""

import argparse
import json
import os
import py_compile
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.common import add_endpoint, only_child, peak_mb
from bench.dispatch import records
from bench.figures import Figure, report
from bench.in_process import ADD, event_of, system
from bench.receivers import Receivers
from tools import emulator
from tools.package import ARCHIVE, package

SETTINGS = (
    *("TABLE_PREFIX", "RETRY_QUEUE_URL", "ALLOWED_PRIVATE_NETWORKS", "DELIVERY_TIMEOUT"),
    *("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS", "AWS_ACCOUNT_ID_ENDPOINT_MODE"),
)
"""The variables that a function gets of this process's environment."""

_IMPORTED = """
import json, sys
event = json.load(sys.stdin)
import app
getattr(app, sys.argv[1])(event, None)
modules = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)]
ours = ("app", "chalicelib", "__main__")
print(json.dumps([name for name in modules if name.partition(".")[0] not in ours]))
"""

_BARE = """
import importlib

for name in {names}:
    importlib.import_module(name)


def handle(event, context):
    return {{}}
"""

_WRITER = """
import os, time
from chalice.app import Chalice, Response
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Task(Model):
    class Meta:
        table_name = os.environ["TABLE_PREFIX"] + "tasks"

    task_id = NumberAttribute(hash_key=True)
    title = UnicodeAttribute()


handle = Chalice("writer")


@handle.route("/")
def add():
    Task(time.time_ns(), title="Measured").save()
    return Response("OK", headers={"Content-Type": "text/plain"})
"""


class Start(NamedTuple):
    """A cold start: its init and the time to the first answer, in ms; its peak memory, in MB."""

    init_ms: float
    answer_ms: float
    peak_mb: float


class Functions(NamedTuple):
    """The package, the first event of each handler, and the environment variables."""

    package: Path
    events: Mapping[str, Mapping[str, Any]]
    environment: Mapping[str, str]

    def start(self, handler: str) -> Start:
        """Start a function cold, and invoke it once."""
        with (
            tempfile.TemporaryDirectory() as scratch,
            emulator.running(self.package, handler, self.environment, Path(scratch)) as function,
        ):
            begun = time.monotonic()
            function.invoke(self.events[handler])  # the emulator inits at the first call
            took = (time.monotonic() - begun) * 1000
            return Start(function.init_ms(), took, peak_mb(only_child(function.pid)))


def measure(rounds: int) -> list[Figure]:
    """Measure all functions alternately, so that other load affects all."""
    with tempfile.TemporaryDirectory() as folder, _functions(Path(folder)) as functions:
        starts: dict[str, list[Start]] = {handler: [] for handler in functions.events}
        for _ in range(rounds):
            for handler, found in starts.items():
                found.append(functions.start(handler))
        size = (Path(folder) / ARCHIVE).stat().st_size / 1e6
    return [*_figures(starts), Figure("the zip", size, "MB", most=6)]


@contextmanager
def _functions(folder: Path) -> Iterator[Functions]:
    """Package Taskhook, add the floors, and yield it unpacked with a store and a receiver."""
    task = folder / "task"
    package("dev", folder)
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        archive.extractall(task)
    with closing(Receivers(1)) as receivers, system() as started:
        add_endpoint(receivers.urls[0], "receiver")
        added, changed = event_of(started.app, "GET", ADD), {"Records": records(1)}
        environment = {name: os.environ[name] for name in SETTINGS}
        for function, event in (("app", added), ("dispatch", changed)):
            names = _imported_by(function, event, task, environment)
            _write(task / f"bare_{function}.py", _BARE.format(names=names))
        _write(task / "writer.py", _WRITER)
        events = {"app.app": added, "bare_app.handle": added, "writer.handle": added}
        events |= {"app.dispatch": changed, "bare_dispatch.handle": changed}
        yield Functions(task, events, environment)


def _imported_by(
    function: str, event: Mapping[str, Any], task: Path, environment: Mapping[str, str]
) -> list[str]:
    """Return the third-party modules that a function has imported after its first event."""
    keys = {
        name: os.environ[name]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    }
    command = [sys.executable, "-S", "-c", _IMPORTED, function]
    environment = {**environment, **keys, "_HANDLER": f"app.{function}", "PYTHONPATH": str(task)}
    told = subprocess.check_output(
        command, input=json.dumps(event), env=environment, cwd=task, text=True
    )
    names: list[str] = json.loads(told.splitlines()[-1])
    return names


def _write(module: Path, source: str) -> None:
    module.write_text(source)
    py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def _figures(starts: Mapping[str, Sequence[Start]]) -> list[Figure]:
    medians = {
        handler: Start(*(statistics.median(values) for values in zip(*found, strict=True)))
        for handler, found in starts.items()
    }
    figures = []
    for name, handler, bare, most in (
        ("API", "app.app", "bare_app", 1.3),
        ("dispatch", "app.dispatch", "bare_dispatch", 1.5),
    ):
        figures += _compared(name, medians[handler], medians[f"{bare}.handle"], most)
    name, ours = "API, first answer; floor: Chalice and PynamoDB", medians["app.app"].answer_ms
    floor = medians["writer.handle"].answer_ms
    figures.append(Figure(name, ours, "ms", floor, most_floors=1.5))
    return figures


def _compared(name: str, ours: Start, floor: Start, most: float) -> list[Figure]:
    answer, init, memory = (
        f"{name}, {what}; floor: the same imports"
        for what in ("first answer", "init alone", "memory at most")
    )
    return [
        Figure(answer, ours.answer_ms, "ms", floor.answer_ms, most_floors=most),
        Figure(init, ours.init_ms, "ms", floor.init_ms),
        Figure(memory, ours.peak_mb, "MB", floor.peak_mb, most=90),
    ]


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--rounds", type=int, default=12, help="of each function (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    if not emulator.RUNS_HERE:
        raise SystemExit("AWS's emulator wants Linux on x86_64")
    title = (
        "A cold start of the packaged zip under AWS's emulator; the floors: bare functions in the "
        "same zip"
    )
    report("cold", title, measure(rounds), rounds=rounds)


if __name__ == "__main__":
    main()
