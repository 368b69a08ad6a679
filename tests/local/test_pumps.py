"""The pump of a queue does what Lambda's event source does: messages reach their handler."""

import functools
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalice.app import SQSEvent

from local.pumps import QueuePump
from tests.support.local_door import Aws
from tests.support.local_run import PATIENCE, wait_until


@pytest.fixture(scope="module")
def aws():
    with Aws() as running:
        yield running


@pytest.fixture
def mapping(aws):
    return functools.partial(Mapping, aws)


class Mapping:
    """A queue before a handler; it keeps the events that the handler was given."""

    def __init__(self, aws, handler=lambda _: None, **attributes):
        self.name = uuid.uuid4().hex
        self.client = aws.client("sqs")
        self.url = self.client.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        self.events: list[dict[str, Any]] = []
        self._handler = handler
        self.queue = aws.queues.get(self.name)
        self.pump = QueuePump(self.queue, self._handle)

    def _handle(self, event, context):
        assert context.get_remaining_time_in_millis() > 55_000
        assert context.function_name == "retry"
        self.events.append(event)
        return self._handler(event)

    def __enter__(self):
        """Begin to take messages."""
        self.pump.__enter__()
        return self

    def __exit__(self, *_):
        """Finish what is in flight."""
        self.pump.__exit__()

    def send(self, *texts, delay=0):
        entries = [{"Id": str(place), "MessageBody": text} for place, text in enumerate(texts)]
        self.client.send_message_batch(
            QueueUrl=self.url, Entries=[e | {"DelaySeconds": delay} for e in entries]
        )

    @property
    def bodies(self):
        return [body for event in self.events for body in bodies(event)]

    @property
    def kept(self):
        """How many messages the queue has: waiting, delayed, and received but not deleted."""
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
        counts = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)[
            "Attributes"
        ].values()
        return sum(map(int, counts))


def bodies(event):
    return [record["body"] for record in event["Records"]]


def refuse(event, *texts):
    failed = [record["messageId"] for record in event["Records"] if record["body"] in texts]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def test_a_message_reaches_the_handler_as_lambda_gives_it_and_is_deleted(mapping):
    with mapping() as accepting:
        accepting.send('{"a": 1}')
        wait_until(lambda: accepting.events and not accepting.kept)

    [[record]] = [event["Records"] for event in accepting.events]
    attributes = record.pop("attributes")
    assert record == {
        "messageId": record["messageId"],
        "receiptHandle": record["receiptHandle"],
        "body": '{"a": 1}',
        "messageAttributes": {},
        "md5OfBody": "42b7b4f2921788ea14dac5566e6f06d0",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{accepting.name}",
        "awsRegion": "us-east-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"
    assert [each.body for each in SQSEvent(accepting.events[0], None)] == ['{"a": 1}']


def test_messages_that_wait_come_ten_a_call(mapping):
    waiting = mapping()
    waiting.send(*map(str, range(10)))
    waiting.send(*map(str, range(10, 12)))

    with waiting:
        wait_until(lambda: len(waiting.bodies) == 12)

    assert sorted(len(event["Records"]) for event in waiting.events) == [2, 10]


def test_a_delayed_message_comes_when_its_delay_is_over(mapping):
    with mapping() as accepting:
        sent_at = time.time()
        accepting.send("later", delay=1)
        wait_until(lambda: accepting.events)

    assert time.time() - sent_at >= 1


def test_a_message_that_is_refused_comes_again_and_ends_among_the_dead_letters(mapping):
    shelf = mapping()
    arn = f"arn:aws:sqs:us-east-1:123456789012:{shelf.name}"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})

    with mapping(
        lambda event: refuse(event, "bad"), VisibilityTimeout="1", RedrivePolicy=policy
    ) as refusing:
        refusing.send("bad")
        wait_until(lambda: shelf.kept)

    [first, second] = [event["Records"][0] for event in refusing.events]
    assert first["messageId"] == second["messageId"]
    assert [each["attributes"]["ApproximateReceiveCount"] for each in (first, second)] == ["1", "2"]
    assert refusing.kept == 0


def test_a_partial_answer_deletes_only_the_others(mapping):
    refusing = mapping(lambda event: refuse(event, "b"), VisibilityTimeout="1")
    refusing.send("a", "b", "c")

    with refusing:
        wait_until(lambda: len(refusing.events) == 2)

    assert [bodies(event) for event in refusing.events] == [["a", "b", "c"], ["b"]]


@pytest.mark.parametrize("stranger", ["stranger", "", None])
def test_an_answer_that_names_a_stranger_refuses_all(mapping, stranger):
    answers = [{"batchItemFailures": [{"itemIdentifier": stranger}]}]
    confused = mapping(lambda _: answers.pop() if answers else None, VisibilityTimeout="1")
    confused.send("a", "b")

    with confused:
        wait_until(lambda: len(confused.bodies) == 4)

    assert sorted(confused.bodies) == ["a", "a", "b", "b"]


def test_an_exception_leaves_the_messages_and_ends_nothing(mapping, caplog):
    failures = [ZeroDivisionError("once")]

    def handler(_):
        if failures:
            raise failures.pop()

    with mapping(handler, VisibilityTimeout="1") as failing:
        failing.send("first")
        wait_until(lambda: failing.events)
        failing.send("second")
        wait_until(lambda: len(failing.events) == 3 and not failing.kept)

    assert failing.bodies == ["first", "second", "first"]
    assert "retry failed; its messages return to the queue" in caplog.text
    assert "ZeroDivisionError: once" in caplog.text


def test_slow_calls_hold_up_no_other_until_five_run(mapping):
    gate = threading.Event()
    with mapping(lambda _: gate.wait(PATIENCE) and None) as slow:
        for number in range(5):
            slow.send(str(number))
            wait_until(lambda: str(number) in slow.bodies)  # noqa: B023 -- awaited here and now
        slow.send("5")
        running = len(slow.events)
        gate.set()
        wait_until(lambda: not slow.kept)

    assert (running, slow.bodies) == (5, ["0", "1", "2", "3", "4", "5"])


def test_an_end_finishes_what_is_in_flight_and_takes_no_more(mapping):
    gate = threading.Event()
    with ThreadPoolExecutor() as other, mapping(lambda _: gate.wait(PATIENCE) and None) as ending:
        ending.send("in flight")
        wait_until(lambda: ending.events)
        end = other.submit(ending.pump.__exit__)
        wait_until(lambda: ending.queue.is_closed)
        ending.send("too late")
        gate.set()
        end.result(5)

        assert (ending.bodies, ending.kept) == (["in flight"], 1)


def test_an_idle_pump_ends_at_once(mapping):
    with mapping() as idle:
        wait_until(idle.pump._turn.locked)
        asked_at = time.monotonic()
    took = time.monotonic() - asked_at

    assert took < 0.9  # without a nudge it would sleep on for a second
