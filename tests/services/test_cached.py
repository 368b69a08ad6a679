"""What is read once may be used again, for a while."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.services.cached import Cached


class Source:
    """Counts how often it is read."""

    def __init__(self):
        self.reads = 0

    def read(self):
        self.reads += 1
        return self.reads


def test_a_value_is_used_again_within_its_time():
    source = Source()
    cached = Cached(source.read, lifetime=1000)

    assert (cached.get(), cached.get(), source.reads) == (1, 1, 1)


def test_a_value_that_is_too_old_is_read_anew():
    cached = Cached(Source().read, lifetime=0)

    assert (cached.get(), cached.get()) == (1, 2)


def test_a_forgotten_value_is_read_anew():
    cached = Cached(Source().read, lifetime=1000)
    cached.get()

    cached.forget()

    assert cached.get() == 2


def test_a_value_that_does_not_hold_what_is_looked_for_is_read_anew_once():
    source = Source()
    cached = Cached(source.read, lifetime=1000)

    values = [
        cached.get_where(lambda value: value == 1),
        cached.get_where(lambda value: value == 99),
    ]

    assert (values, source.reads) == ([1, 2], 2)


def test_a_value_is_looked_at_once_before_it_is_read_again_and_once_after():
    source, seen = Source(), list[int]()
    cached = Cached(source.read, lifetime=1000, misses_every=1000)
    cached.get()

    found = [cached.find(seen.append) for _ in range(2)]

    assert (found, seen, source.reads) == ([None, None], [1, 2, 2], 2)


def test_what_is_found_in_a_value_is_returned():
    cached = Cached(Source().read, lifetime=1000)
    cached.get()

    assert cached.find(lambda value: value * 10) == 10


def test_what_strangers_look_for_makes_a_value_be_read_anew_once_in_a_while():
    source = Source()
    cached = Cached(source.read, lifetime=1000, misses_every=1000)

    held = [cached.get(), *(cached.get_where(lambda value: value == 99) for _ in range(3))]
    cached.forget()
    after = [cached.get(), *(cached.get_where(lambda value: value == 99) for _ in range(2))]

    assert (held, after, source.reads) == ([1, 2, 2, 2], [3, 4, 4], 4)


def test_a_value_that_was_read_for_a_question_is_not_read_anew_for_it():
    source = Source()
    cached = Cached(source.read, lifetime=0)

    assert (cached.get_where(lambda value: value == 99), source.reads) == (1, 1)


def test_a_failed_read_is_not_kept():
    source = Source()

    def read():
        if source.read() == 1:
            raise ConnectionError
        return "there"

    cached = Cached(read, lifetime=1000)
    with pytest.raises(ConnectionError):
        cached.get()

    assert cached.get() == "there"


def test_many_threads_that_miss_read_once():
    source = Source()
    cached = Cached(source.read, lifetime=1000)

    with ThreadPoolExecutor(8) as threads:
        values = list(threads.map(lambda _: cached.get(), range(100)))

    assert (set(values), source.reads) == ({1}, 1)


@pytest.mark.parametrize("misses_every", [0, 1000])
def test_who_misses_while_another_reads_is_given_what_that_one_has_read(misses_every):
    source = Source()
    cached = Cached(source.read, lifetime=1000, misses_every=misses_every)
    cached.get()

    def holds(value):
        if value == 1:  # meanwhile another one is quicker
            cached.get_where(lambda value: value == 2)
        return value == 2

    assert (cached.get_where(holds), source.reads) == (2, 2)
