"""Slots: a fixed gap apart, taken in blocks, never saved up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import pace

NOW = 1_800_000_000.0


def test_slots_begin_now_and_are_a_gap_apart():
    block = pace.next_block(0, 4, 3, NOW)

    assert block == pace.Block((NOW, NOW + 0.25, NOW + 0.5), NOW + 0.75)


def test_the_next_block_begins_where_the_last_one_ends():
    assert pace.next_block(NOW + 2, 1, 5, NOW).slots == (NOW + 2,)


def test_a_pause_is_not_made_up_for():
    assert pace.next_block(NOW - 3600, 10, 100, NOW).slots[0] == NOW


@pytest.mark.parametrize(
    ("per_second", "size"), [(0.01, 1), (0.9, 1), (1.5, 1), (10, 10), (1000, 1000)]
)
def test_a_block_lasts_a_second_or_is_one_slot(per_second, size):
    assert pace.block_size(per_second) == size


@pytest.mark.parametrize(("per_second", "before"), [(10, 0.1), (1, 1), (0.01, 2)])
def test_the_next_block_is_free_during_the_last_gap(per_second, before):
    assert pace.free_from(NOW, per_second) == NOW - before


def test_waiting_for_the_pace_makes_no_delivery_late():
    assert [pace.due_since(NOW, until) for until in (0, NOW - 9, NOW + 9)] == [NOW, NOW, NOW + 9]


@given(
    st.floats(0.01, 1000),
    st.lists(st.tuples(st.integers(1, 2000), st.floats(0, 5)), min_size=1, max_size=20),
)
def test_no_two_slots_are_ever_closer_than_the_pace_allows(per_second, wishes):
    now, until = NOW, 0.0
    slots: list[float] = []
    for wanted, pause in wishes:
        block = pace.next_block(until, per_second, wanted, now)
        slots += block.slots
        now, until = now + pause, block.until

    gaps = [later - earlier for earlier, later in pairwise(slots)]
    assert all(gap >= 1 / per_second - 2e-6 for gap in gaps)


def test_a_slot_that_no_sender_can_have_taken_does_not_count():
    ends = [None, NOW + 2, NOW + 3.1, NOW + 3600]

    assert [pace.believable(end, 10, NOW) for end in ends] == [0, NOW + 2, 0, 0]
    assert pace.believable(NOW + 101, 0.01, NOW) == NOW + 101
