"""Measure the cost of filters: one endpoint alone, and with 19 others that filter a change out.

Both ways take turns over the same batches of new tasks, so that other load affects both. The
figures are medians of the CPU of one change.
"""

import argparse
import os
import statistics
from contextlib import closing
from functools import partial

import boto3

from bench.common import add_endpoint
from bench.dispatch import records
from bench.figures import Figure, memory, report
from bench.in_process import CONTEXT, cost_of, system
from bench.receivers import Receivers

_CHANGES, _WARM_UP = 100, 2
_FILTERED = 19
_FILTERS = (
    "data.project_id == `99`",
    "project.name == 'Website' && type == 'task.created'",
    "contains(tags, 'urgent')",
    "owner.username == 'ada' || data.score > `5`",
)
_ALONE, _BESIDE = "one endpoint", f"one of {_FILTERED + 1} endpoints, the others filter it out"


def measure(rounds: int) -> dict[str, float]:
    """Return the CPU of a change in ms: with one endpoint, and with those that filter it out."""
    costs: dict[str, list[float]] = {_ALONE: [], _BESIDE: []}
    with closing(Receivers(1)) as receivers, system() as started:
        told = iter(records(_CHANGES * (_WARM_UP + rounds) * len(costs)))
        for _ in range(_WARM_UP + rounds):
            for name, seen in costs.items():
                add_endpoint(receivers.urls[0], "receiver")  # fresh: it must not count as slow
                _set_filtered(receivers.urls[0], are_there=name == _BESIDE)
                batch = {"Records": [next(told) for _ in range(_CHANGES)]}
                cost = cost_of(partial(started.dispatch, batch, CONTEXT))
                if len(receivers.look()) == _CHANGES:
                    seen.append(cost.cpu * 1000 / _CHANGES)
    if not all(len(seen) > _WARM_UP for seen in costs.values()):
        raise SystemExit("this machine is too busy: in each round a receiver counted as slow")
    return {name: statistics.median(seen[_WARM_UP:]) for name, seen in costs.items()}


def _set_filtered(url: str, *, are_there: bool) -> None:
    """Add the endpoints that filter everything out, or remove them."""
    client, table = boto3.client("dynamodb"), os.environ["TABLE_PREFIX"] + "endpoints"
    for number in range(_FILTERED):
        key = {"id": {"S": f"filtered-{number}"}}
        row = {**key, "url": {"S": url}, "filter": {"S": _FILTERS[number % len(_FILTERS)]}}
        if are_there:
            client.put_item(TableName=table, Item=row)
        else:
            client.delete_item(TableName=table, Key=key)


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--rounds", type=int, default=10, help="of each way (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    cpu = measure(rounds)
    figures = [
        Figure(f"a change with {_ALONE}, CPU", cpu[_ALONE], "ms"),
        Figure(f"a change with {_BESIDE}, CPU", cpu[_BESIDE], "ms", cpu[_ALONE], most_floors=1.2),
    ]
    title = f"A change beside endpoints that filter it out, {_CHANGES} changes; floor: one endpoint"
    report("filters", title, [*figures, memory()], rounds=rounds)


if __name__ == "__main__":
    main()
