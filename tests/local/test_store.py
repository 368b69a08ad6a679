"""The stores: nothing that was accepted is lost, whatever ends, and each kind of store delivers."""

import json
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
from contextlib import ExitStack, closing, suppress
from http.client import HTTPException
from pathlib import Path

from local import store
from local.loopback import free_port
from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox, Peer

# Where no binary is: another sys.prefix, and nothing but /bin on PATH.
RUN = "runpy.run_module('local', run_name='__main__', alter_sys=True)"
WITHOUT_DYNOXIDE = (sys.executable, "-c", f"import sys, runpy; sys.prefix = '/nowhere'; {RUN}")


def titles_received(inbox):
    return sorted({json.loads(received.body)["title"] for received in inbox.received})


def test_what_was_added_before_a_kill_is_there_and_is_delivered_after_it(tmp_path):
    run = LocalRun(tmp_path / "data", environ={"DELIVERY_TIMEOUT": "30"})
    gone, received = threading.Event(), []

    def hang_once(connection):
        received.append(connection.recv(65_536))
        if len(received) == 1:
            gone.wait(30)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Peer(hang_once) as peer:
        run.start()
        run.configure(f"http://127.0.0.1:{peer.port}/")
        run.add(title="x")
        wait_until(lambda: len(received) == 1)
        run.kill()
        gone.set()
        run.start()
        wait_until(lambda: len(received) == 2)
        run.stop()

    first, second = (re.findall(rb"webhook-id: .*", request) for request in received)
    assert first == second


def test_no_accepted_task_is_lost_by_kills(tmp_path):
    run = LocalRun(tmp_path / "data")
    accepted = []
    run.start()
    with Inbox() as inbox:
        run.configure(inbox.url)
        for round_number in range(3):
            killer = threading.Timer(0.3, run.kill)
            killer.start()
            with suppress(OSError, HTTPException):
                for number in range(1_000):
                    title = f"{round_number} {number}"
                    if run.add(title=title).body == "OK":
                        accepted.append(title)
            killer.join()
            run.start()
        wait_until(lambda: set(accepted) <= set(titles_received(inbox)))
    run.stop()

    assert len(accepted) > 3


def test_an_event_that_was_dispatched_is_not_repeated_by_a_restart(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    with Inbox() as inbox:
        run.configure(inbox.url)
        run.add(title="once")
        inbox.wait_for(1)
        run.stop()
        run.start()
        run.add(title="after")
        wait_until(lambda: "after" in titles_received(inbox))
    run.stop()

    assert len(inbox.received) == 2


def test_a_killed_run_leaves_no_process_behind(tmp_path):
    run = LocalRun(tmp_path / "data")
    run.start()
    children = [run.store_pid, run.events_pid]

    run.kill()

    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


def test_a_store_that_dies_is_started_again_with_its_data(tmp_path):
    with LocalRun(tmp_path / "data") as run, Inbox() as inbox:
        run.configure(inbox.url)
        os.kill(run.store_pid, signal.SIGKILL)

        wait_until(lambda: run.add(title="x").body == "OK")

        assert json.loads(inbox.wait_for(1)[0].body)["title"] == "x"
        assert "dynoxide ended with code -9; restarting it" in run.stderr


def test_the_memory_store_delivers_too_and_forgets(tmp_path):
    run = LocalRun(tmp_path / "data", store="memory")
    with run, Inbox() as inbox:
        run.configure(inbox.url)
        run.add(title="x")
        first_token = run.token

        assert json.loads(inbox.wait_for(1)[0].body)["title"] == "x"
    with run:
        assert run.token != first_token
    assert not (run.data_dir / "stream.json").exists()


def test_a_stream_has_no_second_index_to_write(tmp_path):
    indexes = "SELECT name FROM sqlite_master WHERE tbl_name = '_stream_records' AND type = 'index'"
    with store.opened("dynoxide", tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / store.DATABASE)) as database, database:
        database.execute("CREATE INDEX taskhook_stream_place ON _stream_records (shard_id)")

    with store.opened("dynoxide", tmp_path):
        pass

    with closing(sqlite3.connect(tmp_path / store.DATABASE)) as database:
        assert database.execute(indexes).fetchall() == [("taskhook_stream_end",)]


def test_any_dynamodb_that_runs_already_will_do(tmp_path):
    with LocalRun(tmp_path / "first", store="memory") as first:
        keys = ":".join(first.keys.values())
        address = first.ready["dynamodb_url"].replace("http://", f"http://{keys}@")
        with LocalRun(tmp_path / "second", store=address) as second:
            answer = second.add(title="x")

    assert answer.body == "OK"
    assert (second.token, second.ready["admin_password"]) == (first.token, None)


def test_without_dynoxide_the_data_are_kept_in_memory_and_a_line_says_so(tmp_path):
    with LocalRun(tmp_path / "data", prefix=WITHOUT_DYNOXIDE, environ={"PATH": "/bin"}) as run:
        answer = run.add(title="x")

    assert answer.body == "OK"
    assert run.stderr == (
        "taskhook: dynoxide is not installed: data is kept in memory and lost when this run ends\n"
    )


def test_a_port_that_a_program_has_at_another_address_of_this_machine_is_not_free():
    with ExitStack() as held:
        taken = {_bound(held) for _ in range(500)}

        assert {free_port() for _ in range(500)} & taken == set()


def _bound(held):
    program = held.enter_context(closing(socket.socket()))
    program.bind(("127.0.0.1", 0))
    return program.getsockname()[1]
