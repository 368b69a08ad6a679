"""Threads that come with the work and go with it."""

import threading

import pytest

from chalicelib.services.deliveries.threads import Threads
from tests.support.local_run import PATIENCE, wait_until


@pytest.fixture
def release():
    event = threading.Event()
    yield event
    event.set()


def alive(name):
    return sum(thread.name == name for thread in threading.enumerate())


def test_threads_that_have_nothing_to_do_end_but_for_a_few(release):
    threads = Threads("few", most=30, spare=2, linger=0.1)

    for _ in range(30):
        threads.begin(lambda: release.wait(PATIENCE))
    at_most = alive("few")
    release.set()

    wait_until(lambda: alive("few") == 2)
    assert at_most == 30


def test_work_for_which_there_is_no_thread_waits_for_one(release):
    threads = Threads("busy", most=2, spare=0, linger=0.1)

    runs = [threads.submit(release.wait, PATIENCE) for _ in range(10)]
    at_most = alive("busy")
    release.set()

    assert [run.result(PATIENCE) for run in runs] == [True] * 10
    assert at_most == 2
    wait_until(lambda: not alive("busy"))


def test_a_thread_that_is_idle_takes_the_next_work():
    threads, seen = Threads("same", most=30, spare=1), set()

    for _ in range(20):
        seen.add(threads.submit(threading.get_ident).result(PATIENCE))
        wait_until(lambda: len(threads._idle) == 1)

    assert len(seen) == 1


def test_threads_that_have_just_had_something_to_do_are_taken_again():
    threads, seen = Threads("burst", most=30, spare=2), set()

    for _ in range(5):
        all_of_them = threading.Barrier(10, timeout=PATIENCE)
        for run in [threads.submit(all_of_them.wait) for _ in range(10)]:
            run.result(PATIENCE)
        wait_until(lambda: len(threads._idle) == 10)
        seen |= {thread.ident for thread in threading.enumerate() if thread.name == "burst"}

    assert len(seen) == 10


def test_what_comes_of_work_is_told_to_whom_it_is_done_for():
    threads = Threads("told", most=1, spare=0)

    runs = [threads.submit(int, "7"), threads.submit(int, "x")]

    assert (runs[0].result(PATIENCE), type(runs[1].exception(PATIENCE))) == (7, ValueError)
