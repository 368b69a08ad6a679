"""Figures with floors and targets: printed, and stored in bench/results.json."""

import json
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.common import ROOT, circumstances, peak_mb

RESULTS = ROOT / "bench/results.json"

COLUMNS = ("", "measured", "floor", "ratio", "target", "")
_WIDTHS = (64, 14, 12, 8, 12, 7)


class Figure(NamedTuple):
    """A measured figure, its floor in the same run, and the target: absolute or in floors."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    most: float | None = None
    least: float | None = None
    most_floors: float | None = None

    @property
    def ratio(self) -> float | None:
        """The ratio to its floor."""
        if self.floor is None:
            return None
        return self.value / self.floor

    @property
    def verdict(self) -> str:
        """Whether the target is met: `ok`, `over` or `under`; empty without a target."""
        if self.least is not None:
            return "ok" if self.value >= self.least else "under"
        judged, most = self.ratio, self.most_floors
        if most is None:
            judged, most = self.value, self.most
        if judged is None or most is None:
            return ""
        return "ok" if judged <= most else "over"

    @property
    def target(self) -> str:
        """The target in short form."""
        if self.least is not None:
            return f">= {self.least:g}"
        if self.most_floors is not None:
            return f"<= {self.most_floors:g} x"
        if self.most is not None:
            return f"<= {self.most:g}"
        return ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of a row of the table."""
        value, floor, ratio = _shown(self.value), _shown(self.floor), _shown(self.ratio)
        return (self.what, f"{value} {self.unit}", floor, ratio, self.target, self.verdict)


def _shown(number: float | None) -> str:
    if number is None:
        return ""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.2f}"


def report(benchmark: str, title: str, figures: Sequence[Figure], **about: Any) -> None:
    """Print a part of the table, and store it with its circumstances in bench/results.json."""
    print(f"\n{title}\n{line(COLUMNS)}")
    for figure in figures:
        print(line(figure.cells), flush=True)
    kept, told = {}, []
    if RESULTS.exists():
        kept = json.loads(RESULTS.read_text())
    for figure in figures:
        judged = {"ratio": figure.ratio, "verdict": figure.verdict}
        told.append(figure._asdict() | judged)
    kept[benchmark] = circumstances() | {"title": title, "figures": told} | about
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def memory() -> Figure:
    """Return this process's peak memory: ours, the floor's and the benchmark's."""
    return Figure("this process, memory at most", peak_mb(os.getpid()), "MB")


def line(cells: Sequence[str]) -> str:
    """Return a row of the table as a terminal shows it."""
    what, *others = (
        f"{cell:{'>' if place else ''}{width}}"
        for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return f"  {what}{''.join(others)}".rstrip()
