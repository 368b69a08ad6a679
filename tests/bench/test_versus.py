"""Two commits measured in turns: what is printed of them, and where the other one lives."""

import shutil
import sys
from pathlib import Path

from bench.versus.__main__ import table
from bench.versus.checkout import install
from tools.package import ROOT


def test_the_ratio_is_that_of_each_round_and_its_spread_is_shown():
    rounds = [
        [{"an add": 2.0}, {"an add": 1.0}],
        [{"an add": 4.0}, {"an add": 1.0}],
        [{"an add": 2.0}, {"an add": 2.0}],
    ]

    [heads, line] = table(["abc", "here"], rounds)

    assert heads.split() == ["abc", "here", "ratio", "least", "to", "most"]
    assert line.split() == ["an", "add", "2.00", "1.00", "0.50", "0.25", "to", "1.00"]


def test_a_commit_that_would_install_the_same_shares_what_is_installed(tmp_path):
    (tmp_path / "requirements").mkdir()
    for name in ("Makefile", "requirements/run.txt"):
        shutil.copyfile(ROOT / name, tmp_path / name)

    install(tmp_path)

    assert (tmp_path / ".venv").resolve() == Path(sys.prefix).resolve()
