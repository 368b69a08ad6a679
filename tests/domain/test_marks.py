"""Marks in a long column: what they say is what counting would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import marks as module
from chalicelib.domain.marks import APART, MOST, Marked, Marks

RANKS = st.lists(st.integers(-300, 300), max_size=900).map(sorted)


def counted(marks, ranks):
    """Return what the marks should say: how many of these ranks are between them."""
    tops = (float("-inf"), *marks.ranks)
    return tuple(
        sum(top <= rank < end for rank in ranks)
        for top, end in zip(tops, marks.ranks, strict=False)
    )


@given(RANKS)
def test_marks_count_what_is_between_them(ranks):
    marks = Marks().extended(ranks)

    assert marks.counts == counted(marks, ranks)
    assert all(count >= APART for count in marks.counts)


@given(RANKS, st.integers(-300, 300), st.integers(0, 900))
def test_a_mark_is_never_below_what_it_is_asked_for(ranks, rank, place):
    marks = Marks().extended(ranks)

    of_rank, of_place = marks.before_rank(rank), marks.before_place(place)

    for mark in (of_rank, of_place):
        assert mark.above == (0 if mark.rank is None else sum(one < mark.rank for one in ranks))
    assert of_rank.rank is None or of_rank.rank <= rank
    assert of_place.above <= place


@given(RANKS, RANKS)
def test_marks_go_on_where_they_end(first, more):
    ranks = sorted([*first, *(rank + 601 for rank in more)])
    marks = Marks().extended(ranks[: len(first)])

    longer = marks.extended(
        [rank for rank in ranks if marks.last.rank is None or rank >= marks.last.rank]
    )

    assert longer.ranks[: len(marks.ranks)] == marks.ranks
    assert longer.counts == counted(longer, ranks)


@given(RANKS, st.integers(-300, 300), st.integers(-300, 300))
def test_a_move_changes_the_counts_on_both_sides(ranks, old, new):
    ranks = sorted([*ranks, old])
    marks = Marks().extended(ranks)

    moved = marks.changed(old, -1).changed(new, 1)

    ranks.remove(old)
    assert moved == Marks(marks.ranks, counted(marks, [*ranks, new]))


def test_a_very_long_column_has_no_more_marks_than_a_row_takes():
    marks = Marks().extended(range(200_000))

    assert APART <= len(marks.ranks) <= MOST
    assert marks.counts == counted_evenly(marks)


def counted_evenly(marks):
    return tuple(end - top for top, end in zip((0, *marks.ranks), marks.ranks, strict=False))


@pytest.mark.parametrize("length", range(6, 30))
def test_marks_are_thinned_without_a_loss(monkeypatch, length):
    monkeypatch.setattr(module, "APART", 2)
    monkeypatch.setattr(module, "MOST", 3)

    marks = Marks().extended(range(length))

    assert len(marks.ranks) <= 3
    assert marks.counts == counted_evenly(marks)


def test_without_marks_everything_is_below_the_top():
    assert Marks().last == Marks().before_rank(5) == Marks().before_place(5) == Marked(None, 0)
    assert Marks().changed(5, 1) == Marks()
