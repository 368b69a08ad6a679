"""The plots of docs/scaling.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.common import ROOT
from bench.simulation.figures import Figures

_IMAGES = ROOT / "docs/img"
_MOST_LIMITS = 6  # drawn limits

mpl.rcParams.update(
    {"svg.hashsalt": "taskhook", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}
)

Lines = Mapping[str, Sequence[tuple[float, float]]]


def draw_lags(kinds: Mapping[str, Sequence[Figures]]) -> None:
    """Draw the p99 of OK to arrival by rate, per kind of load, up to the highest sustained rate."""
    lines = {}
    for kind, rows in kinds.items():
        lines[kind] = [(row.load.rate, row.p99) for row in rows if row.keeps_up]
    _draw(_IMAGES / "scaling-lags.svg", lines, "OK to arrival, p99 (s)")


def draw_limits(rows: Sequence[Figures]) -> None:
    """Draw the use of limits by rate: the most used ones at the highest rate."""
    names = [name for name, _ in rows[-1].nearest[:_MOST_LIMITS]]
    lines = {name: [(row.load.rate, row.uses[name]) for row in rows] for name in names}
    _draw(_IMAGES / "scaling-limits.svg", lines, "asked for, 1 is all of it")


def _draw(path: Path, lines: Lines, name: str) -> None:
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for label, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    axes.set(xscale="log", yscale="log", xlabel="tasks a second", ylabel=name)
    figure.legend(loc="outside right upper")
    figure.savefig(path, metadata={"Date": None})
    path.write_text("".join(line.rstrip() + "\n" for line in path.read_text().splitlines()))
