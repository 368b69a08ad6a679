"""Commands that are printed to be pasted into the shell in which this one was typed."""

import shlex
import sys

from chalicelib.domain.printable import one_line
from tools.verbs.parts import Args


def pasted(args: Args, *words: str) -> str:
    """Return a command that starts as this one did, with its `--local` and `--data-dir`."""
    # The shell need not find `taskhook`, and its `python` need not be that of .venv.
    start = [sys.argv[0]] if args.program == "taskhook" else [sys.executable, sys.argv[0]]
    to = ["--local"] if args.local else []
    if args.data_dir:
        to += ["--data-dir", str(args.data_dir)]
    return one_line(shlex.join([*start, *words, *to]))
