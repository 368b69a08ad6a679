"""Write the last measurements into docs/speed.md, and draw its two pictures.

Run it after `make bench`: `python -m bench.document`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from bench.__main__ import BENCHMARKS
from bench.common import ROOT
from bench.figures import COLUMNS, RESULTS, Figure

PAGE = ROOT / "docs/speed.md"
IMAGES = ROOT / "docs/img"
_TABLE = re.compile(r"(<!-- figures -->\n).*(<!-- end of figures -->)", re.DOTALL)


def table(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures of all benchmarks as Markdown."""
    parts = []
    for measured in kept.values():
        rows = [
            Figure(*(row[name] for name in Figure._fields)).cells for row in measured["figures"]
        ]
        lines = [COLUMNS, ("---", *["---:"] * 4, "---"), *rows]
        cells = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        when = f"{measured['at']}, commit {measured['commit'][:7]}, load {measured['load']}"
        parts.append(f"**{measured['title']}**\n\n{cells}\n\n({when})\n")
    newest = max(kept.values(), key=lambda measured: measured["at"])
    versions = ", ".join(f"{name} {number}" for name, number in newest["versions"].items())
    return f"{newest['machine']}; Python {newest['python']}, {versions}.\n\n" + "\n".join(parts)


def draw(name: str, title: str, across: str, curves: Mapping[str, Mapping[str, float]]) -> None:
    """Draw curves of ms into an image; the same data give the same file."""
    drawing = Drawing(figsize=(9, 4), layout="constrained")
    axes: Axes = drawing.add_subplot()
    for label, curve in curves.items():
        axes.plot(
            [f"{int(size):,}" for size in curve], list(curve.values()), marker="o", label=label
        )
    axes.set(title=title, xlabel=across, ylabel="ms", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    drawing.legend(loc="outside right upper", fontsize="small")
    drawing.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})


def main() -> None:
    """Write the page and draw the images."""
    if not RESULTS.exists():
        raise SystemExit("nothing was measured yet: run make bench")
    kept = json.loads(RESULTS.read_text())
    kept = {name: kept[name] for name in BENCHMARKS if "load" in kept.get(name, ())}
    PAGE.write_text(
        _TABLE.sub(lambda found: found[1] + "\n" + table(kept) + "\n" + found[2], PAGE.read_text())
    )
    mpl.rcParams["svg.hashsalt"] = "taskhook"
    if "growth" in kept:
        draw(
            "growth",
            "A call, by what is there already",
            "tasks or deliveries",
            kept["growth"]["curves"],
        )
    if "dispatch" in kept:
        draw(
            "endpoints", "CPU of a delivery, by endpoints", "endpoints", kept["dispatch"]["curves"]
        )


if __name__ == "__main__":
    main()
