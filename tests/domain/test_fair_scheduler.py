"""Whose job is next, and how many workers there are, without a thread or a clock."""

from collections import Counter

import pytest

from chalicelib.domain.fair_scheduler import FIRST_WORKERS, STUCK_AFTER, FairScheduler, Taken


def scheduler(under_way=None, max_per_endpoint=32, max_workers=384, **jobs):
    """Return a scheduler with so many jobs for each endpoint, by name; a job is its number."""
    its_own = {endpoint: range(count) for endpoint, count in jobs.items()}
    return FairScheduler(
        its_own, Counter() if under_way is None else under_way, max_per_endpoint, max_workers
    )


def taken_by(worker, its_scheduler):
    """Return whose jobs a worker does alone until it is done."""
    order = []
    while taken := its_scheduler.take(worker, now=0):
        order.append(taken.endpoint)
        its_scheduler.finish(worker)
    return order


def test_endpoints_take_turns():
    assert taken_by(1, scheduler(a=3, b=1, c=2)) == ["a", "b", "c", "a", "c", "a"]


def test_the_endpoint_with_the_fewest_jobs_under_way_is_next_whoever_has_asked_for_them():
    under_way = Counter({"a": 2})

    order = taken_by(1, scheduler(under_way, a=1, b=2))

    assert order == ["b", "b", "a"]


def test_an_endpoint_at_its_limit_gives_a_worker_nothing():
    full = scheduler(max_per_endpoint=1, a=2)

    first, second = full.take(1, now=0), full.take(2, now=0)

    assert (first, second) == (Taken("a", 0), None)
    assert not full.are_all_taken


def test_no_more_workers_start_than_there_are_jobs_that_may_begin():
    assert [scheduler(a=2).hire(now=0), scheduler(max_per_endpoint=3, a=9).hire(now=0)] == [2, 3]


@pytest.mark.parametrize(
    ("computed", "expected"), [(0.8, FIRST_WORKERS), (0.81, 0)], ids=["time left", "busy"]
)
def test_workers_double_only_while_the_processor_has_time_left(computed, expected):
    crowd = scheduler(a=100)
    assert crowd.hire(now=0) == FIRST_WORKERS

    crowd.widen(computed, elapsed=2, share=0.5)

    assert crowd.hire(now=0) == expected


def test_a_worker_starts_beside_each_that_is_stuck():
    crowd = scheduler(a=100)
    for worker in range(crowd.hire(now=0)):
        crowd.take(worker, now=worker * STUCK_AFTER)

    missing = crowd.hire(now=2.5 * STUCK_AFTER)

    assert missing == 2


def test_there_are_never_more_workers_than_may_be():
    crowd = scheduler(max_workers=6, a=100)
    crowd.hire(now=0)
    for _ in range(5):
        crowd.widen(computed=0, elapsed=1, share=1)

    assert [crowd.hire(now=0), crowd.hire(now=0)] == [2, 0]
