"""Measure what an endpoint that never answers costs the others: OK to arrival at 19 of 20.

The 20th is a new one in each round: in turns one that is well, and one that takes each POST and says nothing.
Starts Taskhook in a folder of its own and the receivers on 127.0.0.1; ends by itself.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.common import Table, add_endpoint, add_many, local_run, percentiles, remove_endpoint, report
from bench.receivers import Receivers

WANTED = 1.5
"""The ratio of the p99s that is good enough."""

_NEIGHBOURS = range(19)
_ADDS = 125  # a round; few, so that the first second of a new endpoint counts
_PATIENCE = 60  # seconds that the rest of a round may take
_WELL, _SILENT = "all 20 endpoints are well", "the 20th never answers"


class Round(NamedTuple):
    """What a round saw, in seconds."""

    adds_took: float
    lags: list[float]


def measure(rounds: int, rate: float) -> Table:
    """Measure both ways in turns, so that whatever else this machine does meets both."""
    receivers = Receivers(len(_NEIGHBOURS) + rounds, silent=rounds)
    new = receivers.urls[len(_NEIGHBOURS) :]
    seen: dict[str, list[Round]] = {_WELL: [], _SILENT: []}
    with tempfile.TemporaryDirectory() as name, local_run(Path(name)) as run:
        for number in _NEIGHBOURS:
            add_endpoint(receivers.urls[number], f"neighbour-{number}")
        receivers.lags(add_many(run, _ADDS, rate=rate), _NEIGHBOURS)
        for well, silent in zip(new[:rounds], new[rounds:], strict=True):
            seen[_WELL].append(_live_with(well, run, receivers, rate))
            seen[_SILENT].append(_live_with(silent, run, receivers, rate))
    return {way: _figures(rounds_seen) for way, rounds_seen in seen.items()}


def _live_with(url: str, run: Mapping[str, str], receivers: Receivers, rate: float) -> Round:
    """Add tasks beside a new endpoint, and leave nothing behind that would be done in the next round."""
    endpoint_id = f"new-{urlsplit(url).port}"
    add_endpoint(url, endpoint_id)
    begun = time.monotonic()
    added = add_many(run, _ADDS, rate=rate)
    took = time.monotonic() - begun
    lags = receivers.lags(added, _NEIGHBOURS)
    remove_endpoint(endpoint_id)
    _wait_for_deliveries(endpoint_id)
    return Round(took, lags)


def _wait_for_deliveries(endpoint_id: str) -> None:
    from chalicelib.services import deliveries  # noqa: PLC0415 -- it reads the environment

    give_up_at = time.monotonic() + _PATIENCE
    while len(deliveries.list_deliveries(endpoint_id)) < _ADDS:
        if time.monotonic() > give_up_at:
            raise SystemExit(f"not all deliveries to {endpoint_id} were recorded")
        time.sleep(0.5)


def _figures(rounds: Sequence[Round]) -> dict[str, float]:
    rate = _ADDS / statistics.mean(one.adds_took for one in rounds)
    return percentiles([lag for one in rounds for lag in one.lags]) | {"adds_per_s": round(rate, 1)}


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=4, help="of each way (default: %(default)s)")
    options.add_argument("--rate", type=float, default=50, help="adds a second (default: %(default)s)")
    chosen = options.parse_args()
    table = measure(chosen.rounds, chosen.rate)
    ratio = round(table[_SILENT]["p99_ms"] / table[_WELL]["p99_ms"], 2)
    adds = chosen.rounds * _ADDS
    title = (
        f"From OK to the POST's arrival at 19 of 20 endpoints; {adds} adds each way, {chosen.rate:g} a second wanted"
    )
    report("neighbours", title, table, adds=adds, wanted_adds_per_s=chosen.rate, p99_ratio=ratio)
    print(f"\n  The p99s are as 1 to {ratio}; wanted: at most {WANTED}.")


if __name__ == "__main__":
    main()
