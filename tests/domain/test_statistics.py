"""What is counted of deliveries, and what is read from the counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import statistics
from chalicelib.domain.statistics import BOUNDS_MS, Counts, Outcome

durations = st.lists(st.integers(1, 5000), min_size=1, max_size=60)


def counted(*took_ms):
    return statistics.counts_of([Outcome("task.created", "delivered", 1, ms) for ms in took_ms])


def test_a_delivery_counts_as_delivered_at_once_only_with_one_attempt():
    outcomes = [
        Outcome("task.created", "delivered", 1, 3),
        Outcome("task.created", "delivered", 2, 1001),
        Outcome("task.modified", "failed", 1, 1),
    ]

    counts = statistics.counts_of(outcomes)

    assert (counts.made, counts.first, sum(counts.histogram)) == (3, 1, 3)


def test_a_test_of_an_endpoint_and_what_was_never_tried_count_for_nothing():
    untried = [
        Outcome("task.modified", status, 0, None) for status in ("superseded", "pending", "failed")
    ]
    outcomes = [Outcome("ping", "delivered", 1, 3), *untried]

    assert statistics.counts_of(outcomes) == Counts()


def test_what_was_tried_counts_though_a_later_change_covers_it():
    counts = statistics.counts_of([Outcome("task.modified", "superseded", 1, 1001)])

    assert (counts.made, counts.first) == (1, 0)


@pytest.mark.parametrize(
    ("ms", "bucket"), [(1, 0), (2, 0), (3, 1), (1001, 13), (5001, 15), (5251, 16), (10**9, 16)]
)
def test_a_duration_is_counted_in_the_first_bucket_that_reaches_so_far(ms, bucket):
    assert statistics.bucket_of(ms) == bucket


def test_without_deliveries_there_is_neither_a_share_nor_a_percentile():
    assert (statistics.first_share(Counts()), statistics.percentile(Counts().histogram, 0.5)) == (
        None,
        None,
    )


def test_a_percentile_lies_within_its_bucket_as_if_the_durations_were_spread_evenly():
    counts = counted(*[25] * 10, *[40] * 10)

    assert [statistics.percentile(counts.histogram, share) for share in (0.25, 0.5, 0.75, 1.0)] == [
        25,
        30,
        40,
        50,
    ]


def test_what_took_longer_than_all_bounds_has_a_percentile_too():
    assert statistics.percentile(counted(60_000).histogram, 0.99) == pytest.approx(5250 * 1.99)


@given(durations, st.floats(0.01, 1))
def test_a_percentile_is_in_the_bucket_of_the_duration_that_it_stands_for(took_ms, share):
    rank = max(-(-len(took_ms) * share // 1), 1)
    exact = sorted(took_ms)[int(rank) - 1]

    estimate = statistics.percentile(counted(*took_ms).histogram, share)

    place = statistics.bucket_of(exact)
    assert estimate is not None
    assert (BOUNDS_MS[place - 1] if place else 0) <= estimate <= BOUNDS_MS[place]


@given(durations, durations)
def test_the_sum_of_counts_is_the_counts_of_the_sum(some, others):
    assert statistics.sum_of([counted(*some), counted(*others)]) == counted(*some, *others)


def test_the_sum_of_nothing_is_nothing():
    assert statistics.sum_of([]) == Counts()
