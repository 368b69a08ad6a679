"""`GET /keys`: the public keys of the endpoints that sign with key pairs."""

import json
import time

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.services.endpoints import endpoints, public_keys
from tests.support import aws_faults
from tests.support.cloud import client_of
from tests.support.described import misfits_of_answer
from tests.support.http_calls import call

pytestmark = pytest.mark.usefixtures("cloud")

URL = "https://example.com/hook"


def keys():
    """Return what anybody reads."""
    answer = call(path="/keys")
    assert answer.status == 200
    return json.loads(answer.text)


def add(name, **fields):
    """Add an endpoint, and return its public key."""
    return public_keys.public_key_of(endpoints.add_endpoint(URL, endpoint_id=name, **fields))


def test_without_key_pairs_there_are_no_keys():
    add("ci")

    assert keys() == {"keys": []}


def test_a_key_says_nothing_but_itself_and_until_when_it_signs():
    key = add("ci", signing="v1a")

    answer = call(path="/keys")

    assert json.loads(answer.text) == {"keys": [{"key": key, "until": None}]}
    assert misfits_of_answer(answer, "/keys", "get") == []
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_a_replaced_key_is_there_until_it_signs_no_more():
    old = add("ci", signing="v1a")
    endpoints.rotate_secret("ci")
    row = endpoints.find_endpoint("ci").endpoint
    both = keys()
    Endpoint("ci").update(actions=[Endpoint.previous_signing_key_until.set(int(time.time()))])
    public_keys.CACHE.forget()

    new = {"key": public_keys.public_key_of(row), "until": None}
    assert both == {"keys": [new, {"key": old, "until": row.previous_signing_key_until}]}
    assert keys() == {"keys": [new]}


def test_a_key_is_gone_with_its_time_although_what_was_read_is_kept():
    add("ci", signing="v1a")
    endpoints.rotate_secret("ci")
    now = time.time()

    counts = [len(public_keys.published_keys(at)) for at in (now, now + 86_401)]

    assert counts == [2, 1]


def test_a_row_that_cannot_be_used_hides_no_other_key():
    key = add("ci", signing="v1a")
    for name, row in {"url": {"url": {"S": "ftp://x"}}, "key": {"signing_key": {"S": "x"}}}.items():
        item = {"id": {"S": name}, "url": {"S": URL}, "signing": {"S": "v1a"}, **row}
        client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)

    assert keys() == {"keys": [{"key": key, "until": None}]}


def test_a_stranger_makes_no_pair_of_keys():
    item = {"id": {"S": "ci"}, "url": {"S": URL}, "signing": {"S": "v1a"}}
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)

    assert keys() == {"keys": []}
    assert endpoints.find_endpoint("ci").endpoint.signing_key is None


@pytest.mark.usefixtures("caching")
def test_many_strangers_cost_one_read_within_a_second():
    add("ci", signing="v1a")

    with aws_faults.listening() as calls:
        for _ in range(20):
            keys()

    assert [one.operation for one in calls] == ["Scan"]


def test_while_the_store_is_away_the_keys_are_too():
    with aws_faults.wrong("Scan", aws_faults.timed_out):
        answer = call(path="/keys")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
