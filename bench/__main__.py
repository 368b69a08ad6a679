"""Run every benchmark, each in its own process: `python -m bench`."""

import subprocess
import sys
import time

from bench.common import ROOT

BENCHMARKS = (
    "add",
    "sources",
    "arrival",
    "dispatch",
    "filters",
    "formats",
    "cold",
    "growth",
    "reads",
    "neighbours",
    "api",
    "pages",
)


def main() -> int:
    """Run the benchmarks in sequence and print one table. Exit 1 if one failed."""
    begun = time.monotonic()
    codes = [
        subprocess.call([sys.executable, "-m", f"bench.{name}"], cwd=ROOT) for name in BENCHMARKS
    ]
    print(
        f"\nMeasured in {time.monotonic() - begun:.0f} s; date, commit, machine and versions: "
        f"bench/results.json"
    )
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
