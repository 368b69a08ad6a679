"""Jobs for many endpoints: whose turn it is, and how many are under way."""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from chalicelib.config import CONFIG
from chalicelib.domain import fair_scheduler
from chalicelib.domain.fair_scheduler import FIRST_WORKERS
from chalicelib.services.deliveries import worker_pool
from chalicelib.services.deliveries.worker_pool import (
    FIRST_ATTEMPTS,
    RETRIES,
    limit_per_endpoint,
)
from tests.support.local_run import PATIENCE, wait_until


@pytest.fixture
def always_busy(monkeypatch):
    """A processor that has no time left, whatever it does."""
    monkeypatch.setattr(worker_pool, "CONFIG", replace(CONFIG, processor=0))


def results(runs):
    return {
        name: [run.exception() or run.result() for run in its_own] for name, its_own in runs.items()
    }


def test_what_came_of_each_job_is_told_by_endpoint_and_in_order():
    error = ValueError("broken")

    def fail():
        raise error

    jobs: dict[str, list[Callable[[], object]]] = {
        "one": [lambda: 1, fail, lambda: 3],
        "other": [str],
        "none": [],
    }
    runs = FIRST_ATTEMPTS.submit_all(jobs)

    assert results(runs) == {"one": [1, error, 3], "other": [""], "none": []}


def test_endpoints_take_turns(monkeypatch):
    monkeypatch.setattr(fair_scheduler, "FIRST_WORKERS", 1)
    order: list[str] = []

    jobs = {
        name: [partial(order.append, name)] * times
        for name, times in {"a": 3, "b": 1, "c": 2}.items()
    }
    results(FIRST_ATTEMPTS.submit_all(jobs))

    assert order == ["a", "b", "c", "a", "c", "a"]


@pytest.mark.usefixtures("always_busy")
def test_while_the_processor_is_busy_few_are_under_way():
    under_way: Counter[str] = Counter()
    most: list[int] = []
    lock = threading.Lock()

    def job():
        with lock:
            under_way["all"] += 1
            most.append(under_way["all"])
        sum(range(10_000))
        with lock:
            under_way["all"] -= 1

    results(FIRST_ATTEMPTS.submit_all({"one": [job] * 200, "other": [job] * 200}))

    # A machine that stands still looks like receivers that do.
    assert max(most) <= 4 * FIRST_WORKERS


@pytest.mark.parametrize("endpoints", [1, 30])
def test_where_receivers_let_wait_many_are_under_way(endpoints):
    all_of_them = threading.Barrier(30, timeout=PATIENCE)

    runs = FIRST_ATTEMPTS.submit_all(
        {str(number): [all_of_them.wait] * (30 // endpoints) for number in range(endpoints)}
    )

    assert sorted(result for its_own in results(runs).values() for result in its_own) == list(
        range(30)
    )


@pytest.mark.usefixtures("always_busy")
@pytest.mark.parametrize("hanging", [1, 12])
def test_endpoints_that_hang_keep_no_other_one_waiting_whoever_has_asked_for_them(hanging):
    release = threading.Event()
    begun: list[int] = []
    heard: list[int] = []

    def hang():
        begun.append(1)
        return release.wait(PATIENCE)

    jobs: dict[str, list[Callable[[], object]]] = {
        str(number): [hang] * 50 for number in range(hanging)
    }
    jobs["well"] = [partial(heard.append, 1)] * 50
    with ThreadPoolExecutor(2) as callers:
        calls = [callers.submit(lambda: FIRST_ATTEMPTS.submit_all(jobs)) for _ in range(2)]
        wait_until(lambda: len(heard) == 100)
        hung = len(begun)
        release.set()

    assert hung <= 8 * hanging  # of 32 that each may have under way, or 29
    for call in calls:
        assert results(call.result()) == {str(number): [True] * 50 for number in range(hanging)} | {
            "well": [None] * 50
        }


def test_an_endpoint_has_its_share_of_threads_whoever_has_asked_for_them():
    release = threading.Event()
    begun: list[int] = []

    def hang():
        begun.append(1)
        return release.wait(PATIENCE)

    with ThreadPoolExecutor(2) as callers:
        calls = [
            callers.submit(lambda: FIRST_ATTEMPTS.submit_all({"hangs": [hang] * 50}))
            for _ in range(2)
        ]
        wait_until(lambda: len(begun) >= 32)
        FIRST_ATTEMPTS.submit_all({"well": [str] * 50})  # there is time for more, were there more
        at_once = len(begun)
        release.set()

    assert at_once == 32
    assert [results(call.result()) for call in calls] == [{"hangs": [True] * 50}] * 2


def test_a_job_that_ends_its_thread_is_told_as_well():
    jobs: dict[str, list[Callable[[], object]]] = {"one": [sys.exit, str]}

    runs = FIRST_ATTEMPTS.submit_all(jobs)

    assert [type(result) for result in results(runs)["one"]] == [SystemExit, str]


def test_a_limit_holds_for_an_endpoint_though_there_is_time_for_more():
    release = threading.Event()
    begun: list[int] = []

    def hang():
        begun.append(1)
        return release.wait(PATIENCE)

    runs = RETRIES.submit_all({"hangs": [hang] * 6}, limit_per_endpoint(150))
    wait_until(lambda: len(begun) == 2)
    results(RETRIES.submit_all({"well": [str] * 50}))  # there is time for more, were there more
    at_once = len(begun)
    release.set()

    assert at_once == limit_per_endpoint(150) == 2
    assert results(runs) == {"hangs": [True] * 6}


def test_retries_that_hang_take_no_first_attempts_place():
    release = threading.Event()
    begun: list[int] = []

    def hang():
        begun.append(1)
        return release.wait(PATIENCE)

    runs = RETRIES.submit_all({"hangs": [hang] * 40})
    wait_until(lambda: len(begun) == 32)
    first = results(FIRST_ATTEMPTS.submit_all({"hangs": [str]}))
    release.set()

    assert first == {"hangs": [""]}
    assert results(runs) == {"hangs": [True] * 40}
