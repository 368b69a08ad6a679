"""Simulate Taskhook on AWS at 1 to 10,000 tasks a second, and write docs/scaling.md.

With --check the simulation is compared with a local run instead. The exit code is 1 if the error
exceeds 20 %.
"""

import argparse
import re
import sys
from collections.abc import Iterable

from bench.common import ROOT
from bench.simulation.check import TOLERANCE, compare
from bench.simulation.constants import Load, World
from bench.simulation.figures import Figures, figures

DOCUMENT = ROOT / "docs/scaling.md"

_LENGTHS = {1: (240, 60), 10: (60, 20), 1_000: (16, 8), 10_000: (12, 6)}
"""Simulated seconds by rate, and the warm-up at the start, which is left out of the times."""

_CASES = [(3, 0), (100, 0), (100, 1), (100, 20)]
"""Numbers of endpoints, and of those that hang."""

_RAISED = World(
    gateway_rate=12_000, gateway_burst=5_000,
    concurrency=3_000, dispatch_concurrency=800, dispatch_memory=1_769,
    partitions=80, table_writes=80_000, endpoint_keys=16,
)  # fmt: skip
_PROJECTS = 32
"""Projects over which the tasks are spread if the limits are raised."""

_BLOCK = re.compile(r"(?<=<!-- simulation -->\n).*?(?=<!-- /simulation -->)", re.DOTALL)
_HEAD = (
    "stack | tasks a second | endpoints, hanging | p50 | p99 | USD a million tasks | refused | "
    "behind | nearest limits"
)


def as_deployed() -> list[Figures]:
    """Return the figures of the stack as it is deployed."""
    return [figures(World(), load_of(rate, *case)) for rate in _LENGTHS for case in _CASES]


def raised() -> list[Figures]:
    """Return the figures of a stack with the raised limits of the document."""
    loads = [
        (10, 100, 0),
        (10, 100, 20),
        (1_000, 3, 0),
        (1_000, 5, 1),
        (1_000, 100, 0),
        (10_000, 3, 0),
    ]
    return [figures(_RAISED, load_of(*load)._replace(columns=_PROJECTS)) for load in loads]


def load_of(rate: int, endpoints: int, hanging: int) -> Load:
    """Return a load of the duration that its rate needs."""
    seconds, warm_up = _LENGTHS[rate]
    return Load(rate, seconds, endpoints, hanging, warm_up=warm_up)


def table(parts: Iterable[tuple[str, list[Figures]]]) -> str:
    """Return the table of the document, in Markdown."""
    rows = [_HEAD, "--- | ---:|---:|---:|---:|---:|---:|---:|---"]
    rows += [f"{stack} | {_cells(row)}" for stack, part in parts for row in part]
    return "".join(f"| {row} |\n" for row in rows)


def _cells(row: Figures) -> str:
    load = row.load
    limits = ", ".join(f"{name} {use:.0%}" for name, use in row.nearest[:2] if use >= 0.01)
    asked = f"{load.rate:,} | {load.endpoints}, {load.hanging}"
    times = "falls behind | | "
    if row.keeps_up:
        times = f"{row.p50:.2f} s | {row.p99:.2f} s | {row.dollars:,.2f}"
    return f"{asked} | {times} | {row.refused:.0%} | {max(0, row.behind):.1f} s | {limits}"


def write(parts: dict[str, list[Figures]]) -> None:
    """Write table and plots."""
    from bench.simulation import plots  # noqa: PLC0415 -- Python 3.10 has no matplotlib; it can --check

    DOCUMENT.write_text(_BLOCK.sub(lambda _: table(parts.items()), DOCUMENT.read_text()))
    deployed = parts["as deployed"]
    of_kind: dict[str, list[Figures]] = {}
    for ends, hang in _CASES:
        case = [row for row in deployed if (row.load.endpoints, row.load.hanging) == (ends, hang)]
        of_kind[f"{ends} endpoints, {hang} hang"] = case
    plots.draw_lags(of_kind)
    plots.draw_limits(next(iter(of_kind.values())))


def check(rates: list[float], turns: int) -> int:
    """Compare the simulation with a local run and print the error; return 1 if it is too large."""
    print(
        "OK to arrival: tasks a second, how many arrived, measured p50 and p99, simulated, and how "
        "far that is off"
    )
    is_off = False
    for one in compare(rates, turns, tasks=30):
        measured, simulated = (
            f"{p50:.1f} / {p99:.1f} ms" for p50, p99 in (one.measured, one.simulated)
        )
        off = f"{one.off[0]:+.0%} / {one.off[1]:+.0%}"
        print(
            f"{one.rate:6g}  {one.arrivals:5}   {measured:>18}   {simulated:>18}   {off}   use "
            f"{one.use:.0%}",
            flush=True,
        )
        is_off |= any(abs(off) > TOLERANCE for off in one.off)
    return int(is_off)


def main() -> int:
    """Simulate, or check."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="hold it against a local run")
    rates = "of the check, in tasks a second"
    options.add_argument("--rates", type=float, nargs="+", default=[10, 20], help=rates)
    options.add_argument(
        "--turns", type=int, default=32, help="of the check, 30 tasks a rate (default: %(default)s)"
    )
    chosen = options.parse_args()
    if chosen.check:
        return check(chosen.rates, chosen.turns)
    parts = {"as deployed": as_deployed(), "raised": raised()}
    write(parts)
    print(table(parts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
