"""Measure the cost of a delivery: a call of `dispatch`, compared with the same POSTs by urllib3.

Each change of a batch is of another task. The store is dynoxide in its own folder, the receivers
are another process; both ways alternate, and the figures are medians.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import boto3
import urllib3

from bench.common import add_endpoint
from bench.figures import Figure, memory, report
from bench.in_process import CONTEXT, TASKS, Cost, cost_of, system
from bench.receivers import Post, Receivers

_WARM_UP = 2  # rounds


class Batch(NamedTuple):
    """Numbers of endpoints and changes."""

    endpoints: int
    changes: int

    @property
    def posts(self) -> int:
        """The number of POSTs."""
        return self.endpoints * self.changes


USUAL = Batch(3, 100)
"""As many changes as the deployed mapping hands over."""

BATCHES = (Batch(1, 100), USUAL, Batch(10, 30), Batch(100, 5))
"""In ascending order of endpoints: none is removed."""


def measure(rounds: int) -> dict[Batch, tuple[Cost, Cost]]:
    """Return the cost of a delivery in each batch, and its floor with bare urllib3."""
    with closing(Receivers(BATCHES[-1].endpoints)) as receivers, system() as started:
        return {
            batch: _measure(batch, rounds if batch == USUAL else rounds // 2, started, receivers)
            for batch in BATCHES
        }


def _measure(batch: Batch, rounds: int, started: Any, receivers: Receivers) -> tuple[Cost, Cost]:
    """Measure both ways alternately, so that other load affects both."""
    told = iter(records(batch.changes * (_WARM_UP + rounds)))
    post = _Floor(receivers.urls[: batch.endpoints])
    turns = []
    for _ in range(_WARM_UP + rounds):
        # Fresh endpoints: none must count as slow because of this machine's earlier load.
        for number in range(batch.endpoints):
            add_endpoint(receivers.urls[number], f"receiver-{number}")
        changes = [next(told) for _ in range(batch.changes)]
        turns.append(
            _turn(
                partial(started.dispatch, {"Records": changes}, CONTEXT),
                post,
                receivers,
                batch.posts,
            )
        )
    whole = [turn for turn in turns[_WARM_UP:] if turn]
    if not whole:
        raise SystemExit("this machine is too busy: in each round a receiver counted as slow")
    ours, floor = zip(*whole, strict=True)
    return _median(ours, batch.posts), _median(floor, batch.posts)


def _turn(
    dispatch: Callable[[], object], post: "_Floor", receivers: Receivers, wanted: int
) -> tuple[Cost, Cost] | None:
    """Return the costs of both ways; None if a receiver counted as slow."""
    answers: list[object] = []
    ours = cost_of(lambda: answers.append(dispatch()))
    posts = receivers.look()
    if answers != [{"batchItemFailures": []}] or len(posts) != wanted:
        return None
    floor = cost_of(partial(post, post.ready(posts)))
    receivers.look()
    return ours, floor


def _median(costs: Sequence[Cost], posts: int) -> Cost:
    return Cost(*(statistics.median(values) / posts for values in zip(*costs, strict=True)))


def records(count: int) -> list[dict[str, Any]]:
    """Create tasks and return the stream's newest records, as Lambda would receive them."""
    from chalicelib.services.tasks import lifecycle  # noqa: PLC0415 -- it reads the environment
    from local.places import Places  # noqa: PLC0415
    from local.stream import Stream  # noqa: PLC0415

    last = [lifecycle.create_task({"title": "Measured"}) for _ in range(count)][-1]
    table = boto3.client("dynamodb").describe_table(TableName=TASKS)["Table"]
    stream = Stream(table["LatestStreamArn"], Places(None, table["LatestStreamArn"]))
    found: list[dict[str, Any]] = []
    while not found or found[-1]["dynamodb"]["Keys"]["task_id"]["N"] != str(last):
        found += [record.content for page in stream.look() for record in page]
    return found[-count:]


class _Floor:
    """Bare urllib3 with the same number of concurrent POSTs."""

    def __init__(self, urls: Sequence[str]) -> None:
        from chalicelib.services.deliveries import worker_pool  # noqa: PLC0415 -- they read the environment

        self._begin = worker_pool.FIRST_ATTEMPTS.submit_all
        at_once = worker_pool.limit_per_endpoint(len(urls))
        self._pools = [urllib3.connection_from_url(url, maxsize=at_once) for url in urls]

    def ready(self, posts: Sequence[Post]) -> dict[str, list[Callable[[], int]]]:
        """Return calls that repeat these POSTs, by receiver."""
        calls: dict[str, list[Callable[[], int]]] = {}
        for post in posts:
            calls.setdefault(str(post.receiver), []).append(self._again(post))
        return calls

    def _again(self, post: Post) -> Callable[[], int]:
        headers = {
            key: value
            for key, value in post.headers.items()
            if key.lower() not in {"host", "content-length"}
        }
        call = partial(
            self._pools[post.receiver].urlopen, "POST", post.path, post.body, headers, retries=False
        )
        return lambda: call().status

    def __call__(self, calls: Mapping[str, Sequence[Callable[[], int]]]) -> None:
        if {run.result() for runs in self._begin(calls).values() for run in runs} != {204}:
            raise SystemExit("a POST by urllib3 failed")


def _figures(costs: dict[Batch, tuple[Cost, Cost]]) -> list[Figure]:
    figures = []
    for batch, (ours, floor) in costs.items():
        name = (
            f"a delivery, {batch.changes} changes, {batch.endpoints} "
            f"endpoint{'s' if batch.endpoints > 1 else ''}"
        )
        wanted = 2.0 if batch == USUAL else None
        figures.append(
            Figure(f"{name}, CPU", ours.cpu * 1000, "ms", floor.cpu * 1000, most_floors=wanted)
        )
        figures.append(
            Figure(f"{name}, wall time", ours.elapsed * 1000, "ms", floor.elapsed * 1000)
        )
    return figures


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=10, help="(default: %(default)s)")
    rounds = options.parse_args().rounds
    costs = measure(rounds)
    title = (
        "A batch of changes dispatched: sign, POST, record; floor: urllib3's POSTs alone, as many "
        "at once"
    )
    curves: dict[str, dict[int, float]] = {"dispatch": {}, "urllib3 alone": {}}
    for batch, pair in costs.items():
        for curve, way in zip(curves.values(), pair, strict=True):
            curve[batch.endpoints] = way.cpu * 1000
    report("dispatch", title, [*_figures(costs), memory()], rounds=rounds, curves=curves)


if __name__ == "__main__":
    main()
