"""The mapping acts as Lambda's event source mapping: order, repeats, places without gaps."""

import json
import threading
from collections import defaultdict
from copy import copy
from functools import partial

import pytest

from local import event_source_mapping
from local.event_source_mapping import CALLS, EventSourceMapping, _Room
from local.records import Record, RecordQueue
from tests.support.local_run import PATIENCE, ROOT, wait_until


def record(number, item=1, shard="shard"):
    return Record(
        shard, {"dynamodb": {"SequenceNumber": str(number), "Keys": {"task_id": {"N": str(item)}}}}
    )


def numbers(event):
    return [each["dynamodb"]["SequenceNumber"] for each in event["Records"]]


def items(event):
    return [each["dynamodb"]["Keys"]["task_id"]["N"] for each in event["Records"]]


class Mapping:
    """A mapping before a handler; it keeps the batches that were seen and the places saved."""

    def __init__(self, handler):
        self.batches: list[list[str]] = []
        self.places: list[tuple[str, str]] = []
        self._handler = handler
        self.mapping = EventSourceMapping(
            self._handle, lambda: None, lambda shard, number: self.places.append((shard, number))
        )

    def _handle(self, event, context):
        assert context is None
        self.batches.append(numbers(event))
        return self._handler(event)

    @property
    def handled(self):
        return {number for batch in self.batches for number in batch}

    def wait_until_done(self):
        wait_until(lambda: not self.mapping.backlog)


def warm_up(mapping):
    """Let so many batches be good that as many as ever may be with the handler."""
    for number in range(20):
        mapping.mapping.put([record(number, item="early", shard="early")])
        mapping.wait_until_done()


@pytest.fixture
def mapping():
    started = []

    def start(handler):
        started.append(Mapping(handler))
        return started[-1]

    yield start
    for each in started:
        each.mapping.stop(1)


def test_as_many_calls_run_side_by_side_as_a_deployed_mapping_makes_for_a_shard():
    stages = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]

    assert stages["prod"]["template_parameters"]["DispatchesPerShard"] == CALLS


def test_an_item_keeps_its_order_and_all_is_handled_once(mapping):
    accepting = mapping(lambda _: None)

    accepting.mapping.put(record(number) for number in range(250))
    accepting.wait_until_done()

    assert [number for batch in accepting.batches for number in batch] == [
        str(number) for number in range(250)
    ]
    assert max(map(len, accepting.batches)) <= 10
    assert accepting.places[-1] == ("shard", "249")


