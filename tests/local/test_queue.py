"""A run's queues keep SQS's promises to boto3, as our code and the AWS CLI call them."""

import json
import threading
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from local.queue import Queues
from tests.support.local_door import Aws
from tests.support.local_run import wait_until


@pytest.fixture(scope="module")
def aws():
    with Aws() as running:
        yield running


class Line:
    """A queue as boto3 has it."""

    def __init__(self, aws, **attributes):
        self.name = uuid.uuid4().hex
        self.sqs = aws.client("sqs")
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def send(self, body, **more):
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def receive(self, **more):
        more = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], **more}
        return self.sqs.receive_message(QueueUrl=self.url, **more).get("Messages", [])

    def bodies(self, **more):
        return [message["Body"] for message in self.receive(**more)]

    def attributes(self, *names):
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(names))[
            "Attributes"
        ]


@pytest.fixture
def line(aws):
    return Line(aws)


def test_a_message_is_received_with_its_id_and_the_digest_of_its_body(line):
    sent = line.send("{}")

    [message] = line.receive()

    assert message["MessageId"] == sent["MessageId"]
    assert sent["MD5OfMessageBody"] == message["MD5OfBody"] == "99914b932bd37a50b983c5e7c90ae93b"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(message["Attributes"]["SentTimestamp"]) / 1000 - time.time()) < 60


def test_what_was_received_is_hidden_until_its_time_is_over_and_then_counts_again(aws):
    line = Line(aws, VisibilityTimeout="1")
    line.send("x")
    [first] = line.receive()
    at_once = line.receive()

    [second] = line.receive(WaitTimeSeconds=5)

    assert at_once == []
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_receipt_of_an_earlier_receive_deletes_nothing(line):
    line.send("x")
    [first] = line.receive(VisibilityTimeout=0)
    [second] = line.receive(VisibilityTimeout=0)

    line.sqs.delete_message(QueueUrl=line.url, ReceiptHandle=first["ReceiptHandle"])
    kept = line.attributes("ApproximateNumberOfMessages")
    line.sqs.delete_message(QueueUrl=line.url, ReceiptHandle=second["ReceiptHandle"])

    assert kept == {"ApproximateNumberOfMessages": "1"}
    assert line.attributes("ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}


def test_messages_are_counted_as_waiting_delayed_and_received(line):
    line.send("a")
    line.receive()
    line.send("b", DelaySeconds=900)
    line.send("c")

    counts = line.attributes("All")

    names = (
        "ApproximateNumberOfMessages",
        *(f"ApproximateNumberOfMessages{which}" for which in ("NotVisible", "Delayed")),
    )
    assert [counts[name] for name in names] == ["1", "1", "1"]
    assert counts["QueueArn"] == f"arn:aws:sqs:us-east-1:123456789012:{line.name}"


def test_a_long_poll_is_answered_by_a_message_that_is_sent_meanwhile(line):
    got: list[str] = []
    waiting = threading.Thread(target=lambda: got.extend(line.bodies(WaitTimeSeconds=20)))
    waiting.start()

    line.send("meanwhile")
    waiting.join(15)

    assert got == ["meanwhile"]


def test_changing_the_visibility_brings_a_message_back(line):
    line.send("x")
    [message] = line.receive()

    line.sqs.change_message_visibility(
        QueueUrl=line.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )

    assert line.bodies() == ["x"]


def test_a_message_that_was_received_too_often_is_moved_and_not_handed_out(aws):
    shelf = Line(aws)
    policy = {"deadLetterTargetArn": shelf.attributes("QueueArn")["QueueArn"], "maxReceiveCount": 2}
    line = Line(aws, RedrivePolicy=json.dumps(policy))
    line.send("bad")

    received = [line.bodies(VisibilityTimeout=0) for _ in range(3)]

    assert received == [["bad"], ["bad"], []]
    assert shelf.bodies() == ["bad"]


def test_a_batch_names_what_it_refuses_and_does_the_rest(line):
    entries = [
        {"Id": "a", "MessageBody": "fine"},
        {"Id": "b", "MessageBody": "late", "DelaySeconds": 901},
    ]

    answer = line.sqs.send_message_batch(QueueUrl=line.url, Entries=entries)

    assert [done["Id"] for done in answer["Successful"]] == ["a"]
    assert [(bad["Id"], bad["Code"], bad["SenderFault"]) for bad in answer["Failed"]] == [
        ("b", "InvalidParameterValue", True)
    ]
    assert line.bodies() == ["fine"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (
            [{"Id": str(number), "MessageBody": "x"} for number in range(11)],
            "TooManyEntriesInBatchRequest",
        ),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([], "EmptyBatchRequest"),
    ],
)
def test_a_batch_that_sqs_refuses_is_refused_whole(line, entries, code):
    with pytest.raises(ClientError) as refused:
        line.sqs.send_message_batch(QueueUrl=line.url, Entries=entries)

    assert refused.value.response["Error"]["Code"] == f"AWS.SimpleQueueService.{code}"
    assert line.bodies() == []


def test_an_unknown_queue_is_the_exception_that_boto3_knows(line):
    with pytest.raises(line.sqs.exceptions.QueueDoesNotExist):
        line.sqs.get_queue_url(QueueName="nobody")

    assert line.sqs.get_queue_url(QueueName=line.name)["QueueUrl"] == line.url
    assert line.url in line.sqs.list_queues()["QueueUrls"]


def test_purging_leaves_an_empty_queue(line):
    line.send("x")

    line.sqs.purge_queue(QueueUrl=line.url)

    assert line.bodies() == []


def test_messages_that_nobody_reads_are_dropped_after_their_retention(aws):
    line = Line(aws, MessageRetentionPeriod="1")
    line.send("x")

    wait_until(
        lambda: line.attributes("ApproximateNumberOfMessages")["ApproximateNumberOfMessages"] == "0"
    )


def test_a_queue_that_is_made_twice_keeps_its_messages():
    queues = Queues()
    queues.create("q", {}).send("x")

    again = queues.create("q", {})

    assert [message.body for message in again.receive()] == ["x"]
