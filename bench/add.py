"""Measure what an add costs in process: API Gateway's event in, the answer out.

The floor is a minimal Chalice route that puts the same item with boto3. Both alternate over one
dynoxide; the figures are medians.
"""

import argparse
import logging
import statistics
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

import boto3
from chalice.app import Chalice, Response

from bench.figures import Figure, memory, report
from bench.in_process import ADD, TASKS, answer_of, cost_of, event_of, system

_ADDS = 50  # of each way, in a round
_WARM_UP = 10  # rounds
_LOGS = ("botocore.endpoint", "chalicelib.adapters.dynamodb.data_calls")
_COUNTED = 25  # adds whose calls are counted


class _Calls(logging.Handler):
    """Counts the calls of the store's own client and of all botocore clients."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.made = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.made += record.msg.startswith(("Making request for", "Sending %s"))


def measure(rounds: int) -> list[Figure]:
    """Measure both ways alternately, so that other load affects both."""
    with system() as started:
        ours = partial(answer_of, started.app, event_of(started.app, "GET", ADD))
        item = _stored(int(ours()["headers"]["X-Task-Id"]))
        barest = _barest(item)
        floor = partial(answer_of, barest, event_of(barest, "GET", "/"))
        costs = [(cost_of(ours, _ADDS), cost_of(floor, _ADDS)) for _ in range(_WARM_UP + rounds)][
            _WARM_UP:
        ]
        calls = [calls_of(ours) for _ in range(_COUNTED)]
    cpu, cpu_floor = (
        statistics.median(one.cpu for one in way) * 1000 for way in zip(*costs, strict=True)
    )
    took, took_floor = (
        statistics.median(one.elapsed for one in way) * 1000 for way in zip(*costs, strict=True)
    )
    return [
        Figure("an add, CPU", cpu, "ms", cpu_floor, most_floors=1.4),
        Figure("an add, wall time", took, "ms", took_floor),
        Figure("an add, calls of the store (median)", statistics.median(calls), "calls", 1, most=1),
    ]


def _stored(task_id: int) -> Mapping[str, Any]:
    key = {"task_id": {"N": str(task_id)}}
    item: Mapping[str, Any] = boto3.client("dynamodb").get_item(
        TableName=TASKS, Key=key, ConsistentRead=True
    )["Item"]
    return item


def _barest(item: Mapping[str, Any]) -> Chalice:
    """Return a Chalice application with one route, which puts an item under a new number."""
    app = Chalice("barest")
    store, numbers = boto3.client("dynamodb"), count(10**9)
    is_new = "attribute_not_exists(task_id)"

    @app.route("/")
    def add() -> Response:
        row = {**item, "task_id": {"N": str(next(numbers))}}
        store.put_item(TableName=TASKS, Item=row, ConditionExpression=is_new)
        return Response("OK", headers={"Content-Type": "text/plain"})

    return app


def calls_of(add: Callable[[], object]) -> int:
    """Return the number of store calls that a function makes, with any client."""
    calls, logs = _Calls(), [logging.getLogger(name) for name in _LOGS]
    for log in logs:
        log.addHandler(calls)
        log.setLevel(logging.DEBUG)
    try:
        add()
    finally:
        for log in logs:
            log.removeHandler(calls)
            log.setLevel(logging.NOTSET)
    return calls.made


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--rounds", type=int, default=20, help="of each way (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    title = "An add in process; floor: the barest Chalice route with one put_item of the same item"
    report("add", title, [*measure(rounds), memory()], rounds=rounds)


if __name__ == "__main__":
    main()
