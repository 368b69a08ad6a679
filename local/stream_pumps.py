"""Calls a handler for the records of streams, as Lambda's event source mappings do."""

import logging
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from chalice.local import LambdaContext

from local.event_source_mapping import CALLS, EventSourceMapping, Handler
from local.places import Places
from local.records import Record
from local.stream import Stream
from local.writes import table_of

LOOKS_APART = 0.01
"""Least seconds between two reads of the stream: records that arrive in between form one batch."""

_log = logging.getLogger(__name__)
_SOON = 0.01  # seconds after an empty read, doubled each time; a stream may lag
_AFTER_ERROR = 0.5  # seconds
_READ_AHEAD = 2_000  # most records that wait for a worker
_TIMEOUT_MS = 60_000  # the remaining time shown to a handler


class StreamPump:
    """Feeds a stream's records to a handler, soon after `nudge`."""

    looks_apart = LOOKS_APART
    failure_level = logging.WARNING

    def __init__(
        self,
        stream_arn: str,
        handler: Handler,
        place_file: Path | None,
        idle: float,
        calls: int = CALLS,
    ) -> None:
        """Start at the last run's position in `place_file`, or at the stream's beginning.

        Args:
            stream_arn: The stream's ARN.
            handler: Called with the records.
            place_file: See above.
            idle: Seconds between reads without a nudge.
            calls: Most concurrent calls of the handler.
        """
        places = Places(place_file, stream_arn)
        self._stream = Stream(stream_arn, places)
        self._mapping = EventSourceMapping(
            handler, lambda: LambdaContext("dispatch", 1024, _TIMEOUT_MS), places.save, calls
        )
        self._idle = idle
        self._nudged = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Start shutdown: dispatch the rest of the stream, and wait for no more records."""
        self._stopping.set()
        self._nudged.set()

    def __exit__(self, *_: object) -> None:
        """Dispatch the rest of the stream within about 3 s."""
        self.stop()
        self._thread.join(0.5)
        self._mapping.stop(2.5)

    def nudge(self) -> None:
        """Report that there may be new records."""
        self._nudged.set()

    def _run(self) -> None:
        pause = self._idle
        while not self._stopping.is_set():
            was_nudged = self._nudged.wait(pause)
            self._nudged.clear()
            found = self._look()
            pause = self._pause_after(found, pause, was_nudged=was_nudged)
            self._stopping.wait(self.looks_apart)
        while self._look():
            pass

    def _pause_after(self, found: int, pause: float, *, was_nudged: bool) -> float:
        if self._stream.may_have_more:
            return 0
        if was_nudged and not found:
            return _SOON
        return self._idle if found else min(2 * pause or _SOON, self._idle)

    def _look(self) -> int:
        """Read new records and return their number."""
        try:
            return sum(map(self._take, self._stream.look()))
        except (BotoCoreError, ClientError) as error:
            _log.log(self.failure_level, "taskhook: the stream of tasks cannot be read: %s", error)
            self._stopping.wait(_AFTER_ERROR)
            return 0

    def _take(self, records: list[Record]) -> int:
        self._mapping.put(records)
        while self._mapping.backlog > _READ_AHEAD and not self._stopping.wait(0.01):
            pass
        return len(records)


class _QuietPump(StreamPump):
    """A pump for a stream with few records, read less often; the other one reports failures."""

    looks_apart = 0.1
    failure_level = logging.INFO


class StreamPumps:
    """A pump for each stream; the first one has the most writes."""

    def __init__(
        self,
        streams: Sequence[tuple[str, Path | None]],
        handler: Handler,
        idle: float,
        calls: int = CALLS,
    ) -> None:
        """Prepare; `streams` has the ARN and the position file of each."""
        (first, place), *others = streams
        self._pumps = {table_of(first): StreamPump(first, handler, place, idle, calls)}
        for arn, file in others:
            self._pumps[table_of(arn)] = _QuietPump(arn, handler, file, idle, calls)
        self._begun = ExitStack()

    def __enter__(self) -> None:
        """Begin."""
        for pump in self._pumps.values():
            self._begun.enter_context(pump)

    def stop(self) -> None:
        """Start shutdown of all."""
        for pump in self._pumps.values():
            pump.stop()

    def __exit__(self, *_: object) -> None:
        """Dispatch the rest of all streams."""
        self.stop()
        self._begun.close()

    def nudge(self, tables: Iterable[str] | None = None) -> None:
        """Report that there may be new records of these tables; None: of any."""
        for table in self._pumps if tables is None else tables:
            self._pumps[table].nudge()
