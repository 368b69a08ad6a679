"""Measure this working tree and another commit in turns: `python -m bench.versus REF`.

Each round measures both; the first one alternates. Each figure is the median of the rounds. The
ratio is that of this tree to REF in one round: its median, and the least and greatest as spread.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.versus import checkout, over_http
from bench.versus.checkout import Checkout

Figures = dict[str, float]

LINE = "{:<50} {:>10} {:>10} {:>8} {:>15}"


def measure(sides: Sequence[Checkout], rounds: int) -> list[list[Figures]]:
    """Return the figures of both sides by round."""
    for side in sides:
        side.unpack()
    found = []
    for number in range(rounds):
        first, second = sides if number % 2 == 0 else reversed(sides)
        figures = {first: _of(first)}
        figures[second] = _of(second)
        found.append([figures[side] for side in sides])
        print(f"round {number + 1} of {rounds}", flush=True)
    return found


def _of(side: Checkout) -> Figures:
    inside: Figures = json.loads(
        side.run(str(Path(__file__).with_name("inside.py")), str(side.package))
    )
    return inside | over_http.measure(side)


def table(names: Sequence[str], rounds: Sequence[Sequence[Figures]]) -> list[str]:
    """Return the lines of the comparison: REF, here, their ratio and its spread.

    Args:
        names: The names of both sides, REF first.
        rounds: The figures of both sides by round, in the same order.
    """
    lines = [LINE.format("", *names, "ratio", "least to most")]
    for what in rounds[0][0]:
        before, after = zip(*([side[what] for side in sides] for sides in rounds), strict=True)
        ratios = [now / then for then, now in zip(before, after, strict=True)]
        medians = [f"{statistics.median(values):,.2f}" for values in (before, after)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        lines.append(LINE.format(what, *medians, f"{statistics.median(ratios):.2f}", spread))
    return lines


def main() -> None:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("ref", help="the commit to compare this working tree with")
    options.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    asked = options.parse_args()
    sides = checkout.of(asked.ref), checkout.here()
    rounds = measure(sides, asked.rounds)
    print("\n".join(table([side.name[:10] for side in sides], rounds)))


if __name__ == "__main__":
    main()
