"""The lanes do what Lambda's event source mapping does: order for each item, repeats, and places without gaps."""

import threading

import pytest

from local.lanes import Lanes, Record
from tests.running import wait_until


def record(number, item=1, shard="shard"):
    return Record(shard, {"dynamodb": {"SequenceNumber": str(number), "Keys": {"task_id": {"N": str(item)}}}})


def numbers(event):
    return [each["dynamodb"]["SequenceNumber"] for each in event["Records"]]


class Mapping:
    """Lanes before a handler; it keeps the batches that the handler saw and the places that were saved."""

    def __init__(self, handler):
        self.batches: list[list[str]] = []
        self.places: list[tuple[str, str]] = []
        self._handler = handler
        self.lanes = Lanes(self._handle, lambda: None, lambda shard, number: self.places.append((shard, number)))

    def _handle(self, event, context):
        assert context is None
        self.batches.append(numbers(event))
        return self._handler(event)

    def wait_until_done(self):
        wait_until(lambda: not self.lanes.backlog)


@pytest.fixture
def mapping():
    started = []

    def start(handler):
        started.append(Mapping(handler))
        return started[-1]

    yield start
    for each in started:
        each.lanes.stop(1)


def test_an_item_keeps_its_order_and_all_is_handled_once(mapping):
    accepting = mapping(lambda _: None)

    accepting.lanes.put(record(number) for number in range(250))
    accepting.wait_until_done()

    assert [number for batch in accepting.batches for number in batch] == [str(number) for number in range(250)]
    assert max(map(len, accepting.batches)) <= 100
    assert accepting.places[-1] == ("shard", "249")


def test_a_batch_is_repeated_from_the_record_that_the_handler_names(mapping):
    refusals = [{"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}]
    gate = threading.Event()
    refusing = mapping(lambda event: gate.wait(5) and numbers(event) != ["0"] and refusals.pop() if refusals else None)

    refusing.lanes.put([record(0)])
    wait_until(lambda: refusing.batches)
    refusing.lanes.put(record(number) for number in range(1, 5))
    gate.set()
    refusing.wait_until_done()

    assert refusing.batches == [["0"], ["1", "2", "3", "4"], ["2", "3", "4"]]


@pytest.mark.parametrize("answer", [{"batchItemFailures": [{"itemIdentifier": ""}]}, ZeroDivisionError()])
def test_a_batch_that_fails_as_a_whole_is_repeated_as_a_whole(mapping, answer):
    answers = [answer]

    def handler(_):
        given = answers.pop() if answers else None
        if isinstance(given, Exception):
            raise given
        return given

    failing = mapping(handler)

    failing.lanes.put([record(1)])
    failing.wait_until_done()

    assert failing.batches == [["1"], ["1"]]
    assert failing.places == [("shard", "1")]


def test_a_hanging_batch_delays_no_other_item_and_no_place_passes_it(mapping):
    gate = threading.Event()
    hanging = mapping(lambda event: None if numbers(event) != ["0"] else gate.wait(20) and None)
    others = range(1, 21)

    hanging.lanes.put([record(0, item=0)])
    wait_until(lambda: hanging.batches)
    hanging.lanes.put(record(number, item=number) for number in others)
    lane_of_its_own = {str(number) for number in others if lane(number) != lane(0)}
    wait_until(lambda: lane_of_its_own <= {number for batch in hanging.batches for number in batch})

    assert hanging.places == []
    gate.set()
    hanging.wait_until_done()
    assert hanging.places[-1] == ("shard", "20")


def lane(item):
    return hash(repr([("task_id", {"N": str(item)})])) % 4


def test_each_shard_has_its_own_place(mapping):
    accepting = mapping(lambda _: None)

    accepting.lanes.put([record(1, shard="a"), record(7, shard="b")])
    accepting.wait_until_done()

    assert set(accepting.places) == {("a", "1"), ("b", "7")}


def test_a_stop_leaves_what_the_handler_refuses_for_the_next_start_and_lets_nothing_overtake_it(mapping):
    refusing = mapping(lambda _: {"batchItemFailures": [{"itemIdentifier": "1"}]})

    refusing.lanes.put([record(1)])
    wait_until(lambda: refusing.batches)
    refusing.lanes.put([record(2)])
    refusing.lanes.stop(5)

    assert {tuple(batch) for batch in refusing.batches} == {("1",)}
    assert (refusing.places, refusing.lanes.backlog) == ([], 2)
