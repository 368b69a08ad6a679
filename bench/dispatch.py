"""Measure what a delivery costs: one call of `dispatch`, beside the same POSTs by bare urllib3.

A batch is 100 changes, each of another task, for 3 endpoints. The store is dynoxide in a folder of its own, the
receivers are another process; both ways go in turns, and what is shown are medians. Ends by itself.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import urllib3
from chalice.local import LambdaContext

from bench.common import Table, add_endpoint, report
from bench.receivers import Post, Receivers
from local import store
from local.environment import LOOPBACK, TABLE_PREFIX, Cloud

_ENDPOINTS = 3
_CHANGES = 100  # a batch, as the deployed mapping has it
_POSTS = _CHANGES * _ENDPOINTS
_AT_ONCE = 32  # POSTs to one endpoint, as dispatch has it
_WARM_UP = 2  # rounds
_DISPATCH, _URLLIB3 = "dispatch: sign, POST, record", "urllib3: the same POSTs alone"


class Cost(NamedTuple):
    """What a way of making the POSTs of a batch took, in seconds."""

    elapsed: float
    cpu: float


def measure(rounds: int) -> Table:
    """Measure both ways in turns, so that whatever else this machine does meets both."""
    receivers = Receivers(_ENDPOINTS)
    pools = [urllib3.connection_from_url(url, maxsize=_AT_ONCE) for url in receivers.urls]
    posters = [ThreadPoolExecutor(_AT_ONCE) for _ in pools]
    costs: dict[str, list[Cost]] = {_DISPATCH: [], _URLLIB3: []}
    with tempfile.TemporaryDirectory() as name, _system(Path(name)) as system:
        for number, url in enumerate(receivers.urls):
            add_endpoint(url, f"receiver-{number}")
        for batch in _batches(_WARM_UP + rounds):
            costs[_DISPATCH].append(_cost(partial(_dispatch, system, batch)))
            posts = _all(receivers.look())
            costs[_URLLIB3].append(_cost(partial(_post, pools, posters, posts)))
            _all(receivers.look())
    return {way: _figures(found[_WARM_UP:]) for way, found in costs.items()}


@contextmanager
def _system(folder: Path) -> Iterator[Any]:
    """Yield the shipped code over a store in this folder; as all goes well nothing is queued, and no queue is named."""
    if store.find_dynoxide() is None:
        raise SystemExit("dynoxide is not installed: npm and `make setup` bring it")
    with store.opened("dynoxide", folder, "") as opened:
        named = {"dynamodb_url": opened.url, "table_prefix": TABLE_PREFIX, "allowed_private_networks": LOOPBACK}
        Cloud(**dict.fromkeys(Cloud._fields, "") | named).enter()
        from local import system  # noqa: PLC0415 -- it reads the environment

        system.bootstrap()
        yield system


def _batches(count: int) -> list[list[dict[str, Any]]]:
    """Return batches of stream records, each of the creation of a task, as Lambda would give them."""
    from chalicelib.services import board  # noqa: PLC0415 -- it reads the environment
    from local.stream import Places, Stream  # noqa: PLC0415

    for _ in range(count * _CHANGES):
        board.create_task({"title": "Measured"})
    table = boto3.client("dynamodb").describe_table(TableName=TABLE_PREFIX + "tasks")["Table"]
    stream = Stream(table["LatestStreamArn"], Places(None, table["LatestStreamArn"]))
    records: list[dict[str, Any]] = []
    while len(records) < count * _CHANGES:
        records += [record.content for page in stream.look() for record in page]
    return [records[start : start + _CHANGES] for start in range(0, len(records), _CHANGES)]


def _cost(act: Callable[[], None]) -> Cost:
    begun, cpu_begun = time.monotonic(), time.process_time()
    act()
    return Cost(time.monotonic() - begun, time.process_time() - cpu_begun)


def _dispatch(system: Any, batch: Sequence[dict[str, Any]]) -> None:
    answer = system.dispatch({"Records": batch}, LambdaContext("dispatch", 512, 60_000))
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


def _figures(costs: Sequence[Cost]) -> dict[str, float]:
    return {
        "deliveries_per_s": round(_POSTS / statistics.median(cost.elapsed for cost in costs)),
        "CPU_ms_per_delivery": round(statistics.median(cost.cpu for cost in costs) / _POSTS * 1000, 2),
    }


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=10, help="of each way (default: %(default)s)")
    rounds = options.parse_args().rounds
    title = f"A batch of {_CHANGES} changes to {_ENDPOINTS} endpoints; medians of {rounds} batches each way"
    report("dispatch", title, measure(rounds), rounds=rounds)


if __name__ == "__main__":
    main()
