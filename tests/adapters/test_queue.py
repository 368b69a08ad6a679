"""The queues: delays, unreadable messages, and a queue that refuses without stopping work."""

import json
import logging
import time

import pytest

from chalicelib.adapters import queue
from chalicelib.adapters.queue import RetryMessage
from tests.support.aws_faults import answering, saying, timed_out, wrong
from tests.support.cloud import dispatch
from tests.support.deliveries import logged

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def caplog(caplog):
    caplog.set_level(logging.INFO, "chalicelib")
    return caplog


def sent(due_in):
    """Return the entries that SQS is asked to keep for calls that are due in so many seconds."""
    now = time.time()
    with wrong("SendMessageBatch", answering({"Successful": [], "Failed": []})) as batches:
        queue.send(
            {
                RetryMessage("ci", str(number)): now + seconds
                for number, seconds in enumerate(due_in)
            }
        )
    return [json.loads(batch)["Entries"] for batch in batches.calls]


def ask(*bodies):
    """Handle messages with these bodies, and return the calls that were taken and the answer."""
    taken = []
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]

    def take(calls, _):
        taken.extend(calls)
        return [call for call in calls if call.endpoint_id == "failing"]

    answer = queue.handle({"Records": records}, take)
    return sorted(taken), answer


def test_a_call_arrives_as_it_was_sent(cloud):
    queue.send({RetryMessage("ci", "ci.1"): 0, RetryMessage("ci"): 0})

    bodies = [json.loads(message["body"]) for message in cloud.messages()]

    assert sorted(bodies, key=str) == [
        {"endpoint_id": "ci", "lane": "ci.1"},
        {"endpoint_id": "ci", "lane": None},
    ]


@pytest.mark.parametrize("due_in", [1.4, 5.001, 60.5, 899.3])
def test_no_message_comes_before_its_time(due_in):
    [[entry]] = sent([due_in])

    assert entry["DelaySeconds"] >= due_in - 0.1


def test_what_is_overdue_comes_at_once_and_what_sqs_cannot_wait_for_is_left_to_the_sweep():
    [entries] = sent([-1000, 0, 901])

    assert [(entry["Id"], entry["DelaySeconds"]) for entry in entries] == [("0", 0), ("1", 0)]


def test_a_call_takes_ten_messages():
    assert [[entry["Id"] for entry in batch] for batch in sent([0] * 21)] == [
        [*"0123456789"],
        [*"0123456789"],
        ["0"],
    ]


@pytest.mark.parametrize(
    "answer", [saying(400, "AccessDenied"), saying(500, "InternalError"), timed_out]
)
def test_a_queue_that_refuses_is_logged_and_left_to_the_sweep(caplog, answer):
    with wrong("SendMessageBatch", answer):
        queue.send({RetryMessage("ci", str(number)): 0 for number in range(11)})

    [event] = logged(caplog, "queue_unavailable")
    assert event["left_to_the_sweep"] == 11


def test_messages_that_are_refused_one_by_one_are_counted(caplog, cloud):
    refused = {"Id": "0", "SenderFault": False, "Code": "InternalError", "Message": "not this one"}

    with wrong("SendMessageBatch", answering({"Successful": [], "Failed": [refused]}), times=1):
        queue.send({RetryMessage("ci", str(number)): 0 for number in range(11)})

    [event] = logged(caplog, "messages_refused")
    assert (event["count"], event["error"]) == (1, "not this one")
    assert len(cloud.messages()) == 1


GARBAGE = [
    "",
    "not JSON",
    "[]",
    "null",
    "7",
    '"ci"',
    "{}",
    '{"lane": "ci.1"}',
    '{"endpoint_id": 7}',
    '{"endpoint_id": "ci", "lane": 7}',
    '{"endpoint_id": null, "lane": "ci.1"}',
]


def test_messages_that_cannot_be_read_come_again_and_the_others_are_taken(caplog):
    good = ['{"endpoint_id": "a", "lane": "a.1"}', '{"endpoint_id": "b"}']

    calls, answer = ask(good[0], *GARBAGE, good[1])

    assert calls == [RetryMessage("a", "a.1"), RetryMessage("b")]
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == [
        str(number) for number in range(1, len(GARBAGE) + 1)
    ]
    assert len(logged(caplog, "message_unreadable")) == len(GARBAGE)


def test_a_call_that_comes_twice_is_taken_once_and_fails_twice():
    calls, answer = ask(
        *['{"endpoint_id": "failing", "lane": "x"}'] * 2, '{"endpoint_id": "a", "lane": "x"}'
    )

    assert calls == [RetryMessage("a", "x"), RetryMessage("failing", "x")]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]}


def test_what_cannot_be_used_lies_in_the_failure_queue_and_its_key_is_logged(cloud, caplog):
    queue.set_aside(
        "record", ValueError("a long story"), {"event_id": "7f"}, {"eventID": "7f", "dynamodb": {}}
    )

    whole = {"kind": "record", "reason": "ValueError('a long story')", "event_id": "7f"}
    assert cloud.set_aside() == [whole | {"content": {"eventID": "7f", "dynamodb": {}}}]
    [event] = logged(caplog, "set_aside")
    assert event == {"kind": "record", "error": "ValueError", "event_id": "7f"}


def test_what_is_too_long_for_the_failure_queue_lies_there_by_its_key(cloud):
    queue.set_aside("change", "why", {"event_id": "7f"}, {"after": {"description": "x" * 300_000}})

    assert cloud.set_aside() == [{"kind": "change", "reason": "why", "event_id": "7f"}]


def test_nothing_that_a_task_holds_is_logged(cloud, caplog):
    change = {"task_id": {"N": "1"}, "title": {"S": "a secret"}, "score": {"S": "another secret"}}
    stream = {"SequenceNumber": "1", "ApproximateCreationDateTime": 1, "NewImage": change}

    dispatch([{"eventID": "7f", "dynamodb": stream}])

    assert [event["task_id"] for event in logged(caplog, "set_aside")] == [1]
    assert "secret" not in str([vars(record) for record in caplog.records])
    assert len(cloud.set_aside()) == 1


def test_a_failure_queue_that_refuses_stops_nothing(caplog):
    with wrong("SendMessage", timed_out):
        queue.set_aside("record", "why", {"event_id": "7f"}, None)

    assert [len(logged(caplog, name)) for name in ("set_aside", "queue_unavailable")] == [1, 1]
