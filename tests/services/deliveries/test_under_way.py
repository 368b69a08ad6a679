"""Which first attempts that are under way say that an endpoint hangs."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chalicelib.domain.circuit_breaker import FAILURE_THRESHOLD
from chalicelib.services.deliveries.under_way import UnderWay
from tests.support.local_run import wait_until


@pytest.fixture
def under_way() -> UnderWay:
    return UnderWay()


@pytest.fixture
def waiting(under_way) -> Iterator[ExitStack]:
    """As many attempts as say that their endpoint hangs."""
    with ExitStack() as attempts:
        for _ in range(FAILURE_THRESHOLD):
            attempts.enter_context(under_way.noting("ci"))
        wait_until(lambda: under_way.is_hanging("ci"))
        yield attempts


@pytest.mark.usefixtures("waiting")
def test_a_slow_answer_among_quick_ones_leaves_nothing_to_the_queue(under_way):
    with under_way.noting("ci"):
        pass

    assert not under_way.is_hanging("ci")


@pytest.mark.usefixtures("waiting")
def test_an_answer_of_another_endpoint_says_nothing(under_way):
    with under_way.noting("other"):
        pass

    assert (under_way.is_hanging("ci"), under_way.is_hanging("other")) == (True, False)


def test_an_attempt_that_raises_is_under_way_no_more(under_way, waiting):
    with pytest.raises(OSError, match="lost"), waiting:
        raise OSError("lost")

    assert not under_way.is_hanging("ci")
