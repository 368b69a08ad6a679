"""`make run` sets up `.venv`: with uv, with pip where uv cannot, and again after an interruption.

The programs of `.venv` are scripts that write down what they are asked to do.
"""

import os
import shutil
import subprocess

import pytest

from tools.package import ROOT

_PROGRAM = """#!/bin/sh
echo "${{0##*/}} $*" >> {log}
case "$*" in *"pip install"*) [ ! -e {folder}/fails-${{0##*/}} ];; esac
"""

BY_UV = (
    "uv pip install --quiet --system-certs{}"
    " --python .venv --no-deps --require-hashes -r requirements/run.txt"
)
BY_PIP = (
    "python -m pip install --quiet --disable-pip-version-check{}"
    " --no-deps --require-hashes -r requirements/run.txt"
)

pytestmark = pytest.mark.process


class SetUp:
    """A checkout whose programs only write down what they are asked."""

    def __init__(self, folder):
        """Copy what make reads."""
        self.folder, self.log = folder, folder / "log"
        self.marker = folder / ".venv/ready"
        shutil.copyfile(ROOT / "Makefile", folder / "Makefile")
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        (folder / ".venv/bin").mkdir(parents=True)
        for name in ("python", "uv"):
            program = folder / ".venv/bin" / name
            program.write_text(_PROGRAM.format(log=self.log, folder=folder))
            program.chmod(0o755)
        (folder / "bin").mkdir()
        for name in ("make", "rm", "sh", "touch", "tr", "uname"):  # no npm, which would install
            (folder / "bin" / name).symlink_to(shutil.which(name))

    def break_program(self, name):
        """Let a program fail to install."""
        (self.folder / f"fails-{name}").touch()

    def run(self):
        """Make the marker; return make's exit status and what installed the lock file of a run."""
        self.log.write_text("")
        made = subprocess.run(
            ["make", "--silent", ".venv/ready"],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin")},
            capture_output=True,
            check=False,
        )
        lines = self.log.read_text().splitlines()
        return made.returncode, [line for line in lines if "requirements/run.txt" in line]


@pytest.fixture
def set_up(tmp_path):
    return SetUp(tmp_path)


def test_a_second_set_up_installs_nothing(set_up):
    assert set_up.run() == (0, [BY_UV.format(" --reinstall")])
    assert set_up.run() == (0, [])


def test_a_set_up_that_was_interrupted_does_not_trust_what_is_there(set_up):
    for name in ("uv", "python"):
        set_up.break_program(name)
    assert set_up.run()[0] != 0
    assert not set_up.marker.exists()
    (set_up.folder / "fails-uv").unlink()

    assert set_up.run() == (0, [BY_UV.format(" --reinstall")])


def test_a_changed_lock_file_installs_only_what_is_missing(set_up):
    set_up.run()
    os.utime(set_up.marker, (0, 0))

    assert set_up.run() == (0, [BY_UV.format("")])


def test_an_interrupted_change_is_not_taken_for_a_set_up(set_up):
    set_up.run()
    os.utime(set_up.marker, (0, 0))
    for name in ("uv", "python"):
        set_up.break_program(name)

    assert set_up.run()[0] != 0
    assert not set_up.marker.exists()


def test_pip_installs_where_uv_cannot(set_up):
    set_up.break_program("uv")

    assert set_up.run() == (
        0,
        [BY_UV.format(" --reinstall"), BY_PIP.format(" --ignore-installed")],
    )


def test_pip_installs_where_there_is_no_uv(set_up):
    (set_up.folder / ".venv/bin/uv").unlink()

    assert set_up.run() == (0, [BY_PIP.format(" --ignore-installed")])
