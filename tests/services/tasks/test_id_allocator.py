"""Task ids: from adaptive blocks, never one twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.tables import Numbers
from chalicelib.services.tasks.id_allocator import BlockAllocator


class Counter:
    """A counter and a clock, both set by hand."""

    def __init__(self):
        self.now = 0.0
        self.last = 0
        self.sizes = []

    def reserve(self, count):
        self.sizes.append(count)
        self.last += count
        return range(self.last - count + 1, self.last + 1)


@pytest.fixture
def counter():
    return Counter()


def test_a_quiet_board_counts_one_by_one_also_in_two_processes(counter):
    here, there = (BlockAllocator(counter.reserve, lambda: counter.now) for _ in range(2))

    numbers = []
    for blocks in (here, there, here, here, there):
        counter.now += 1.0
        numbers.append(blocks.next())

    assert numbers == [1, 2, 3, 4, 5]


def test_a_busy_board_asks_for_blocks_that_double_up_to_a_limit(counter):
    blocks = BlockAllocator(counter.reserve, lambda: counter.now)

    numbers = [blocks.next() for _ in range(1000)]

    assert numbers == list(range(1, 1001))
    assert counter.sizes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]


def test_a_board_that_has_become_quiet_counts_one_by_one_again(counter):
    blocks = BlockAllocator(counter.reserve, lambda: counter.now)
    for _ in range(15):
        blocks.next()

    counter.now += 1.0
    blocks.next()

    assert counter.sizes == [1, 2, 4, 8, 1]


def test_a_reservation_that_fails_loses_no_number(counter):
    failures = [ConnectionError()]

    def reserve(count):
        if failures:
            raise failures.pop()
        return counter.reserve(count)

    blocks = BlockAllocator(reserve, lambda: counter.now)
    with pytest.raises(ConnectionError):
        blocks.next()

    assert [blocks.next(), blocks.next()] == [1, 2]


@pytest.mark.usefixtures("cloud")
def test_four_processes_of_two_threads_are_never_given_a_number_twice():
    processes = [BlockAllocator(lambda count: Numbers.reserve("task", count)) for _ in range(4)]

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda turn: processes[turn % 4].next(), range(2000)))

    assert len(set(numbers)) == 2000
