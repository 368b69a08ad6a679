"""Measure the cost of an endpoint's format per delivery, compared with `kanboard`'s flat task.

All formats take turns over the same batches of new tasks, so that other load affects all of them.
The figures are medians of the CPU of one delivery.
"""

import argparse
import json
import os
import statistics
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

import boto3

from bench.dispatch import records
from bench.figures import Figure, memory, report
from bench.in_process import CONTEXT, cost_of, system
from bench.receivers import Receivers

_CHANGES, _WARM_UP = 100, 2
_TEMPLATE = {
    "kind": "{{ replace(type, 'task.', '') }}",
    "note": "{{ truncate(data.title, `80`) }} is in {{ column.name }} of {{ project.name }}",
    "who": "{{ owner.name || 'nobody' }}",
    "score": "{{ data.score }}",
    "tags": "{{ tags }}",
}
_FORMATS: dict[str, tuple[Mapping[str, Any], float | None]] = {
    "kanboard": ({}, None),
    "custom": ({"template": {"S": json.dumps(_TEMPLATE)}}, 1.3),
    "kanboard-events": ({}, None),
    "mattermost": ({"timeout": {"N": "1"}}, None),
}
"""Each with further fields of its endpoint, and how often the CPU of `kanboard` it may cost."""


def measure(rounds: int) -> dict[str, float]:
    """Return the CPU of a delivery in each format, in ms."""
    costs: dict[str, list[float]] = {name: [] for name in _FORMATS}
    with closing(Receivers(1)) as receivers, system() as started:
        told = iter(records(_CHANGES * (_WARM_UP + rounds) * len(_FORMATS)))
        for _ in range(_WARM_UP + rounds):
            for name in _FORMATS:
                _add_endpoint(receivers.urls[0], name)
                batch = {"Records": [next(told) for _ in range(_CHANGES)]}
                cost = cost_of(partial(started.dispatch, batch, CONTEXT))
                if len(receivers.take()) == _CHANGES:
                    costs[name].append(cost.cpu * 1000 / _CHANGES)
    if not all(len(seen) > _WARM_UP for seen in costs.values()):
        raise SystemExit("this machine is too busy: in each round a receiver counted as slow")
    return {name: statistics.median(seen[_WARM_UP:]) for name, seen in costs.items()}


def _add_endpoint(url: str, name: str) -> None:
    """Replace the one endpoint, so that it does not count as slow from earlier load."""
    row = {"id": {"S": "receiver"}, "url": {"S": url}, "format": {"S": name}}
    row |= {"secret": {"S": "whsec_" + "c2VjcmV0" * 4}, **_FORMATS[name][0]}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_PREFIX"] + "endpoints", Item=row)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--rounds", type=int, default=10, help="of each format (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    cpu = measure(rounds)
    figures = [
        Figure(
            f"a delivery in format {name}, CPU", cpu[name], "ms", cpu["kanboard"], most_floors=most
        )
        for name, (_, most) in _FORMATS.items()
    ]
    title = "A delivery in each format, 100 changes and one endpoint; floor: format kanboard"
    report("formats", title, [*figures, memory()], rounds=rounds)


if __name__ == "__main__":
    main()
