"""The data directory: one run at a time, and its small JSON files."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from chalicelib.domain.errors import TaskhookError

_PATIENCE = 0.5  # seconds; `running` takes the lock for an instant


class CannotStart(TaskhookError):
    """Taskhook cannot start; the message gives the reason in one line."""


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically: readers find it complete, even after a crash."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clear(path: Path) -> None:
    """Remove a file that is written later, so that readers do not find an earlier run's.

    Raises:
        CannotStart: It cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; empty if it is missing or broken."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


class DataDirectory:
    """The directory of a run's data."""

    def __init__(self, path: Path) -> None:
        """Name the directory; `held` creates it."""
        self.path = path
        self._run = path / "run.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the directory; the kernel unlocks it when the process ends, even by `kill -9`.

        Raises:
            CannotStart: Another run has it, or it cannot be written.
        """
        try:
            self.path.mkdir(
                mode=0o700, parents=True, exist_ok=True
            )  # it contains tokens and secrets
            lock = self._open_lock("a")
        except OSError as error:
            raise CannotStart(
                f"the data directory {self.path} cannot be used: {error.strerror}"
            ) from error
        with lock:
            if not _take(lock, fcntl.LOCK_EX, patience=_PATIENCE):
                way_out = "stop it, or choose another with --data-dir (make run DATA_DIR=...)"
                raise CannotStart(f"Taskhook already runs on {self.path}: {way_out}")
            self._close()
            try:
                yield
            finally:
                self._run.unlink(missing_ok=True)

    def _close(self) -> None:
        """Restrict earlier builds' files to their owner; they relied on the directory's mode."""
        for path in self.path.iterdir():
            if path.is_file() and not path.is_symlink():
                path.chmod(0o600)

    def publish(self, run: Mapping[str, Any]) -> None:
        """Publish the addresses of this run's stores for `running`."""
        write_json(self._run, run)

    def running(self) -> dict[str, Any] | None:
        """Return the publication of the directory's current run, or None."""
        try:
            with self._open_lock("r") as lock:
                abandoned = _take(lock, fcntl.LOCK_SH, patience=0)
        except OSError:
            return None
        return None if abandoned else read_json(self._run) or None

    def _open_lock(self, mode: str) -> IO[str]:
        return (self.path / "lock").open(mode, encoding="utf-8")


def _take(lock: IO[str], how: int, *, patience: float) -> bool:
    """Lock the file within `patience` seconds, or return False. Closing the file unlocks it."""
    give_up_at = time.monotonic() + patience
    while not _lock_now(lock, how):
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(0.02)
    return True


def _lock_now(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
