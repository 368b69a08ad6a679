"""The event sources in their own process: queues, the callers of the three handlers, the door.

In one process HTTP and deliveries would share one interpreter lock. Parent and child exchange lines
of JSON over a pair of sockets, the child's standard input; when it closes, the parent is gone and
the child exits at once.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from local import terminal
from local.backends import services
from local.credentials import Credentials
from local.directory import CannotStart
from local.door import Door
from local.environment import Cloud
from local.patience import START
from local.queue import Queues
from local.sqs import Sqs
from local.store import DATABASE
from local.trouble import Watch

_log = logging.getLogger(__name__)
_STOP = "stop"
_SWEEP_EVERY = 60.0  # seconds
_IDLE = 2.0  # seconds between looks at an idle stream: each write of gateway or door nudges
_IDLE_ELSEWHERE = 0.5  # the same for an external store, whose writes do not nudge
_BACKLOG = 128  # connections waiting for the child
_PATIENCE = 3.5  # seconds to finish work in flight


class _Line:
    """One end of the line between parent and child."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._heard = end.makefile("r", encoding="utf-8")

    def say(self, content: object, patience: float = START) -> None:
        """Send a line; wait up to `patience` seconds for room. Raises OSError."""
        self._socket.settimeout(patience)
        self._socket.sendall(_encoded(content))

    def mention(self, content: object) -> None:
        """Send a line if there is room now. Raises OSError: there is none, or the peer is gone."""
        # A socket with a timeout waits for room first, whatever the flags say.
        if self._socket.gettimeout() is not None:
            self._socket.settimeout(None)
        self._socket.send(_encoded(content), socket.MSG_DONTWAIT)

    def hear(self, patience: float | None = None) -> Any:
        """Wait up to `patience` seconds for the peer's next line; None: no limit.

        Raises:
            EOFError: The peer is gone.
            OSError: The time is up.
        """
        self._socket.settimeout(patience)
        line = self._heard.readline()
        if not line:
            raise EOFError
        return json.loads(line)


def _encoded(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"


class Events:
    """The parent's handle of the child."""

    def __init__(self, dispatches: int) -> None:
        """Start it. `dispatches` is `calls` of `EventSourceMapping`."""
        ours, theirs = socket.socketpair()
        with theirs, socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as door:
            self.url = f"http://127.0.0.1:{door.getsockname()[1]}"
            # Its own session: Ctrl-C reaches only the parent, which then stops the child.
            command = [sys.executable, "-m", __name__, str(door.fileno()), str(dispatches)]
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), pass_fds=[door.fileno()], start_new_session=True
            )
        self._line = _Line(ours)
        self._ending = False
        self.has_failed = False

    def __enter__(self) -> "Events":  # noqa: PYI034 -- Self is of Python 3.11
        """Return itself, already started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, if it still runs."""
        self._ending = True
        self._process.kill()
        self._process.wait()

    def enter(self, cloud: Cloud, behind_the_door: str | None) -> None:
        """Send the stores' addresses and the door's services (`backends.services`).

        Raises CannotStart.
        """
        with _reaching():
            self._line.say([cloud, behind_the_door])

    def wait(self) -> None:
        """Wait until the door at `url` is open. Raises CannotStart."""
        with _reaching():
            self._line.hear(START)

    @contextmanager
    def calling(self, streams: Sequence[tuple[str, Path | None]]) -> Iterator[None]:
        """Call the handlers once tables and queues exist; on exit finish work in flight.

        Args:
            streams: The ARN of each stream, the busiest first, and the file of its position.

        Raises:
            CannotStart: The child has ended.
        """
        with _reaching():
            self._line.say([(arn, place and str(place)) for arn, place in streams])
            self._line.hear(START)
        threading.Thread(target=self._watch, name="events", daemon=True).start()
        yield
        self._ending = True
        give_up_at = time.monotonic() + _PATIENCE
        with suppress(OSError, subprocess.TimeoutExpired):
            self._line.say(_STOP, _PATIENCE)
            self._process.wait(max(0, give_up_at - time.monotonic()))

    def nudge(self, tables: Iterable[str]) -> None:
        """Report that the streams of these tables may have new records; never block."""
        # The child has many of these to read already, or is gone.
        with suppress(OSError):
            self._line.mention(list(tables))

    def _watch(self) -> None:
        code = self._process.wait()
        if not self._ending:
            _log.error(
                "taskhook: the process that calls the event handlers ended with code %s; stopping",
                code,
            )
            self.has_failed = True
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise CannotStart("the process that calls the event handlers does not start") from error


def main() -> None:
    """Run as the child until the parent stops it or is gone; signals to both are ignored."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    terminal.show_log()
    threading.excepthook = _end_with
    parent = _Line(socket.socket(fileno=sys.stdin.fileno()))
    try:
        _serve(parent, socket.socket(fileno=int(sys.argv[1])))
    except SystemExit:  # invalid configuration: the parent reports it
        os._exit(1)


def _end_with(failure: threading.ExceptHookArgs) -> None:
    """End the run after an unexpected thread failure: it would answer `OK` but deliver nothing."""
    name = failure.thread.name if failure.thread else "without a name"
    _log.critical("taskhook: the thread %s failed: %r", name, failure.exc_value)
    os._exit(1)


def _serve(parent: _Line, listening: socket.socket) -> None:
    content, behind_the_door = _hear(parent)
    cloud, queues = Cloud(*content), Queues()
    keys = Credentials(cloud.aws_access_key_id, cloud.aws_secret_access_key)
    door = Door(listening, keys, services(behind_the_door, Sqs(queues, cloud.sqs_url)))
    with door:
        parent.say("ready")
        cloud.enter()
        os.environ["_HANDLER"] = "app.dispatch"  # as Lambda has it: `app` loads no pages
        from local import system  # noqa: PLC0415 -- it reads the environment
        from local.expiry import expiring  # noqa: PLC0415
        from local.pumps import Clock, QueuePump  # noqa: PLC0415
        from local.stream_pumps import StreamPumps  # noqa: PLC0415

        retries = QueuePump(system.create_queues(queues), system.retry)
        streams = [(arn, place and Path(place)) for arn, place in _hear(parent)]
        idle = _IDLE_ELSEWHERE if behind_the_door is None else _IDLE
        pumps = StreamPumps(streams, system.dispatch, idle, int(sys.argv[2]))
        door.changed = pumps.nudge
        places = [place for _, place in streams if place]
        if behind_the_door and places:
            system.listen(Watch(places[0].with_name(DATABASE), os.getppid()).note)
        clock = Clock(expiring(system.sweep, behind_the_door, places), _SWEEP_EVERY)
        with retries, clock, pumps:
            parent.say("begun")
            while (heard := _hear(parent)) != _STOP:
                pumps.nudge(heard)
            for part in (retries, clock, pumps):  # all at once: new work may not finish
                part.stop()
        os._exit(0)  # nothing is left to save


def _hear(parent: _Line) -> Any:
    try:
        return parent.hear()
    except (EOFError, OSError):
        os._exit(1)  # the parent is gone: nothing to finish


if __name__ == "__main__":
    main()
