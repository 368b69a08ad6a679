"""What calls the event handlers, as Lambda's event source mappings do: the stream of tasks to `dispatch`."""

import logging
import threading
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from chalice.local import LambdaContext

from local.lanes import Handler, Lanes, Record
from local.stream import PAGE, Places, Stream

_log = logging.getLogger(__name__)
_IDLE = 0.25  # seconds between looks at a stream where nothing happens; a request through the gateway looks at once
_SOON = 0.01  # seconds to the next look when that found nothing: a store's stream may lag. Doubles up to _IDLE
_AFTER_ERROR = 0.5  # seconds
_READ_AHEAD = 2_000  # records that may wait for a lane
_TIMEOUT_MS = 60_000  # what a handler is told that it has


class StreamPump:
    """Feeds a stream's records to a handler, soon after `nudge` or within a quarter of a second."""

    def __init__(self, stream_arn: str, handler: Handler, place_file: Path | None) -> None:
        """Begin where `place_file` says that the last run ended; without one, at the stream's beginning."""
        places = Places(place_file, stream_arn)
        self._stream = Stream(stream_arn, places)
        self._lanes = Lanes(handler, lambda: LambdaContext("dispatch", 512, _TIMEOUT_MS), places.save)
        self._nudged = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Dispatch what is in the stream, as far as 2 s allow."""
        self._stopping.set()
        self._nudged.set()
        self._thread.join(1)
        self._lanes.stop(1)

    def nudge(self) -> None:
        """Say that there may be something new."""
        self._nudged.set()

    def _run(self) -> None:
        pause = _IDLE
        while not self._stopping.is_set():
            was_nudged = self._nudged.wait(pause)
            self._nudged.clear()
            found = self._look()
            pause = self._pause_after(found, pause, was_nudged=was_nudged)
        while self._look():
            pass

    def _pause_after(self, found: int, pause: float, *, was_nudged: bool) -> float:
        if found >= PAGE:
            return 0
        if was_nudged and not found:
            return _SOON
        return _IDLE if found else min(2 * pause or _SOON, _IDLE)

    def _look(self) -> int:
        """Take what is new and return how many records that was."""
        try:
            return sum(map(self._take, self._stream.look()))
        except (BotoCoreError, ClientError) as error:
            _log.warning("taskhook: the stream of tasks cannot be read: %s", error)
            self._stopping.wait(_AFTER_ERROR)
            return 0

    def _take(self, records: list[Record]) -> int:
        self._lanes.put(records)
        while self._lanes.backlog > _READ_AHEAD and not self._stopping.wait(0.01):
            pass
        return len(records)
