"""A full disk, a damaged file, another database version: each is named, with its remedy."""

import resource
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from local.trouble import trouble_in
from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

FULL, DAMAGED, OTHER = (
    "the disk is full",
    "the database is damaged",
    "the database is of another version",
)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


class RunOnDisk(LocalRun):
    """A local run on a disk of its own; what it says is kept on another one."""

    def __init__(self, disk: Path) -> None:
        super().__init__(disk.with_name("run"), environ={"DELIVERY_TIMEOUT": "30"})
        self._command[self._command.index("--data-dir") + 1] = str(disk / "data")


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


def lines_of(run, words):
    return [line for line in run.stderr.splitlines() if words in line]


def test_a_full_disk_is_named_in_each_refusal_and_told_once_with_what_to_do(small_disk):
    with RunOnDisk(small_disk) as run:
        with filled(small_disk):
            refused = [run.add(title="x" * 200).status for _ in range(20)]
            wait_until(lambda: len(lines_of(run, f"GET / 503 {FULL}")) == refused.count(503))
            told = lines_of(run, f"taskhook: {FULL}")
        after = run.wait_until(lambda: run.add(title="x").status == 200)

    refusal = (
        f"nothing can be stored in {small_disk / 'data'}, so adds are refused until you free space"
    )
    assert (refused[-1], after) == (503, True)
    assert told == [f"taskhook: {FULL}: {refusal}; tasks answered OK are kept"]
    assert not lines_of(run, "store_failed")


def test_while_the_disk_is_full_nothing_is_posted_again(small_disk):
    with RunOnDisk(small_disk) as run, Inbox() as inbox:
        run.configure(inbox.url)
        run.add(title="before")
        wait_until(lambda: run.states() == ["delivered"])
        with hanging(inbox) as release:
            run.add(title="under way")
            inbox.wait_for(2)
            with filled(small_disk):
                release()
                wait_until(lambda: len(lines_of(run, "dispatch_failed")) >= 4)
        wait_until(lambda: run.states() == ["delivered"] * 2)

    assert [received.headers["X-Taskhook-Attempt"] for received in inbox.received] == ["1", "1"]


def test_a_disk_that_takes_no_more_for_another_reason_is_named_too(tmp_path):
    with LocalRun(tmp_path / "data") as run:
        run.add(title="x")
        size = (run.data_dir / "taskhook.db-wal").stat().st_size
        resource.prlimit(run.store_pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        refused = run.wait_until(lambda: run.add(title="x" * 200).status == 503)
        wait_until(lambda: lines_of(run, "GET / 503 the disk "))

    assert refused


@contextmanager
def hanging(inbox):
    """Let a receiver take what is posted, and answer when it is let go."""
    go_on = threading.Event()
    inbox.before_answer = lambda: go_on.wait(10)
    yield go_on.set
    go_on.set()
    inbox.before_answer = lambda: None


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Return the directory of a run that has ended."""
    run = LocalRun(tmp_path_factory.mktemp("ended") / "data")
    with run:
        pass
    return run.data_dir


def overwrite(database):
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (size - 100))


@pytest.mark.xdist_group("ended run")
def test_a_file_that_is_damaged_is_told_at_the_start_with_its_directory(ended, tmp_path):
    run = LocalRun(shutil.copytree(ended, tmp_path / "data"))
    overwrite(run.data_dir / "taskhook.db")

    run.launch()

    assert run.wait() == 1
    assert run.stderr.startswith(
        f"taskhook: {DAMAGED}: {run.data_dir}/taskhook.db cannot be read: stop Taskhook"
    )
    assert len(run.stderr.splitlines()) == 1


def test_a_file_that_is_no_database_is_told_at_the_start(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.data_dir.mkdir()
    (run.data_dir / "taskhook.db").write_bytes(b"a shopping list\n" * 1000)

    run.launch()

    assert run.wait() == 1
    assert run.stderr.startswith(
        f"taskhook: {DAMAGED}: {run.data_dir}/taskhook.db cannot be read: stop Taskhook"
    )
    assert len(run.stderr.splitlines()) == 1


def test_a_file_that_is_damaged_while_it_is_in_use_is_told_once(tmp_path):
    with LocalRun(tmp_path / "data") as run:
        with closing(sqlite3.connect(run.data_dir / "taskhook.db")) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        overwrite(run.data_dir / "taskhook.db")
        run.wait_until(
            lambda: run.add(title="x").status == 503 and lines_of(run, f"GET / 503 {DAMAGED}")
        )
        told = lines_of(run, f"taskhook: {DAMAGED}")

    assert len(told) == 1
    assert f"restore {run.data_dir} from a copy" in told[0]


@pytest.mark.xdist_group("ended run")
def test_a_database_of_another_version_is_told_while_the_start_waits(ended, tmp_path):
    run = LocalRun(shutil.copytree(ended, tmp_path / "data"))
    with closing(sqlite3.connect(run.data_dir / "taskhook.db")) as store, store:
        store.execute('ALTER TABLE "taskhook-dev-settings" RENAME COLUMN item_json TO item')

    run.launch()
    wait_until(lambda: lines_of(run, f"taskhook: {OTHER}"))
    run.kill()

    assert f"{run.data_dir}/taskhook.db was written by another dynoxide" in run.stderr


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("commit failed (backend: database or disk is full) and rollback also failed", FULL),
        ("backend: disk I/O error", "the disk fails"),
        ("Internal error: database disk image is malformed", DAMAGED),
        ("Database file is encrypted or not a valid SQLite database. If encrypted, ...", DAMAGED),
        ("backend: no such column: item_json in SELECT item_json", OTHER),
        ("backend: attempt to write a readonly database", "the database is read-only"),
    ],
)
def test_what_the_store_says_has_a_name(said, name):
    trouble = trouble_in(said)

    assert trouble is not None
    assert trouble.name == name


def test_what_else_the_store_says_has_none():
    assert trouble_in("not today") is None
