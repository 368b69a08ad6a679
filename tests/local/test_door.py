"""The door to a run's stores: only callers with its keys come in, above all no web page."""

from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Botocores
from botocore.exceptions import ClientError

from local.backends import Answer, relay
from local.credentials import new_credentials
from tests.support.local_door import Aws

TARGET = "DynamoDB_20120810.ListTables"


class Behind:
    """A store that notes what reaches it."""

    def __init__(self):
        self.requests: list[Any] = []

    def __call__(self, request):
        self.requests.append(request)
        return Answer(
            200, [("Content-Type", "application/x-amz-json-1.0")], b'{"TableNames": ["tasks"]}'
        )


@pytest.fixture
def store():
    return Behind()


@pytest.fixture
def aws(store):
    with Aws(DynamoDB_20120810=store) as running:
        yield running


def signed(aws, body=b"{}", keys=None, **headers):
    """Return the headers of a request that botocore has signed."""
    request = AWSRequest("POST", aws.url + "/", {"X-Amz-Target": TARGET, **headers}, body)
    SigV4Auth(Botocores(*(keys or aws.keys)), "dynamodb", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_who_has_the_keys_of_the_run_is_answered(aws, store):
    answer = aws.client("dynamodb").list_tables()

    assert answer["TableNames"] == ["tasks"]
    assert [request.body for request in store.requests] == [b"{}"]


@pytest.mark.parametrize("wrong", ["access_key_id", "secret_access_key"])
def test_other_keys_are_refused(aws, store, wrong):
    keys = aws.keys._replace(**{wrong: "local"})

    with pytest.raises(ClientError) as refused:
        aws.client("dynamodb", keys).list_tables()

    assert "its own: aws_access_key_id and aws_secret_access_key of its run.json" in str(
        refused.value
    )
    assert store.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_web_page_is_refused_even_with_the_keys(aws, store, headers):
    status, body = aws.post(signed(aws) | headers)

    assert b"web pages are not allowed" in body
    assert (status, store.requests) == (403, [])


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]", "192.0.2.1"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(aws, store, host):
    status, body = aws.post(signed(aws) | {"Host": host})

    assert b"must name this machine" in body
    assert (status, store.requests) == (403, [])


def test_a_name_of_loopback_is_as_good_as_its_address(aws):
    host = f"localhost:{aws.port}"

    status, _ = aws.post(signed(aws, Host=host) | {"Host": host})

    assert status == 200


def test_a_request_without_keys_is_refused(aws, store):
    status, body = aws.post({"X-Amz-Target": TARGET, "Content-Type": "text/plain"})

    assert b"accepts no keys but its own" in body
    assert (status, store.requests) == (403, [])


def test_what_was_signed_counts_and_nothing_else(aws, store):
    status, _ = aws.post(signed(aws), b'{"Limit": 1}')

    assert (status, store.requests) == (403, [])


def test_only_what_may_have_written_is_a_change(aws):
    client = aws.client("dynamodb")

    client.scan(TableName="tasks")
    client.list_tables()
    client.delete_item(TableName="tasks", Key={"task_id": {"N": "1"}})

    assert aws.changes == 1


def test_a_store_that_is_away_is_an_error_that_clients_try_again():
    with (
        Aws(DynamoDB_20120810=relay("http://127.0.0.1:9")) as aws,
        pytest.raises(ClientError) as failed,
    ):
        aws.client("dynamodb").list_tables()

    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_two_runs_have_different_keys():
    pairs = [new_credentials(), new_credentials(), new_credentials("local")]

    assert len({part for pair in pairs for part in pair}) == 6
    assert pairs[2].access_key_id == "local"
