"""Plain explanations of database errors, which the store reports only to its callers."""

import logging
import re
import socket
import threading
from pathlib import Path
from typing import NamedTuple

_log = logging.getLogger(__name__)


class Trouble(NamedTuple):
    """A kind of trouble: its name, its explanation, and how the store reports it."""

    name: str
    meaning: str
    said: re.Pattern[str]

    def told(self, database: Path) -> str:
        """Return the problem, its place and the remedy."""
        return f"{self.name}: {self.meaning.format(folder=database.parent, database=database)}"


TROUBLES = (
    Trouble(
        "the disk is full",
        "nothing can be stored in {folder}, so adds are refused until you free space; tasks "
        "answered OK are kept",
        re.compile(r"disk is full|No space left"),
    ),
    Trouble(
        "the disk fails",
        "{database} cannot be read or written: check the disk and its quota",
        re.compile(r"disk I/O error"),
    ),
    Trouble(
        "the database is damaged",
        "{database} cannot be read: stop Taskhook, then restore {folder} from a copy, or move it "
        "away to start empty",
        re.compile(r"disk image is malformed|not a valid SQLite database|file is not a database"),
    ),
    Trouble(
        "the database is of another version",
        "{database} was written by another dynoxide: start with the one that wrote it, or choose "
        "another --data-dir",
        re.compile(r"no such (table|column): |has no column named |schema version"),
    ),
    Trouble(
        "the database is read-only",
        "{database} cannot be written: give the user of this run write access to {folder}",
        re.compile(r"readonly database"),
    ),
)


def trouble_in(said: str) -> Trouble | None:
    """Return the trouble in a store's message; None if it is about something else."""
    return next((trouble for trouble in TROUBLES if trouble.said.search(said)), None)


class Watch:
    """Watches the store's answers to this process, and reports each kind of trouble once."""

    def __init__(self, database: Path, run: int) -> None:
        """Watch nothing yet.

        Args:
            database: The store's.
            run: The run's id in both processes: the parent's process id.
        """
        self._database, self._run = database, run
        self._latest = threading.local()
        self._claims: dict[str, socket.socket] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Start a request: forget this thread's earlier answers."""
        self._latest.trouble = None

    def name(self) -> str | None:
        """Return the name of the trouble of this thread's latest call, or None."""
        trouble: Trouble | None = getattr(self._latest, "trouble", None)
        return trouble and trouble.name

    def note(self, _operation: str, _asked: object, status: int, message: str) -> None:
        """Note an answer of the store: its status, and an error's message."""
        self._latest.trouble = None
        if status >= 500:
            self._latest.trouble = trouble = trouble_in(message)
            if trouble and self._is_news(trouble):
                _log.error("taskhook: %s", trouble.told(self._database))

    def _is_news(self, trouble: Trouble) -> bool:
        """Tell whether this is the run's first report, even on a full disk."""
        with self._lock:
            if trouble.name in self._claims:
                return False
            claim = self._claims[trouble.name] = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0taskhook {self._run} {trouble.name}")
            except OSError:
                return False
            return True
