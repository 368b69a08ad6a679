"""Measure what a delivery costs: one call of `dispatch`, beside the same POSTs by bare urllib3.

A batch is 100 changes, each of another task, for 3 endpoints. The store is dynoxide in a folder of its own, the
receivers are another process; both ways go in turns, and what is shown are medians. Ends by itself.
"""

import argparse
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import urllib3

from bench.common import add_endpoint
from bench.figures import Figure, report
from bench.inside import CONTEXT, TASKS, Cost, cost_of, system
from bench.receivers import Post, Receivers

_ENDPOINTS = 3
_CHANGES = 100  # a batch, as the deployed mapping has it
_POSTS = _CHANGES * _ENDPOINTS
_AT_ONCE = 32  # POSTs to one endpoint, as dispatch has it
_WARM_UP = 2  # rounds


def measure(rounds: int) -> list[Figure]:
    """Measure both ways in turns, so that whatever else this machine does meets both."""
    receivers = Receivers(_ENDPOINTS)
    pools = [urllib3.connection_from_url(url, maxsize=_AT_ONCE) for url in receivers.urls]
    posters = [ThreadPoolExecutor(_AT_ONCE) for _ in pools]
    ours: list[Cost] = []
    floor: list[Cost] = []
    with system() as started:
        for number, url in enumerate(receivers.urls):
            add_endpoint(url, f"receiver-{number}")
        for batch in batches(_WARM_UP + rounds, _CHANGES):
            ours.append(cost_of(partial(dispatch, started, batch)))
            posts = _all(receivers.look())
            floor.append(cost_of(partial(_post, pools, posters, posts)))
            _all(receivers.look())
    return _figures(ours[_WARM_UP:], floor[_WARM_UP:])


def batches(count: int, changes: int) -> list[list[dict[str, Any]]]:
    """Create tasks and return batches of stream records, each of the creation of a task, as Lambda would give them."""
    from chalicelib.services import board  # noqa: PLC0415 -- it reads the environment
    from local.stream import Places, Stream  # noqa: PLC0415

    for _ in range(count * changes):
        board.create_task({"title": "Measured"})
    table = boto3.client("dynamodb").describe_table(TableName=TASKS)["Table"]
    stream = Stream(table["LatestStreamArn"], Places(None, table["LatestStreamArn"]))
    records: list[dict[str, Any]] = []
    while len(records) < count * changes:
        records += [record.content for page in stream.look() for record in page]
    return [records[start : start + changes] for start in range(0, len(records), changes)]


def dispatch(started: Any, batch: Sequence[dict[str, Any]]) -> None:
    """Let `dispatch` handle a batch; all must go well."""
    answer = started.dispatch({"Records": batch}, CONTEXT)
    if answer != {"batchItemFailures": []}:
        raise SystemExit(f"dispatch refused a batch: {answer}")


def _post(
    pools: Sequence[urllib3.HTTPConnectionPool], posters: Sequence[ThreadPoolExecutor], posts: Sequence[Post]
) -> None:
    def post(one: Post) -> int:
        headers = {name: value for name, value in one.headers.items() if name.lower() not in {"host", "content-length"}}
        return pools[one.receiver].urlopen("POST", one.path, one.body, headers, retries=False).status

    runs = [posters[one.receiver].submit(post, one) for one in posts]
    if {run.result() for run in runs} != {204}:
        raise SystemExit("a POST by urllib3 failed")


def _all(posts: list[Post]) -> list[Post]:
    """Return the POSTs of a batch, if they are all there: each was answered before."""
    if len(posts) != _POSTS:
        raise SystemExit(f"{len(posts)} of {_POSTS} POSTs arrived")
    return posts


def _figures(ours: Sequence[Cost], floor: Sequence[Cost]) -> list[Figure]:
    cpu, cpu_floor = (statistics.median(one.cpu for one in way) / _POSTS * 1000 for way in (ours, floor))
    took, took_floor = (statistics.median(one.elapsed for one in way) / _POSTS * 1000 for way in (ours, floor))
    return [
        Figure("a delivery, CPU", cpu, "ms", cpu_floor, most_floors=2.0),
        Figure("a delivery, wall time", took, "ms", took_floor),
    ]


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=10, help="of each way (default: %(default)s)")
    rounds = options.parse_args().rounds
    title = f"A batch of {_CHANGES} changes to {_ENDPOINTS} endpoints: sign, POST, record; floor: urllib3's POSTs alone"
    report("dispatch", title, measure(rounds), rounds=rounds)


if __name__ == "__main__":
    main()
