"""`make run` sets up `.venv`: with uv, with pip where uv cannot, and again after an interruption.

The programs of `.venv` are scripts that write down what they are asked to do.
"""

import os
import re
import shutil
import subprocess

import pytest

from tools.package import ROOT

_PROGRAM = """#!/bin/sh
echo "${{0##*/}} $*" >> {log}
case "$*" in *"pip install"*) [ ! -e {folder}/fails-${{0##*/}} ];; esac
"""

_NPM = """#!/bin/sh
echo "npm $*" >> {log}
if [ -e {folder}/fails-npm ]; then
  echo "npm error code ENOTFOUND" >&2
  echo "npm error syscall getaddrinfo" >&2
  echo "npm error errno ENOTFOUND" >&2
  echo "npm error network request to https://npm.test/ failed, reason: not found" >&2
  echo "npm error A complete log of this run can be found in: /tmp/npm.log" >&2
  exit 1
fi
echo "added 1 package"
mkdir -p {folder}/.venv/dynoxide
"""

BY_NPM = "npm install --loglevel error --no-fund --no-audit --no-save{} --prefix .venv/dynoxide {}"
BRIEFLY = " --fetch-retries=0 --fetch-timeout=20000"
NPM_FAILED = (
    "npm could not install dynoxide: data is kept in memory."
    " The next make run tries again. npm says:\n"
    "npm error code ENOTFOUND\n"
    "npm error network request to https://npm.test/ failed, reason: not found\n"
)
NO_NPM = "No npm here, so no dynoxide: data is kept in memory. Install npm, then make run again.\n"

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
        # No npm, which would install.
        for name in ("make", "mkdir", "rm", "sed", "sh", "touch", "tr", "uname"):
            (folder / "bin" / name).symlink_to(shutil.which(name))

    def add_npm(self):
        """Put an npm on PATH that writes down what it is asked, and fails as npm does."""
        npm = self.folder / "bin/npm"
        npm.write_text(_NPM.format(log=self.log, folder=self.folder))
        npm.chmod(0o755)

    def break_program(self, name):
        """Let a program fail to install."""
        (self.folder / f"fails-{name}").touch()

    def run(self):
        """Make the marker; return make's exit status and what installed the lock file of a run."""
        made = self._make(".venv/ready")
        lines = self.log.read_text().splitlines()
        return made.returncode, [line for line in lines if "requirements/run.txt" in line]

    def start(self, *settings):
        """Start a run on the platform that has dynoxide; return what make says and asks of npm."""
        made = self._make("run", "ON_LINUX_X64=yes", *settings)
        assert (made.returncode, made.stderr) == (0, "")
        lines = self.log.read_text().splitlines()
        assert lines[-1].startswith("python -m local --port 8000 ")
        return made.stdout, [line for line in lines if line.startswith("npm ")]

    def _make(self, *arguments):
        self.log.write_text("")
        return subprocess.run(
            ["make", "--silent", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin")},
            capture_output=True,
            check=False,
            text=True,
        )


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


def test_a_run_says_why_npm_failed_and_the_next_one_tries_again_until_it_works(set_up):
    [package] = re.findall(r"^DYNOXIDE := (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    set_up.add_npm()
    set_up.break_program("npm")

    first = "Installing what a run needs into .venv\n"
    assert set_up.start() == (first + NPM_FAILED, [BY_NPM.format("", package)])
    assert set_up.start() == (NPM_FAILED, [BY_NPM.format(BRIEFLY, package)])
    (set_up.folder / "fails-npm").unlink()
    assert set_up.start() == ("", [BY_NPM.format(BRIEFLY, package)])
    assert set_up.start() == ("", [])


def test_an_npm_that_comes_later_is_used_by_the_next_run(set_up):
    set_up.run()
    assert set_up.start() == (NO_NPM, [])

    set_up.add_npm()

    said, asked = set_up.start()
    assert (said, len(asked)) == ("", 1)


def test_a_run_on_another_store_does_not_ask_npm(set_up):
    set_up.run()
    set_up.add_npm()

    assert set_up.start("STORE=memory") == ("", [])
