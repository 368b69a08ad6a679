"""Jobs for many endpoints: whose turn it is, and how many are under way."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from chalicelib.config import CONFIG
from chalicelib.services import side_by_side
from tests.running import PATIENCE, wait_until


@pytest.fixture
def always_busy(monkeypatch):
    """A processor that has no time left, whatever it does."""
    monkeypatch.setattr(side_by_side, "CONFIG", replace(CONFIG, processor=0))


def results(runs):
    return {name: [run.exception() or run.result() for run in its_own] for name, its_own in runs.items()}


def test_what_came_of_each_job_is_told_by_endpoint_and_in_order():
    error = ValueError("broken")

    def fail():
        raise error

    jobs: dict[str, list[Callable[[], object]]] = {"one": [lambda: 1, fail, lambda: 3], "other": [str], "none": []}
    runs = side_by_side.run(jobs)

    assert results(runs) == {"one": [1, error, 3], "other": [""], "none": []}


def test_endpoints_take_turns(monkeypatch):
    monkeypatch.setattr(side_by_side, "AT_FIRST", 1)
    order: list[str] = []

    side_by_side.run({name: [partial(order.append, name)] * times for name, times in {"a": 3, "b": 1, "c": 2}.items()})

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

    side_by_side.run({"one": [job] * 200, "other": [job] * 200})

    assert max(most) <= 4 * side_by_side.AT_FIRST  # a machine that stands still looks like receivers that do


@pytest.mark.parametrize("endpoints", [1, 30])
def test_where_receivers_let_wait_many_are_under_way(endpoints):
    all_of_them = threading.Barrier(30, timeout=PATIENCE)

    runs = side_by_side.run({str(number): [all_of_them.wait] * (30 // endpoints) for number in range(endpoints)})

    assert sorted(result for its_own in results(runs).values() for result in its_own) == list(range(30))


@pytest.mark.usefixtures("always_busy")
def test_an_endpoint_that_hangs_keeps_no_other_one_waiting_and_has_its_share_of_threads():
    release = threading.Event()
    begun: list[int] = []
    heard: list[int] = []

    def hang():
        begun.append(threading.get_ident())
        return release.wait(PATIENCE)

    with ThreadPoolExecutor(1) as caller:
        jobs: dict[str, list[Callable[[], object]]] = {"hangs": [hang] * 50, "well": [partial(heard.append, 1)] * 50}
        runs = caller.submit(lambda: side_by_side.run(jobs))
        wait_until(lambda: len(heard) == 50)
        wait_until(lambda: len(begun) == 32)
        is_over = runs.done()
        release.set()

    assert (is_over, results(runs.result())) == (False, {"hangs": [True] * 50, "well": [None] * 50})
    assert len(set(begun)) <= 32
