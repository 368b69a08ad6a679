"""What comes twice: after kills only what was under way at one, after a backlog nothing."""

import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import boto3
import pytest
import requests

from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

KILLS = 20
CALLERS = 8
BACKLOG = 5_000
# Seconds; no attempt fails.
PATIENT = {"WEBHOOK_TOKEN": "the-token", "DELIVERY_TIMEOUT": "30", "RETRY_TIMEOUT": "30"}

pytestmark = pytest.mark.xdist_group("kills")


class Caller(threading.Thread):
    """Adds tasks for as long as it lives, whether there is a run or not."""

    def __init__(self, run: LocalRun) -> None:
        super().__init__(daemon=True)
        self.run_, self.ends = run, threading.Event()
        self.added: list[int] = []

    def run(self) -> None:
        query = {"controller": "task", "action": "add", "token": "the-token", "title": "x"}
        while not self.ends.wait(0.05):
            with suppress(OSError, ValueError):  # it is dead, or dying
                url = json.loads(self.run_.ready_file.read_text())["url"]
                answer = requests.get(url, params=query, timeout=5)
                if answer.status_code == 200:
                    self.added.append(int(answer.headers["X-Task-Id"]))


def test_after_kills_under_many_callers_only_what_was_under_way_at_a_kill_arrives_once_more(
    tmp_path,
):
    chance = random.Random("kills")
    run = LocalRun(tmp_path / "data", environ=PATIENT)
    under_way: Counter[int] = Counter()
    with Inbox() as inbox:
        with run:
            run.configure(inbox.url)
        callers = [Caller(run) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        for _ in range(KILLS):
            run.start()
            time.sleep(chance.uniform(0, 1))
            kill_all(run)
            under_way.update(posted(inbox).keys() - recorded(run))
        for caller in callers:
            caller.ends.set()
            caller.join()
        added = {number for caller in callers for number in caller.added}

        with run:
            wait_until(lambda: added <= posted(inbox).keys() <= recorded(run), 90)
        behind = end_of_stream(run) - place(run)
        with run:
            posts = posted(inbox)

    assert len(added) > KILLS
    assert {
        number: count - 1 for number, count in posts.items() if count - 1 > under_way[number]
    } == {}
    assert behind <= 100
    assert sum(posted(inbox).values()) == sum(posts.values())


def test_a_backlog_of_thousands_is_caught_up_without_a_refused_batch(tmp_path):
    run = LocalRun(tmp_path / "data", environ=PATIENT)
    with Inbox() as inbox:
        run.start()
        run.configure(inbox.url)
        run.add(title="x")
        wait_until(lambda: len(recorded(run)) == 1)
        children = [run.events_pid, run.store_pid]
        os.kill(run.events_pid, signal.SIGSTOP)  # a pause, in which tasks go on to be added
        add_copies(run, BACKLOG - 1)
        run.kill()
        os.kill(children[0], signal.SIGKILL)  # what stands still does not notice
        wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))

        with run:
            wait_until(
                lambda: len(inbox.received) >= BACKLOG and place(run) == end_of_stream(run), 180
            )
            said = run.stderr

    assert (said, set(posted(inbox).values())) == ("", {1})


def posted(inbox):
    """Return how often each task has arrived."""
    return Counter(json.loads(post.body)["task_id"] for post in list(inbox.received))


def recorded(run):
    """Return the tasks whose delivery is on record as delivered."""
    return {
        int(row["task_id"]["N"]) for row in stored_rows(run) if row["status"]["S"] == "delivered"
    }


def stored_rows(run):
    return [
        json.loads(text)
        for (text,) in asked(run, 'SELECT item_json FROM "taskhook-dev-deliveries"')
    ]


def end_of_stream(run):
    [(number,)] = asked(run, "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records")
    return number


def place(run):
    if not (run.data_dir / "stream.json").exists():
        return 0
    [number] = json.loads((run.data_dir / "stream.json").read_text())["shards"].values()
    return int(number)


def asked(run, query):
    """Return what the store's file answers: the run may be dead."""
    with closing(sqlite3.connect(run.data_dir / "taskhook.db", timeout=10)) as store:
        return store.execute(query).fetchall()


def kill_all(run):
    """End a run as a power cut would; wait until it is gone and nothing arrives any more."""
    children = [run.store_pid, run.events_pid]
    run.kill()
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    time.sleep(0.1)  # what was sent last may not have been read yet


def add_copies(run, count):
    """Put tasks into the store beside the one that is there, past the process that stands still."""
    arguments = Path(f"/proc/{run.store_pid}/cmdline").read_text().split("\0")
    host, port = (arguments[arguments.index(name) + 1] for name in ("--host", "--port"))
    store = boto3.client("dynamodb", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    [text] = [text for (text,) in asked(run, 'SELECT item_json FROM "taskhook-dev-tasks"')]
    task = json.loads(text)
    numbers = range(2, count + 2)
    batches = [numbers[start : start + 25] for start in range(0, count, 25)]

    def put(batch):
        items = [
            {"PutRequest": {"Item": task | {"task_id": {"N": str(number)}}}} for number in batch
        ]
        store.batch_write_item(RequestItems={"taskhook-dev-tasks": items})

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(put, batches))
