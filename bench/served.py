"""The CPU of a local run's processes, for requests over HTTP."""

import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.api import Api
from bench.common import add, cpu_of
from bench.figures import Figure
from bench.in_process import Unanswered
from tools.local_run import Program, started

_REQUESTS = 50  # of each way, in a round
_WARM_UP = 5  # rounds
_EVENTS_TAKE = 0.1  # seconds until the last events of a round are handled


class _Cost(NamedTuple):
    """The CPU of a request, in ms."""

    api: float
    all: float  # with the store and the events


def over_http(source: Mapping[str, Any], body: str, rounds: int) -> list[Figure]:
    """Measure payloads that each create a task, in turns with adds by URL.

    Args:
        source: The source, as `createSource` takes it.
        body: The JSON of a payload, with `%d` for its number and `%s` for true.
        rounds: Those of each way.
    """
    with tempfile.TemporaryDirectory() as folder, started(Program(), Path(folder)) as run:
        with closing(Api(run)) as api:
            api("createSource", **source)
        with closing(http.client.HTTPConnection(urlsplit(run["url"]).netloc)) as connection:
            address = f"/in/{source['id']}?token={source['secret']}"
            bodies = (body % (number, "true") for number in count(1))
            adds, payloads = _in_turns(
                run,
                rounds,
                partial(add, connection, run["token"]),
                lambda: _send(connection, address, next(bodies)),
            )
    title = "a payload over HTTP that makes a task"
    return [
        Figure(f"{title}, CPU of the API", payloads.api, "ms", adds.api, most_floors=1.5),
        Figure(f"{title}, CPU of all processes", payloads.all, "ms", adds.all),
    ]


def _in_turns(run: Mapping[str, str], rounds: int, *ways: Callable[[], object]) -> list[_Cost]:
    """Return the median cost of each way."""
    costs: list[list[_Cost]] = [[] for _ in ways]
    for _ in range(_WARM_UP + rounds):
        for act, seen in zip(ways, costs, strict=True):
            seen.append(_cost_of(run, act))
    return [_Cost(*map(statistics.median, zip(*seen[_WARM_UP:], strict=True))) for seen in costs]


def _cost_of(run: Mapping[str, str], act: Callable[[], object]) -> _Cost:
    """Return the cost of a request, with the events that follow it."""
    api = int(run["pid"])
    children = Path(f"/proc/{api}/task/{api}/children").read_text().split()
    pids = [api, *map(int, children)]
    before = [cpu_of(pid) for pid in pids]
    for _ in range(_REQUESTS):
        act()
    time.sleep(_EVENTS_TAKE)
    used = [
        (cpu_of(pid) - begun) * 1000 / _REQUESTS for pid, begun in zip(pids, before, strict=True)
    ]
    return _Cost(used[0], sum(used))


def _send(connection: http.client.HTTPConnection, address: str, body: str) -> None:
    connection.request("POST", address, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200 or not json.loads(answer.read())["created"]:
        raise Unanswered(f"a payload was answered {answer.status}")