def test_a_batch_is_repeated_from_the_record_that_the_handler_names(mapping):
    refusals = [{"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}]
    gate = threading.Event()
    refusing = mapping(
        lambda event: (
            gate.wait(5) and numbers(event) != ["0"] and refusals.pop() if refusals else None
        )
    )

    refusing.mapping.put([record(0)])
    wait_until(lambda: refusing.batches)
    refusing.mapping.put(record(number) for number in range(1, 5))
    gate.set()
    refusing.wait_until_done()

    assert refusing.batches == [["0"], ["1", "2", "3", "4"], ["2", "3", "4"]]


@pytest.mark.parametrize(
    "answer", [{"batchItemFailures": [{"itemIdentifier": ""}]}, ZeroDivisionError()]
)
def test_a_batch_that_fails_as_a_whole_is_repeated_as_a_whole(mapping, answer):
    answers = [answer]

    def handler(_):
        given = answers.pop() if answers else None
        if isinstance(given, Exception):
            raise given
        return given

    failing = mapping(handler)

    failing.mapping.put([record(1)])
    failing.wait_until_done()

    assert failing.batches == [["1"], ["1"]]
    assert failing.places == [("shard", "1")]


def test_a_hanging_call_delays_no_other_item_and_no_place_passes_it(mapping):
    gate = threading.Event()
    hanging = mapping(
        lambda event: None if numbers(event) != ["0"] else gate.wait(PATIENCE) and None
    )

    hanging.mapping.put([record(0, item=0)])
    wait_until(lambda: hanging.batches)
    hanging.mapping.put(record(number, item=number % 50) for number in range(1, 201))
    others = {str(number) for number in range(1, 201) if number % 50}
    wait_until(lambda: others <= hanging.handled)

    assert (hanging.handled - others, hanging.places) == ({"0"}, [])
    gate.set()
    hanging.wait_until_done()
    assert hanging.places[-1] == ("shard", "200")


def test_calls_that_hang_delay_no_other_item_while_one_more_may_run(mapping):
    gate = threading.Event()
    hanging = mapping(
        lambda event: gate.wait(PATIENCE) and None if "hang" in items(event)[0] else None
    )
    warm_up(hanging)
    hanging.batches.clear()

    for number in range(CALLS - 1):
        hanging.mapping.put([record(number, item=f"hang-{number}")])
        wait_until(lambda: len(hanging.batches) > number)  # noqa: B023 -- called before the next one
    hanging.mapping.put(record(number, item=number % 50) for number in range(100, 300))
    others = {str(number) for number in range(100, 300)}
    wait_until(lambda: others <= hanging.handled)

    assert hanging.places[-1] == ("early", "19")
    gate.set()
    hanging.wait_until_done()
    assert hanging.places[-1] == ("shard", "299")


def test_calls_side_by_side_never_share_an_item_and_keep_the_order_of_each(mapping):
    lock, first_two = threading.Lock(), threading.Barrier(2)
    running: set[str] = set()
    shared: set[str] = set()
    seen: defaultdict[str, list[int]] = defaultdict(list)

    def handler(event):
        with lock:
            shared.update(running.intersection(items(event)))
            running.update(items(event))
        if {"0", "10"}.intersection(numbers(event)):
            first_two.wait(PATIENCE)
        with lock:
            running.difference_update(items(event))
            for item, number in zip(items(event), numbers(event), strict=True):
                seen[item].append(int(number))

    accepting = mapping(handler)

    accepting.mapping.put(record(number, item=number % 150) for number in range(1_500))
    accepting.wait_until_done()

    assert not shared
    assert seen == {str(item): [*range(item, 1_500, 150)] for item in range(150)}
    assert [str(number) for number in range(10, 20)] in accepting.batches[:2]


def test_what_comes_while_calls_hang_is_handled_in_one_batch_once_a_worker_is_free(mapping):
    gate = threading.Event()
    gate.set()
    hanging = mapping(lambda _: gate.wait(PATIENCE) and None)
    warm_up(hanging)
    gate.clear()
    hanging.batches.clear()

    for number in range(CALLS):
        hanging.mapping.put([record(number, item=number)])
        wait_until(lambda: len(hanging.batches) > number)  # noqa: B023 -- called before the next one
    for number in (CALLS, CALLS + 1):
        hanging.mapping.put([record(number, item=number)])
    gate.set()
    hanging.wait_until_done()

    assert hanging.batches == [
        *([str(number)] for number in range(CALLS)),
        [str(CALLS), str(CALLS + 1)],
    ]


def test_an_item_that_is_refused_holds_up_its_own_records_alone(mapping):
    gate, refusing = threading.Event(), threading.Event()

    def handler(event):
        if "2" not in numbers(event) or gate.is_set():
            return None
        refusing.set()
        return {"batchItemFailures": [{"itemIdentifier": "2"}]}

    partly = mapping(handler)

    partly.mapping.put([record(1, item=1), record(2, item=2), record(3, item=3)])
    assert refusing.wait(PATIENCE)
    partly.mapping.put([record(4, item=1), record(5, item=2), record(6, item=3), record(7, item=4)])
    wait_until(lambda: {"4", "7"} <= partly.handled)

    assert not {"5", "6"} & partly.handled
    gate.set()
    partly.wait_until_done()
    assert partly.batches[0] == ["1", "2", "3"]
    assert partly.batches[-1] == ["5", "6"]
    assert partly.places[-1] == ("shard", "7")


def test_while_many_records_wait_four_batches_are_with_the_handler(mapping):
    lock, gate = threading.Lock(), threading.Semaphore(0)
    inside: list[int] = [0]

    def handler(_):
        with lock:
            inside.append(inside[-1] + 1)
        assert gate.acquire(timeout=PATIENCE)
        with lock:
            inside.append(inside[-1] - 1)

    crowded = mapping(handler)
    gate.release(20)
    warm_up(crowded)

    crowded.mapping.put(record(number, item=number) for number in range(1_000))
    wait_until(lambda: inside[-1] == 4)
    gate.release(1_000)
    crowded.wait_until_done()

    assert max(inside) == 4
    assert [len(batch) for batch in crowded.batches[20:115]] == [10] * 95


def test_a_few_records_are_with_the_handler_where_its_calls_are_quick(mapping, monkeypatch):
    monkeypatch.setattr(event_source_mapping, "_HEAD_START", PATIENCE)  # all calls are quick
    lock, inside = threading.Lock(), [0]

    def handler(event):
        with lock:
            inside.append(inside[-1] + len(event["Records"]))
        with lock:
            inside.append(inside[-1] - len(event["Records"]))

    quick = mapping(handler)
    warm_up(quick)

    quick.mapping.put(record(number, item=number) for number in range(40))
    quick.wait_until_done()

    assert max(inside) == 4


def test_after_a_refused_batch_there_is_room_for_half_as_many_and_after_a_good_one_for_one_more():
    room = _Room(10)

    def leave(verdicts):
        for is_good in verdicts:
            room.leave(0, is_good=is_good)
            yield whole_batches(room)

    assert list(leave([*[True] * 20, *[False] * 5, True])) == [
        *range(3, 11),
        *[10] * 12,
        5,
        2,
        1,
        1,
        1,
        2,
    ]


def whole_batches(room):
    probe, count = copy(room), 0
    while probe.is_there(20):
        probe.take(10)
        count += 1
    return count


def test_what_is_refused_by_many_is_repeated_until_it_is_accepted(mapping):
    refusals = list(range(1, 13))

    def handler(event):
        return (
            {"batchItemFailures": [{"itemIdentifier": numbers(event)[0]}]}
            if refusals and refusals.pop()
            else None
        )

    unlucky = mapping(handler)

    unlucky.mapping.put(record(number, item=number) for number in range(1_000))
    unlucky.wait_until_done()

    assert (unlucky.places[-1], whole_batches(unlucky.mapping._room)) == (("shard", "999"), CALLS)


def test_taking_a_batch_looks_at_no_waiting_record_of_an_item_that_is_taken():
    looks = []

    class Watched(RecordQueue):
        def _is_first(self, arrival, item):
            looks.append(item)
            return super()._is_first(arrival, item)

    queue = Watched()
    queue.put(record(0, item="busy"))
    assert queue.take(100) == [record(0, item="busy")]
    for number in range(1, 2_001):
        queue.put(record(number, item="busy"))
    others = [record(number, item=number % 10) for number in range(2_001, 2_101)]
    for other in others:
        queue.put(other)

    assert queue.take(100) == others
    assert (queue.has_next(), len(looks)) == (False, 101)


def test_each_shard_has_its_own_place(mapping):
    accepting = mapping(lambda _: None)

    accepting.mapping.put([record(1, shard="a"), record(7, shard="b")])
    accepting.wait_until_done()

    assert set(accepting.places) == {("a", "1"), ("b", "7")}


def test_a_stop_leaves_what_the_handler_refuses_for_the_next_start_and_lets_nothing_overtake_it(
    mapping,
):
    refusing = mapping(
        lambda event: (
            {"batchItemFailures": [{"itemIdentifier": "1"}]} if "1" in numbers(event) else None
        )
    )

    refusing.mapping.put([record(1)])
    wait_until(lambda: refusing.batches)
    refusing.mapping.put([record(2), record(3, item=3)])
    refusing.mapping.stop(5)

    assert {tuple(batch) for batch in refusing.batches} == {("1",), ("3",)}
    assert (refusing.places, refusing.mapping.backlog) == ([], 3)


def test_a_stop_finishes_what_was_put(mapping):
    accepting = mapping(lambda _: None)

    accepting.mapping.put(record(number, item=number) for number in range(1_000))
    accepting.mapping.stop(20)

    assert (accepting.places[-1], accepting.mapping.backlog) == (("shard", "999"), 0)


def test_workers_that_hanging_calls_have_made_end_with_them(mapping):
    gate, before = threading.Event(), lanes_alive()

    def hang(event):
        if items(event) != ["early"]:
            gate.wait(PATIENCE)

    def is_taken(number):
        return len(hanging.batches) > 20 + number

    hanging = mapping(hang)
    warm_up(hanging)

    for number in range(CALLS):
        hanging.mapping.put([record(number, item=number)])
        wait_until(partial(is_taken, number))
    at_most = lanes_alive()
    gate.set()
    hanging.wait_until_done()

    wait_until(lambda: lanes_alive() <= before + 4)
    assert at_most >= before + CALLS


def lanes_alive():
    return sum(thread.name == "batch" for thread in threading.enumerate())


def test_a_stop_waits_for_no_call_that_hangs_longer_than_it_may(mapping):
    gate = threading.Event()
    hanging = mapping(lambda _: gate.wait(PATIENCE) and None)

    hanging.mapping.put([record(1)])
    wait_until(lambda: hanging.batches)
    hanging.mapping.stop(0)

    assert (hanging.places, hanging.mapping.backlog) == ([], 1)
    gate.set()
