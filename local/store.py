"""The stores: dynoxide on disk, moto in memory, or a running DynamoDB."""

import http.client
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from local.directory import CannotStart
from local.loopback import free_port, hidden_address
from local.patience import START
from local.trouble import trouble_in

_log = logging.getLogger(__name__)
DATABASE = "taskhook.db"
"""The name of dynoxide's file in the data directory."""

_LEASH = Path(__file__).with_name("die_with_parent.py")

# Without an index, dynoxide scans a table's whole stream at each write and each read of the stream
# (MAX and > of a number stored as text): with 20,000 tasks a write took 60 ms instead of 1.6 ms.
_INDEXING = (
    (
        "CREATE INDEX IF NOT EXISTS taskhook_stream_end ON _stream_records (table_name, "
        "CAST(sequence_number AS INTEGER))"
    ),
    "DROP INDEX IF EXISTS taskhook_stream_place",  # of an earlier version, which had two
)


class Store(NamedTuple):
    """A DynamoDB.

    Attributes:
        url: Its URL for this run's processes; empty: in the memory of one of them.
        lasts: Whether its data outlive the run.
        is_ours: Whether it belongs to this run and must be protected from others.
    """

    url: str
    lasts: bool
    is_ours: bool


@contextmanager
def opened(choice: str, data_dir: Path) -> Iterator[Store]:
    """Open the store: `dynoxide`, `memory`, or the URL of a running one.

    Raises:
        CannotStart: It does not answer.
    """
    binary = find_dynoxide() if choice == "dynoxide" else None
    address = hidden_address() if binary else None
    if binary and address:
        with _Dynoxide(binary, data_dir, address) as url:
            yield Store(url, lasts=True, is_ours=True)
    elif choice in {"dynoxide", "memory"}:
        if choice == "dynoxide":
            why = "cannot be kept from web pages here" if binary else "is not installed"
            _log.warning(
                "taskhook: dynoxide %s: data is kept in memory and lost when this run ends", why
            )
        yield Store("", lasts=False, is_ours=True)
    else:
        if not _answers(choice, START):
            raise CannotStart(f"the store {choice} does not answer")
        yield Store(choice.rstrip("/"), lasts=True, is_ours=False)


def find_dynoxide() -> str | None:
    """Return the binary's path: from `make setup`, else on PATH; None if missing."""
    installed = Path(sys.prefix, "dynoxide/node_modules/@dynoxide/linux-x64/dynoxide")
    return shutil.which(installed) or shutil.which("dynoxide")


class _Dynoxide:
    """A dynoxide that ends with this process, restarts if it ends earlier, and keeps its data.

    It answers every caller, web pages included, so it listens at a hidden address; `local.door`
    admits others.
    """

    def __init__(self, binary: str, data_dir: Path, address: str) -> None:
        self._database = data_dir / DATABASE
        self._log_file = data_dir / "dynoxide.log"
        port = free_port()
        self._url = f"http://{address}:{port}"
        self._command = [sys.executable, "-IS", str(_LEASH), str(os.getpid()), binary]
        self._command += ["--host", address, "--port", str(port), "--db-path", str(self._database)]
        self._ending = threading.Event()
        self._process = self._start()
        self._guard = threading.Thread(target=self._keep_running, name="dynoxide", daemon=True)

    def __enter__(self) -> str:
        try:
            self._wait_until_it_answers()
            _index_stream(self._database)
        except BaseException:
            self._end()
            raise
        self._guard.start()
        return self._url

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._end()
        self._guard.join()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log_file.open("wb") as log:
            # Its own session: Ctrl-C reaches only this process, which stops the store last.
            return subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)

    def _wait_until_it_answers(self) -> None:
        give_up_at = time.monotonic() + START
        while not _answers(self._url):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                said = self._log_file.read_text(errors="replace").strip().splitlines() or [
                    "it printed nothing"
                ]
                if trouble := trouble_in(said[-1]):
                    raise CannotStart(f"{trouble.told(self._database)} (dynoxide says: {said[-1]})")
                raise CannotStart(f"dynoxide did not start on {self._database}: {said[-1]}")
            time.sleep(0.01)

    def _keep_running(self) -> None:
        while not self._ending.is_set():
            code = self._process.wait()
            if not self._ending.wait(0.2):
                _log.warning("taskhook: dynoxide ended with code %s; restarting it", code)
                self._process = self._start()

    def _end(self) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
            return
        self._process.kill()
        self._process.wait()


def _index_stream(database: Path) -> None:
    try:
        with closing(sqlite3.connect(database, timeout=START)) as connection, connection:
            for statement in _INDEXING:
                connection.execute(statement)
    except sqlite3.Error as error:
        _log.warning("taskhook: dynoxide's stream has no index and will be slow (%s)", error)


def _answers(url: str, patience: float = 3) -> bool:
    """Tell whether a URL gives any HTTP answer within some seconds."""
    address = urlsplit(url)
    with closing(
        http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=patience)
    ) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
    return True
