"""A store that fails in each way, asked by our client and by botocore's."""

import json
import random
import socket
import time
import zlib

import pytest
from botocore.exceptions import ChecksumError, ConnectionClosedError

from tests.support.failing_store import answers, closes, cuts, failing, hangs, refuses, resets
from tests.support.two_clients import ATTEMPTS, both, botocores, ours, outcome

NOT_AGAIN = [
    refuses("ConditionalCheckFailedException"),
    refuses("ValidationException"),
    refuses("ResourceNotFoundException"),
    refuses("TransactionConflictException"),
    refuses("AccessDeniedException"),
    refuses("UnrecognizedClientException"),
    answers({"__type": "ExpiredTokenException:http://aws/", "Message": "old"}, 400),
    answers(b"<html>too large</html>", 413),
    answers(b"", 404),
]
AGAIN = [
    refuses("ThrottlingException"),
    refuses("ProvisionedThroughputExceededException"),
    refuses("RequestLimitExceeded"),
    refuses("TransactionInProgressException"),
    refuses("InternalServerError", 500),
    answers(b"<html>bad gateway</html>", 502),
    answers(b"", 503),
    answers(b"", 429),
    refuses("RequestTimeout"),
]


@pytest.mark.parametrize("step", NOT_AGAIN)
def test_a_refusal_is_said_as_botocore_says_it_and_is_not_tried_again(step):
    (said, requests), botocores_way = both(step)

    assert (said, requests) == botocores_way
    assert requests == 1


@pytest.mark.parametrize("step", AGAIN)
def test_what_may_pass_is_tried_again_as_often_as_botocore_tries(step):
    random.seed(152872)  # both draw short waits: how often they try is what is tested

    (said, requests), botocores_way = both(step, step, step)

    assert (said, requests) == botocores_way
    assert requests == ATTEMPTS


@pytest.mark.parametrize("step", [closes, resets, hangs])
def test_a_lost_answer_is_asked_for_again_and_said_as_botocore_says_it(step):
    (said, requests), botocores_way = both(step, step, step, read=0.3)

    assert (said, requests) == botocores_way
    assert requests == ATTEMPTS


def test_an_answer_that_is_cut_off_is_asked_for_again():
    with failing(cuts, answers({"Item": {}})) as store:
        answer = outcome(ours(store.url))

    assert (answer, len(store.received)) == ({"Item": {}}, 2)


def test_an_answer_that_is_always_cut_off_is_a_lost_one():
    with failing(cuts, cuts, cuts) as store:
        answer = outcome(ours(store.url))

    assert (answer, len(store.received)) == (ConnectionClosedError, ATTEMPTS)


def test_where_nobody_listens_both_say_so():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

    assert outcome(ours(url)) == outcome(botocores(url))


def test_the_reasons_of_a_cancelled_transaction_arrive():
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]
    cancelled = refuses("TransactionCanceledException", CancellationReasons=reasons)

    (said, _), (botocores_way, _) = both(cancelled, operation="TransactWriteItems")

    assert said == botocores_way
    assert said[2] == reasons


def test_the_item_of_a_failed_condition_arrives():
    failed = refuses("ConditionalCheckFailedException", Item={"task_id": {"N": "1"}})

    (said, _), (botocores_way, _) = both(failed, operation="PutItem")

    assert said == botocores_way
    assert said[3] == {"task_id": {"N": "1"}}


def test_an_answer_whose_checksum_is_wrong_is_asked_for_again():
    item = {"Item": {"task_id": {"N": "1"}}}
    right = str(zlib.crc32(json.dumps(item).encode()))
    with failing(answers(item, x_amz_crc32="1"), answers(item, x_amz_crc32=right)) as store:
        answer = outcome(ours(store.url))

    assert (answer, len(store.received)) == (item, 2)


def test_an_answer_whose_checksum_is_always_wrong_is_none():
    wrong = answers({}, x_amz_crc32="1")
    with failing(wrong, wrong, wrong) as store:
        answer = outcome(ours(store.url))

    assert (answer, len(store.received)) == (ChecksumError, ATTEMPTS)


def test_an_answer_that_is_no_json_is_asked_for_again():
    with failing(answers(b"<html>sign in to the network</html>")) as store:
        answer = outcome(ours(store.url))

    assert (answer, len(store.received)) == ({}, 2)


def test_a_store_that_always_fails_is_soon_asked_no_more_than_once_for_each_call():
    broken = refuses("InternalServerError", 500)

    (_, requests), (_, botocores_requests) = both(*[broken] * 200, calls=30)

    assert requests == botocores_requests == 30 + 500 // 14


def test_the_wait_that_the_store_advises_is_kept():
    arrived = []

    def busy(handler):
        arrived.append(time.monotonic())
        answers(b"", 503, x_amz_retry_after="300")(handler)

    with failing(busy, busy) as store:
        ours(store.url)("GetItem", {})

    assert len(store.received) == 3
    assert arrived[1] - arrived[0] >= 0.3
