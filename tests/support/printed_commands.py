"""Commands that our tools print, run by bash one after the other as they stand there."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.local_run import ROOT

# A make that installs nothing: neither it nor the one that it calls itself.
_MAKE = """#!/bin/bash -e
PATH=${PATH#*:}
exec make -o .venv/ready MAKE="$0" "$@"
"""


def commands_of(told: str) -> list[str]:
    """Return the indented lines of a message."""
    return re.findall("^  (.*)$", told, re.MULTILINE)


def run_as_printed(
    command: str, folder: Path, *, line: str = "", environ: Mapping[str, str] = {}
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a shell of the repository, and type a line if it asks for one."""
    program = folder / "make"
    program.write_text(_MAKE)
    program.chmod(0o755)
    own = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, **environ, **own},
        input=line,
        capture_output=True,
        text=True,
        check=False,
    )
