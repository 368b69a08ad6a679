"""Which first attempts that are under way say that an endpoint hangs."""

from contextlib import ExitStack

import pytest

from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.services.deliveries.under_way import UnderWay
from tests.support.local_run import wait_until


def test_a_slow_answer_among_quick_ones_leaves_nothing_to_the_queue():
    under_way = UnderWay()
    with ExitStack() as waiting:
        for _ in range(FAILURE_THRESHOLD):
            waiting.enter_context(under_way.noting("ci"))
        wait_until(lambda: under_way.is_hanging("ci"))

        with under_way.noting("ci"):
            pass
        while_they_wait = under_way.is_hanging("ci")

    assert not while_they_wait


def test_an_attempt_that_raises_is_under_way_no_more():
    under_way = UnderWay()
    with ExitStack() as waiting:
        for _ in range(FAILURE_THRESHOLD):
            waiting.enter_context(under_way.noting("ci"))
        wait_until(lambda: under_way.is_hanging("ci"))
        with pytest.raises(OSError, match="lost"):
            _lose(waiting)

    assert not under_way.is_hanging("ci")


def _lose(waiting: ExitStack) -> None:
    with waiting:
        raise OSError("lost")
