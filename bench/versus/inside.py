"""Measure one checkout in process and print its figures as JSON, for `bench.versus`.

Run it in the checkout that `PYTHONPATH` names: all imports are of that commit. So it uses only
names that exist in every commit since 3435883.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

from bench.common import add_endpoint
from bench.dispatch import records
from bench.in_process import ADD, CONTEXT, answer_of, cost_of, event_of, system
from bench.receivers import Receivers

_ADDS = 100
_BATCHES, _BATCH = 4, 50
_STARTS = 2  # cold starts of each function

_FIRST_EVENT = """
import json, sys
event = json.load(sys.stdin)
import app
getattr(app, sys.argv[1])(event, None)
"""


def measure(package: str) -> dict[str, float]:
    """Return the figures by name and unit.

    Args:
        package: The folder of the unpacked zip.
    """
    with closing(Receivers(1)) as receivers, system() as started:
        added = event_of(started.app, "GET", ADD)
        figures = {"an add in process, CPU ms": _add(partial(answer_of, started.app, added))}
        add_endpoint(receivers.urls[0], "receiver")
        figures["a delivery in a batch of 50, CPU ms"] = _delivery(started.dispatch)
        changed = {"Records": records(1)}
        figures["a cold API, first add, CPU ms"] = _cold(package, "app", added)
        figures["a cold dispatch, first event, CPU ms"] = _cold(package, "dispatch", changed)
    return figures


def _add(add: partial[Any]) -> float:
    cost_of(add, _ADDS)
    return cost_of(add, _ADDS).cpu * 1000


def _delivery(dispatch: Any) -> float:
    costs = []
    for _ in range(_BATCHES + 1):
        changes = {"Records": records(_BATCH)}
        costs.append(cost_of(partial(dispatch, changes, CONTEXT)).cpu * 1000 / _BATCH)
    return statistics.median(costs[1:])


def _cold(package: str, function: str, event: Mapping[str, Any]) -> float:
    return statistics.median(_start(package, function, event) for _ in range(_STARTS))


def _start(package: str, function: str, event: Mapping[str, Any]) -> float:
    """Return the CPU of a process that imports the zip and answers one event, in ms."""
    environ = {**os.environ, "_HANDLER": f"app.{function}", "PYTHONPATH": package}
    command = [sys.executable, "-S", "-c", _FIRST_EVENT, function]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, cwd=package, env=environ, input=json.dumps(event), text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
