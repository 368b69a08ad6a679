"""Run a program that dies with its parent: `die_with_parent.py PARENT PROGRAM ARGUMENT...`.

It imports nothing of ours and is started by its path: it costs a few milliseconds and forks no
threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Tie this process's life to PARENT, then become PROGRAM."""
    parent, *program = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # the parent ended before
        return
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # the parent blocks the signals it waits for
    os.execv(program[0], program)  # noqa: S606 -- no shell


if __name__ == "__main__":
    main()
