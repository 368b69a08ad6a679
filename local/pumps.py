"""What calls the event handlers, as Lambda's event source mappings do: the stream of tasks to `dispatch`."""

import logging
import threading
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from chalice.local import LambdaContext

from local.lanes import Handler, Lanes, Record
from local.stream import Places, Stream

_log = logging.getLogger(__name__)
_IDLE = 0.25  # seconds between looks at a stream where nothing happens; a request through the gateway looks at once
_BUSY, _BUSY_FOR = 0.005, 0.05  # the same while something happened just now, for stores whose streams lag behind
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
        self._active_at = 0.0
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
        self._active_at = time.monotonic()
        self._nudged.set()

    def _run(self) -> None:
        while True:
            is_last_look = self._stopping.is_set()
            self._nudged.clear()
            try:
                found = sum(map(self._take, self._stream.look()))
            except (BotoCoreError, ClientError) as error:
                _log.warning("the stream of tasks cannot be read: %s", error)
                self._stopping.wait(_AFTER_ERROR)
                found = 0
            if is_last_look and not found:
                return
            if not found:
                self._nudged.wait(_BUSY if time.monotonic() - self._active_at < _BUSY_FOR else _IDLE)

    def _take(self, records: list[Record]) -> int:
        if records:
            self._active_at = time.monotonic()
            self._lanes.put(records)
        while self._lanes.backlog > _READ_AHEAD and not self._stopping.wait(0.01):
            pass
        return len(records)
