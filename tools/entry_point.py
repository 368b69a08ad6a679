"""Writes `.venv/bin/taskhook`, the command line that works in any folder."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@" #'''
# Taskhook's command line; `make setup` writes this file.
import gc
import sys

gc.disable()  # as manage.py does
sys.path[0] = {root!r}
from manage import main

main()
"""
"""A shell starts it, since the first line of a script holds no path with spaces."""


def install(path: Path, python: Path = Path(sys.executable), root: Path = _ROOT) -> None:
    """Write the program that runs `manage.py` of `root` with a Python."""
    path.write_text(_SCRIPT.format(python=python, root=str(root)))
    path.chmod(0o755)


if __name__ == "__main__":
    install(Path(sys.argv[1]))
