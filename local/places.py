"""The dispatched position in a stream, which outlives the run."""

import json
import logging
import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.directory import read_json, write_json

_log = logging.getLogger(__name__)


class Places:
    """The dispatched position of each shard, in a file if the store's data outlive the run."""

    def __init__(self, path: Path | None, stream_arn: str) -> None:
        """Read the file; another stream's is ignored, and an unreadable one is reported."""
        self._path = path
        self._stream_arn = stream_arn
        self._file: int | None = None  # open once something is written
        self._places = _kept_places(path, stream_arn) if path and path.exists() else {}

    def of(self, shard: str) -> str | None:
        """Return the sequence number of the last record that is done, or None."""
        return self._places.get(shard)

    def forget(self, shard: str) -> None:
        """Forget a shard's position: the next start reads it from its beginning."""
        self._places.pop(shard, None)

    def save(self, shard: str, sequence_number: str) -> None:
        """Save a position, once all records up to it are done."""
        self._places[shard] = sequence_number
        if self._path:
            self._write(self._path, {"stream_arn": self._stream_arn, "shards": self._places})

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        """Write in place: a new file for each batch took a twelfth of a delivery's CPU.

        The end of the process does not interrupt so short a write.
        """
        if self._file is None:
            write_json(path, content)
            self._file = os.open(path, os.O_WRONLY)
            weakref.finalize(self, os.close, self._file)
        text = json.dumps(content).encode()
        os.pwrite(self._file, text.ljust(os.fstat(self._file).st_size), 0)


def _kept_places(path: Path, stream_arn: str) -> dict[str, str]:
    kept = read_json(path)
    if isinstance(kept.get("stream_arn"), str) and kept["stream_arn"] != stream_arn:
        return {}
    places = places_in(kept)
    if places is None:
        _log.warning(
            "taskhook: %s holds no places in the stream of tasks; it is read from its beginning",
            path,
        )
    return places or {}


def places_in(kept: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the positions by shard from the file; None if it contains none."""
    places = kept.get("shards")
    if not isinstance(places, dict) or not isinstance(kept.get("stream_arn"), str):
        return None
    are_places = all(isinstance(place, str) and place.isdecimal() for place in places.values())
    return places if are_places else None
