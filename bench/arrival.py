"""Measure a local run: how long an add takes, and from its `OK` to the POST's arrival.

Starts Taskhook in a folder of its own and a receiver on 127.0.0.1; ends by itself.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bench.common import Table, add_endpoint, add_many, local_run, percentiles, report
from bench.receivers import Receivers

CALLERS = 8
_WARM_UP = 50


def measure(count: int) -> Table:
    """Measure a run with one receiver: 1 caller with 10 ms between its adds, then 8 callers flat out."""
    with closing(Receivers(1)) as receivers, local_run() as run:
        add_endpoint(receivers.urls[0], "receiver")
        receivers.lags(add_many(run, _WARM_UP), [0])
        added = add_many(run, count, pause=0.01)
        lags = receivers.lags(added, [0])
        begun = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as callers:
            runs = [callers.submit(add_many, run, count * 2 // CALLERS) for _ in range(CALLERS)]
            busy = [one for each in runs for one in each.result()]
        rate = round(len(busy) / (time.monotonic() - begun))
        busy_lags = receivers.lags(busy, [0])
    return {
        "add, 1 caller": percentiles([one.took for one in added]),
        "OK to arrival, 1 caller": percentiles(lags),
        "add, 8 callers": percentiles([one.took for one in busy]) | {"adds_per_s": rate},
        "OK to arrival, 8 callers": percentiles(busy_lags),
    }


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500, help="how many tasks one caller adds (default: %(default)s)")
    count = options.parse_args().count
    title = "A local run with one endpoint: an add, and from its OK to the POST's arrival"
    report("arrival", title, measure(count), adds=count)


if __name__ == "__main__":
    main()
