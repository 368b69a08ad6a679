"""Measure a local run of one checkout from outside."""

import math
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from bench.api import Api
from bench.common import Added, add_many, percentiles
from bench.in_process import cost_of
from bench.receivers import Receivers
from bench.versus.checkout import Checkout
from tools.local_run import Program, started

_CALLERS = 8
_WARM_UP = 40
_ADDS = 960  # with the warm-up, 1,000 tasks in the project
_FLAT_OUT = 240
_READS = 7
_IDLE = 20  # ms of CPU in half a second, at most
_TICK = os.sysconf("SC_CLK_TCK")
_RATES = (10, 50)  # adds a second
_SECONDS = 4  # of each rate


def measure(side: Checkout) -> dict[str, float]:
    """Return the figures of a new local run by name and unit."""
    with tempfile.TemporaryDirectory() as folder, closing(Receivers(1)) as receivers:
        data_dir, begun = Path(folder, "data"), time.monotonic()
        with started(Program(side.folder, side.python), data_dir) as run:
            start = {"the first start of a local run, s": time.monotonic() - begun}
            _by_all(run, _WARM_UP)
            figures = start | _adds(run)
            _await_idle(run)
            figures |= _reads(run)
            to = ("--data-dir", str(data_dir), "endpoint", "add", receivers.urls[0])
            side.run("manage.py", "--local", *to)
            receivers.lags(add_many(run, _WARM_UP), [0])
            for rate in _RATES:
                figures |= _at_rate(run, receivers, rate)
            return figures | _flat_out(run, receivers)


def _by_all(run: Mapping[str, str], count: int) -> list[Added]:
    with ThreadPoolExecutor(_CALLERS) as threads:
        shares = threads.map(lambda _: add_many(run, count // _CALLERS), range(_CALLERS))
        return [one for share in shares for one in share]


def _adds(run: Mapping[str, str]) -> dict[str, float]:
    begun = time.monotonic()
    added = _by_all(run, _ADDS)
    return {"adds over HTTP by 8 callers, a second": len(added) / (time.monotonic() - begun)}


def _await_idle(run: Mapping[str, str]) -> None:
    """Return when what the adds have caused is done: it would slow down what comes next."""
    used = -math.inf
    while (now := _cpu(run)) - used > _IDLE:
        used = now
        time.sleep(0.5)


def _reads(run: Mapping[str, str]) -> dict[str, float]:
    """Return the ms of reads in a project of 1,000 tasks (medians)."""
    with closing(Api(run)) as api:
        task = api("getAllTasks", project_id=1, status_id=1)[500]["id"]
        calls: dict[str, Callable[[], object]] = {
            "getTask": lambda: api("getTask", task_id=task),
            "getAllTasks": lambda: api("getAllTasks", project_id=1, status_id=1),
            "getBoard": lambda: api("getBoard", project_id=1),
            "searchTasks": lambda: api("searchTasks", project_id=1, query="Measured"),
        }
        return {f"{name} of 1,000, ms": _median_ms(call) for name, call in calls.items()}


def _median_ms(call: Callable[[], object]) -> float:
    call()
    return statistics.median(cost_of(call).elapsed * 1000 for _ in range(_READS))


def _at_rate(run: Mapping[str, str], receivers: Receivers, rate: int) -> dict[str, float]:
    used, count = _cpu(run), rate * _SECONDS
    p50, p99 = percentiles(receivers.lags(add_many(run, count, rate=rate), [0]))
    return {
        f"OK to arrival at {rate} a second, p50, ms": p50,
        f"OK to arrival at {rate} a second, p99, ms": p99,
        f"an event at {rate} a second, CPU ms": (_cpu(run) - used) / count,
    }


def _flat_out(run: Mapping[str, str], receivers: Receivers) -> dict[str, float]:
    used, begun = _cpu(run), time.monotonic()
    added = _by_all(run, _FLAT_OUT)
    receivers.lags(added, [0])
    last = max(receivers.arrived[0, one.task_id] for one in added)
    return {
        "events delivered flat out, a second": _FLAT_OUT / (last - begun),
        "an event flat out, CPU ms": (_cpu(run) - used) / _FLAT_OUT,
    }


def _cpu(run: Mapping[str, str]) -> float:
    """Return the CPU that all processes of a local run have used, in ms."""
    return sum(map(_used, _family(int(run["pid"]))))


def _family(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [pid, *(one for child in children for one in _family(child))]


def _used(pid: int) -> float:
    fields = re.sub(r".*\) ", "", Path(f"/proc/{pid}/stat").read_text(), count=1).split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICK
