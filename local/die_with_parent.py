"""Run a program that dies with its parent: `die_with_parent.py PARENT PROGRAM ARGUMENT...`.

It stands alone and is started by its path, so that it costs a few milliseconds and no thread is
forked.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Put this process on the leash of PARENT, then become PROGRAM."""
    parent, *program = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended before the leash was on
        return
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # the parent blocks what it waits for
    os.execv(program[0], program)  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    main()
