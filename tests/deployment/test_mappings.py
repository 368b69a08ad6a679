"""The packaged functions behind the template's event source mappings: batches and repeats."""

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support import event_sources
from tests.support.event_source_mappings import FunctionError, Records, read_queue, read_shard
from tests.support.packaged_lambdas import PREFIX, Lambdas, running

pytestmark = ONE_WORKER

HOUR = 3600
TASKS = 101


@pytest.fixture(scope="module")
def lambdas(unpacked, expanded, tmp_path_factory) -> Iterator[Lambdas]:
    with running(unpacked, expanded["Resources"], tmp_path_factory.mktemp("lambdas")) as begun:
        begun.ill.status = 204
        yield begun


@pytest.fixture
def stream(expanded) -> dict[str, Any]:
    return expanded["Resources"]["DispatchDispatchDynamodbEventSource"]["Properties"]


@pytest.fixture
def inbox(lambdas) -> Iterator[Any]:
    yield lambdas.well
    lambdas.well.received.clear()


def changes(lambdas: Lambdas, titles: Sequence[int]) -> Records:
    """Create tasks with these titles and return their changes, forgetting earlier posts."""
    for start in range(0, len(titles), 100):
        calls = [
            ("createTask", {"title": str(title), "project_id": 1})
            for title in titles[start : start + 100]
        ]
        lambdas.api.invoke(event_sources.rpc(*calls))
    return event_sources.records_of(lambdas.store_url, PREFIX + "tasks")[-len(titles) :]


def titles_received(inbox):
    return [json.loads(post.body)["title"] for post in inbox.received]


def made_later(record, seconds):
    """Return a record as if it had been made so much later."""
    change = record["dynamodb"]
    return {**record, "dynamodb": {**change, "ApproximateCreationDateTime": time.time() + seconds}}


def test_a_shard_is_handed_over_in_batches_and_each_change_is_posted_once(lambdas, stream, inbox):
    sizes, records = [], changes(lambdas, range(1, TASKS + 1))

    def call(batch):
        sizes.append(len(batch))
        return lambdas.dispatch.invoke({"Records": batch})

    given_up = read_shard(stream, records, call, time.time)

    assert (sizes, given_up) == ([100, 1], [])
    assert sorted(titles_received(inbox), key=int) == [str(task) for task in range(1, TASKS + 1)]


def test_changes_that_meet_a_store_that_is_down_come_again_with_the_same_ids(
    lambdas, stream, inbox
):
    answers: list[Any] = []
    records = changes(lambdas, range(201, 205))

    def call(batch):
        lambdas.relays["Dispatch"].refuses = not answers
        answers.append(lambdas.dispatch.invoke({"Records": batch}))
        return answers[-1]

    given_up = read_shard(stream, records, call, time.time)

    first = records[0]["dynamodb"]["SequenceNumber"]
    assert answers == [{"batchItemFailures": [{"itemIdentifier": first}]}] + 2 * [
        {"batchItemFailures": []}
    ]
    assert given_up == []
    assert set(titles_received(inbox)) == {"201", "202", "203", "204"}
    assert len({post.headers["webhook-id"] for post in inbox.received}) == 4


def test_a_change_on_which_the_function_dies_is_found_by_halves_and_given_up_after_a_day(
    lambdas, stream, inbox
):
    records = changes(lambdas, range(301, 309))
    poison, later = records[2], [made_later(record, 6 * HOUR) for record in records[3:8]]

    def call(batch):
        if poison in batch:
            raise FunctionError
        return lambdas.dispatch.invoke({"Records": batch})

    given_up = read_shard(
        stream, [*records[:3], *later], call, itertools.count(time.time(), HOUR).__next__
    )

    assert given_up == [poison]
    assert sorted(titles_received(inbox)) == ["301", "302", "304", "305", "306", "307", "308"]


def test_a_change_that_fails_at_once_is_not_given_up_before_it_is_a_day_old(stream):
    made_at, tries = 1_700_000_000.0, []
    change = {"dynamodb": {"SequenceNumber": "1", "ApproximateCreationDateTime": made_at}}

    def call(batch):
        tries.extend(batch)
        raise FunctionError

    given_up = read_shard(stream, [change], call, itertools.count(made_at, 2).__next__)

    assert (len(tries), given_up) == (24 * HOUR // 2 + 1, [change])


def test_a_message_that_cannot_be_read_comes_alone_again_and_ends_with_the_dead_letters(
    lambdas, expanded
):
    mapping = expanded["Resources"]["RetryRetrySqsEventSource"]["Properties"]
    most_reads = expanded["Resources"]["RetryQueue"]["Properties"]["RedrivePolicy"][
        "maxReceiveCount"
    ]
    bodies = [json.dumps({"endpoint_id": "well", "lane": f"well.{task}"}) for task in range(1, 12)]
    messages = [
        {"messageId": str(number), "body": body}
        for number, body in enumerate(["not JSON", *bodies])
    ]
    read = []

    def call(batch):
        read.append([message["messageId"] for message in batch])
        return lambdas.retry.invoke({"Records": batch})

    dead = read_queue(mapping, most_reads, messages, call)

    assert dead == messages[:1]
    assert read == [[str(number) for number in range(10)], ["10", "11", "0"], ["0"], ["0"], ["0"]]
