"""The CPU that a function takes for an event: the packaged zip in AWS's runtime and emulator."""

import os
import statistics
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.cold import SETTINGS
from bench.common import cpu_of, only_child
from bench.in_process import Unanswered
from tools import emulator
from tools.package import ARCHIVE, package

_EVENTS = 50  # of each way, in a round
_WARM_UP = 5  # rounds


def cpu_in_turns(rounds: int, *ways: Callable[[], Mapping[str, Any]]) -> list[float]:
    """Return the median CPU in ms that the API's function takes for an event of each way.

    Args:
        rounds: Those of each way.
        ways: Each returns its next event. All events go to one function, over the store of this
            process.
    """
    with _function() as function:
        _invoke(function, ways[0]())  # the emulator starts the function at the first event
        pid, costs = only_child(function.pid), [list[float]() for _ in ways]
        for _ in range(_WARM_UP + rounds):
            for next_event, seen in zip(ways, costs, strict=True):
                begun = cpu_of(pid)
                for _ in range(_EVENTS):
                    _invoke(function, next_event())
                seen.append((cpu_of(pid) - begun) * 1000 / _EVENTS)
    return [statistics.median(seen[_WARM_UP:]) for seen in costs]


@contextmanager
def _function() -> Iterator[emulator.Function]:
    with tempfile.TemporaryDirectory() as name:
        folder, task = Path(name), Path(name, "task")
        package("dev", folder)
        with zipfile.ZipFile(folder / ARCHIVE) as archive:
            archive.extractall(task)
        environment = {name: os.environ[name] for name in SETTINGS}
        with emulator.running(task, "app.app", environment, folder / "scratch") as function:
            yield function


def _invoke(function: emulator.Function, event: Mapping[str, Any]) -> None:
    answer = function.invoke(event)
    if answer["statusCode"] != 200:
        raise Unanswered(f"{answer['statusCode']} {answer['body'][:200]}")
