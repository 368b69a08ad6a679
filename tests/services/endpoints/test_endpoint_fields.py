"""The optional fields of endpoints: as freely written as a row allows, and never guessed."""

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain.errors import Refused
from chalicelib.domain.subscriptions import subscribed_types
from chalicelib.services.endpoints import endpoints, signing
from tests.support.cloud import client_of

pytestmark = pytest.mark.usefixtures("cloud")

URL = "http://127.0.0.1:9/hook"


def put_row(**row):
    """Write a row as the console and the AWS CLI do."""
    item = {"id": {"S": "ci"}, "url": {"S": URL}, **row}
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=item)


def broken():
    """Return why the one row cannot be used, or None."""
    [listed] = endpoints.list_endpoints()
    return listed.broken


@pytest.mark.parametrize("text", ["false", "False", " 0 "])
def test_an_endpoint_whose_row_says_false_as_a_text_is_not_called(text):
    put_row(is_active={"S": text})

    assert broken() is None
    assert endpoints.usable_endpoints() == []


@pytest.mark.parametrize("flag", [{"S": "TRUE"}, {"S": "1"}, {"N": "1"}, {"BOOL": True}, {"S": ""}])
def test_an_endpoint_whose_row_says_true_in_any_way_is_called(flag):
    put_row(is_active=flag)

    assert [endpoint.id for endpoint in endpoints.usable_endpoints()] == ["ci"]


@pytest.mark.parametrize("flag", [{"S": "yes"}, {"N": "2"}, {"L": [{"BOOL": True}]}, {"B": b"1"}])
def test_an_endpoint_whose_row_says_neither_true_nor_false_is_broken(flag):
    put_row(is_active=flag)

    assert broken() == "cannot be read: is_active: takes true or false"


def test_an_endpoint_that_a_text_made_active_is_disabled():
    put_row(is_active={"S": "true"})
    [endpoint] = endpoints.usable_endpoints()

    endpoints.disable(endpoint, "it is gone")

    assert endpoints.find_endpoint("ci").endpoint.disabled_reason == "it is gone"
    assert endpoints.usable_endpoints() == []


def test_a_row_may_say_its_events_as_json():
    put_row(events={"S": '["task.removed"]'})

    [endpoint] = endpoints.usable_endpoints()
    assert subscribed_types(endpoint) == ["task.removed"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("events", {"S": "task.removed"}, "takes a list of texts"),
        ("events", {"L": [{"N": "1"}]}, "takes a list of texts"),
        ("format", {"N": "1"}, "takes a text"),
        ("previous_secret_until", {"S": "soon"}, "takes a number"),
        ("name", {"BOOL": True}, "takes a text"),
        ("name", {"S": "a\nb"}, "takes one line of up to 200 characters"),
        ("name", {"S": "x" * 201}, "takes one line of up to 200 characters"),
    ],
)
def test_a_field_of_another_kind_makes_the_row_broken_and_is_named(field, value, reason):
    put_row(**{field: value})

    assert broken() == f"cannot be read: {field}: {reason}"


def test_the_end_of_an_old_secret_may_be_a_text():
    old, new = (signing.new_secret() for _ in range(2))
    put_row(secret={"S": new}, previous_secret={"S": old}, previous_secret_until={"S": "4e9"})

    assert signing.secrets_of(endpoints.find_endpoint("ci").endpoint) == [new, old]


def test_a_field_is_given_changed_and_taken_away():
    endpoints.add_endpoint(URL, endpoint_id="ci", name=" The wiki ")
    added = endpoints.find_endpoint("ci").endpoint.name
    endpoints.change_endpoint("ci", name="Another")
    endpoints.change_endpoint("ci", url=URL + "/moved", name=None)
    changed = endpoints.find_endpoint("ci").endpoint.name
    endpoints.change_endpoint("ci", name="")

    assert (added, changed) == ("The wiki", "Another")
    assert endpoints.find_endpoint("ci").endpoint.name is None


def test_a_field_that_no_endpoint_has_is_refused_by_its_name():
    with pytest.raises(Refused, match="^colour: is no field of an endpoint$"):
        endpoints.add_endpoint(URL, colour="blue")
