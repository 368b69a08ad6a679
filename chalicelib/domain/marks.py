"""Marks in a long column: the number of its tasks between certain ranks.

A task's place is the number of tasks above it. With marks only those below the last mark above it
are counted. Marks never move: a change of the column changes the count between two of them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

APART = 64
"""Tasks between two marks; doubled if there would be too many marks."""

MOST = 512
"""The most marks of a column: they are one row, which each move in the column writes."""


class Marked(NamedTuple):
    """A mark, None for the top of the column, and the number of tasks above it."""

    rank: int | None
    above: int


class Marks(NamedTuple):
    """The marks of a column in order, and the number of tasks between each and the one before.

    Tasks at a mark's rank are below it. Those below the last mark are not counted.
    """

    ranks: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def few(self) -> int:
        """The most tasks that are counted without marks."""
        return 2 * max(APART, sum(self.counts) // max(len(self.counts), 1))

    @property
    def last(self) -> Marked:
        """The last mark."""
        return Marked(self.ranks[-1] if self.ranks else None, sum(self.counts))

    def before_rank(self, rank: int) -> Marked:
        """Return the last mark that is not below a rank."""
        number = bisect_right(self.ranks, rank)
        return Marked(self.ranks[number - 1] if number else None, sum(self.counts[:number]))

    def before_place(self, place: int) -> Marked:
        """Return the last mark with at most so many tasks above it."""
        above = list(accumulate(self.counts))
        number = bisect_right(above, place)
        return Marked(
            self.ranks[number - 1] if number else None, above[number - 1] if number else 0
        )

    def around(self, rank: int) -> tuple[int | None, int] | None:
        """Return the marks above and below a rank, None above for the top; None if uncounted."""
        number = bisect_right(self.ranks, rank)
        if number == len(self.ranks):
            return None
        return self.ranks[number - 1] if number else None, self.ranks[number]

    def with_count(self, rank: int, count: int) -> "Marks":
        """Return these marks with the count of tasks around a rank; the rank must be counted."""
        number = bisect_right(self.ranks, rank)
        counts = (*self.counts[:number], count, *self.counts[number + 1 :])
        return self._replace(counts=counts)

    def changed(self, rank: int | None, by: int) -> "Marks":
        """Return these marks after tasks came to a rank or left it; None: no rank."""
        if rank is None or self.around(rank) is None:
            return self
        return self.with_count(rank, max(0, self.counts[bisect_right(self.ranks, rank)] + by))

    def extended(self, ranks: Sequence[int]) -> "Marks":
        """Return more marks: `ranks` are those of all next tasks from the last mark, in order."""
        marks, begin = self, 0
        for number in range(APART, len(ranks)):
            # Tasks of one rank are on the same side of a mark.
            if number - begin >= APART and ranks[number - 1] != ranks[number]:
                marks = Marks((*marks.ranks, ranks[number]), (*marks.counts, number - begin))
                begin = number
        return marks.thinned()

    def thinned(self) -> "Marks":
        """Return at most `MOST` marks: every second one as often as needed."""
        marks = self
        while len(marks.ranks) > MOST:
            pairs = zip(marks.counts[::2], marks.counts[1::2], strict=False)
            marks = Marks(marks.ranks[1::2], tuple(map(sum, pairs)))
        return marks
