"""A commit in its own folder, installed by its own rules and packaged."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from bench.common import ROOT
from tools.package import ARCHIVE

FOLDER = ROOT / "out/versus"
_LOCKS = ("requirements/run.txt", "Makefile")
"""The files that `make` installs from."""


class Checkout(NamedTuple):
    """One side's code, and its Python."""

    name: str
    folder: Path
    python: Path

    @property
    def package(self) -> Path:
        """The folder of the unpacked zip."""
        return FOLDER / f"{self.name}-zip"

    def run(self, *arguments: str) -> str:
        """Run this side's Python in its folder and return the output."""
        environ = {**os.environ, "PYTHONPATH": str(self.folder)}
        command = [str(self.python), *arguments]
        return subprocess.check_output(command, cwd=self.folder, env=environ, text=True)

    def unpack(self) -> None:
        """Package the code and unpack the zip."""
        out = FOLDER / f"{self.name}-out"
        self.run("-m", "tools.package", "--out", str(out))
        with zipfile.ZipFile(out / ARCHIVE) as archive:
            archive.extractall(self.package)


def here() -> Checkout:
    """Return this working tree, with uncommitted changes."""
    return Checkout("here", ROOT, Path(sys.executable))


def of(ref: str) -> Checkout:
    """Return a checkout of a commit; its folder is made once.

    Raises:
        subprocess.CalledProcessError: git does not know it, or it could not be installed.
    """
    revision = ["git", "rev-parse", "--short=12", "--verify", f"{ref}^{{commit}}"]
    commit = subprocess.check_output(revision, cwd=ROOT, text=True).strip()
    folder = FOLDER / commit
    if not (folder / ".venv/ready").exists():
        _extract(commit, folder)
        install(folder)
    return Checkout(commit, folder, folder / ".venv/bin/python")


def _extract(commit: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.check_output(["git", "archive", commit], cwd=ROOT)
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)


def install(folder: Path) -> None:
    """Install a checkout; it shares this one's `.venv` if it would install the same packages."""
    if all(_content(folder / name) == _content(ROOT / name) for name in _LOCKS):
        (folder / ".venv").symlink_to(sys.prefix)
    else:
        subprocess.run(["make", "-C", folder, ".venv/ready"], check=True)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
