"""The line between the two processes of a run."""

import socket
import threading

from local.events import _Line


def test_who_has_spoken_waits_for_the_other_however_long_it_is_silent():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = _Line(ours)
        line.say("ready", patience=0.05)
        threading.Timer(0.3, theirs.sendall, [b'"look"\n']).start()

        assert line.hear() == "look"
