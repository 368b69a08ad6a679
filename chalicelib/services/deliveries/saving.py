"""Saves the results of a batch, some of them while others of it are under way.

A delivery that was posted but not saved is posted again if the process ends, so few of them may be
unsaved at a time.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from itertools import chain

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.adapters.dynamodb.tables.deliveries import Key
from chalicelib.domain.circuit_breaker import SLOW_MS
from chalicelib.domain.errors import StoreUnavailable
from chalicelib.services.deliveries.attempts import Result
from chalicelib.services.deliveries.persisting import persist, save_delivered
from chalicelib.services.tasks.history import NewHistory

GROUP = 4
"""The fewest runs to save before the batch is over: each group is a call of the store."""

MOST_GROUPS = 8
"""The most groups of a batch: 25 rows go into a call, so a large batch has larger groups."""

Run = Future[list[Result]]
"""The deliveries of one task to one endpoint, or of the task's comments."""


def persist_in_turns(
    usable: Sequence[Endpoint], runs: Mapping[str, Sequence[Run]], past: NewHistory
) -> None:
    """Save delivered rows in groups as they are over, and all other results after SLOW_MS.

    So a hanging endpoint does not delay the others' records. When this returns, or raises, all
    posts of the batch are over: a repeat must not begin beside them.
    """
    over = _Over(chain.from_iterable(runs.values()))
    saved = _save_groups(over)
    slow = [endpoint for endpoint in usable if not all(run.done() for run in runs[endpoint.id])]
    quick = [endpoint for endpoint in usable if endpoint not in slow]
    try:
        persist(_results(quick, runs), past=past, saved=saved)
    finally:
        if slow:
            persist(_results(slow, runs), saved=saved)


def results_of(runs: Iterable[Run]) -> list[Result]:
    """Wait for these runs and return the results of those that did not fail."""
    return [result for run in runs if not run.exception() for result in run.result()]


def _results(endpoints: Iterable[Endpoint], runs: Mapping[str, Sequence[Run]]) -> list[Result]:
    return results_of(run for endpoint in endpoints for run in runs[endpoint.id])


def _save_groups(over: "_Over") -> set[Key]:
    """Save deliveries for SLOW_MS, unless all are over before, and return the keys of their rows.

    Each write takes all that were over when the previous one ended, so the groups grow with the
    load.
    """
    saved: set[Key] = set()
    ends_at = time.monotonic() + SLOW_MS / 1000
    while group := over.take(ends_at - time.monotonic()):
        try:
            saved |= save_delivered(results_of(group))
        except StoreUnavailable:  # they are saved again with the others
            break
    over.wait(ends_at - time.monotonic())
    return saved


class _Over:
    """The runs that are over and not taken yet."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._changed = threading.Condition()
        self._runs: list[Run] = []
        begun = list(runs)
        self._left = len(begun)
        self._size = max(GROUP, self._left // MOST_GROUPS)
        for run in begun:
            run.add_done_callback(self._note)

    def _note(self, run: Run) -> None:
        with self._changed:
            self._runs.append(run)
            self._left -= 1
            if not self._left or len(self._runs) >= self._size:
                self._changed.notify()

    def take(self, timeout: float) -> Sequence[Run]:
        """Wait for a group; an empty one means that all runs are over, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left or len(self._runs) >= self._size, timeout)
            if not self._left or len(self._runs) < self._size:
                return ()
            group, self._runs = self._runs, []
            return group

    def wait(self, timeout: float) -> None:
        """Wait until all runs are over, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left, timeout)
