"""Endpoints: added with a check, read from rows anybody may have written, switched."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import signature
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.subscriptions import subscribed_types
from chalicelib.services.endpoints import effective, endpoints, signing
from tests.support.cloud import client_of
from tests.support.deliveries import logged

pytestmark = pytest.mark.usefixtures("cloud")

URL = "http://127.0.0.1:9/hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def put_row(**row):
    """Write a row as the console and the AWS CLI do."""
    client_of("dynamodb").put_item(TableName=Endpoint.Meta.table_name, Item=row)


def test_an_endpoint_is_added_with_a_secret():
    added = endpoints.add_endpoint(URL)

    [(endpoint, broken)] = endpoints.list_endpoints()
    assert broken is None
    assert (endpoint.id, endpoint.url, endpoint.secret) == (added.id, URL, added.secret)
    assert endpoint.id.startswith("ep_")
    assert len(signature.key_of(endpoint.secret)) == 32
    assert subscribed_types(endpoint) == ["task.created", "task.modified"]
    assert effective.format_of(endpoint) == "kanboard"


def test_an_endpoint_is_added_as_it_is_asked_for():
    endpoints.add_endpoint(URL, ["task.removed", "task.created"], "cloudevents", "ci")

    endpoint = endpoints.find_endpoint("ci").endpoint
    assert subscribed_types(endpoint) == ["task.created", "task.removed"]
    assert effective.format_of(endpoint) == "cloudevents"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://user:password@example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "http://127.0.0.1/" + "x" * 2000}, "url"),
        ({"url": URL, "event_types": ["task.exploded"]}, "events"),
        ({"url": URL, "body_format": "xml"}, "format"),
        ({"url": URL, "endpoint_id": ""}, "id"),
        ({"url": URL, "endpoint_id": "x" * 101}, "id"),
        ({"url": URL, "endpoint_id": "\udcff"}, "id"),
        ({"url": URL, "endpoint_id": "taken"}, "id"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(arguments, field):
    endpoints.add_endpoint(URL, endpoint_id="taken")

    with pytest.raises(Refused) as refusal:
        endpoints.add_endpoint(**arguments)

    assert list(refusal.value.reasons) == [field]
    assert [listed.endpoint.id for listed in endpoints.list_endpoints()] == ["taken"]


def test_a_row_needs_no_more_than_an_id_and_a_url():
    put_row(id={"S": "ci"}, url={"S": URL})

    [endpoint] = endpoints.usable_endpoints()
    assert subscribed_types(endpoint) == ["task.created", "task.modified"]
    assert effective.format_of(endpoint) == "kanboard"


@pytest.mark.parametrize("events", [{"SS": ["task.removed"]}, {"L": [{"S": "task.removed"}]}])
def test_a_row_may_say_its_events_as_a_set_or_as_a_list(events):
    put_row(id={"S": "ci"}, url={"S": URL}, events=events)

    [endpoint] = endpoints.usable_endpoints()
    assert subscribed_types(endpoint) == ["task.removed"]


@pytest.mark.parametrize("events", [{"L": []}, {"NULL": True}])
def test_a_row_that_names_no_events_hears_of_the_two_of_the_seed(events):
    put_row(id={"S": "ci"}, url={"S": URL}, events=events)

    [endpoint] = endpoints.usable_endpoints()
    assert subscribed_types(endpoint) == ["task.created", "task.modified"]


def test_rows_that_cannot_be_used_hide_no_other_and_are_logged_once(caplog):
    caplog.set_level(logging.ERROR, "chalicelib")
    put_row(id={"S": "fine"}, url={"S": URL})
    put_row(id={"S": "no-url"})
    put_row(id={"S": "empty"}, url={"S": ""})
    put_row(id={"S": "scheme"}, url={"S": "gopher://example.com"})
    put_row(id={"S": "events"}, url={"S": URL}, events={"SS": ["task.exploded"]})
    put_row(id={"S": "events-map"}, url={"S": URL}, events={"M": {"a": {"S": "b"}}})
    put_row(id={"S": "events-numbers"}, url={"S": URL}, events={"L": [{"N": "1"}]})
    put_row(id={"S": "format"}, url={"S": URL}, format={"S": "xml"})
    put_row(id={"S": "secret"}, url={"S": URL}, secret={"S": "hunter2"})
    put_row(
        id={"S": "old-secret"},
        url={"S": URL},
        secret={"S": SECRET},
        previous_secret={"S": "whsec_x"},
    )
    put_row(id={"S": "url-number"}, url={"N": "5"})
    put_row(id={"S": "active-text"}, url={"S": URL}, is_active={"S": "yes"})

    usable = [[endpoint.id for endpoint in endpoints.usable_endpoints()] for _ in range(2)]

    assert usable == [["fine"], ["fine"]]
    broken = {
        listed.endpoint.id: listed.broken for listed in endpoints.list_endpoints() if listed.broken
    }
    assert len(broken) == 11
    told = logged(caplog, "endpoint_broken")
    assert {entry["endpoint_id"]: entry["reason"] for entry in told} == broken
    assert len(told) == len(caplog.records) == 11
    assert "hunter2" not in str(told)


def test_an_endpoint_that_is_switched_off_is_not_used():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    endpoints.set_active("ci", is_active=False)
    assert endpoints.usable_endpoints() == []

    endpoints.set_active("ci", is_active=True)
    assert [endpoint.id for endpoint in endpoints.usable_endpoints()] == ["ci"]


def test_switching_on_forgets_why_it_was_off():
    endpoints.disable(endpoints.add_endpoint(URL, endpoint_id="ci"), "it is gone")
    assert endpoints.find_endpoint("ci").endpoint.disabled_reason == "it is gone"

    endpoints.set_active("ci", is_active=True)

    assert endpoints.find_endpoint("ci").endpoint.disabled_reason is None


def test_disabling_a_removed_endpoint_does_not_bring_it_back():
    endpoint = endpoints.add_endpoint(URL, endpoint_id="ci")
    endpoints.remove_endpoint("ci")

    endpoints.disable(endpoint, "it is gone")

    assert endpoints.list_endpoints() == []


@pytest.mark.parametrize(
    "verb",
    [
        endpoints.find_endpoint,
        endpoints.remove_endpoint,
        endpoints.rotate_secret,
        lambda name: endpoints.set_active(name, is_active=True),
    ],
)
def test_an_endpoint_that_is_not_there_is_not_found(verb):
    with pytest.raises(NotFound, match="^there is no endpoint ci$"):
        verb("ci")


def test_two_that_need_a_first_secret_at_the_same_moment_keep_one():
    put_row(id={"S": "ci"}, url={"S": URL})
    seen = [endpoints.find_endpoint("ci").endpoint for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        secrets = list(threads.map(signing.secrets_of, seen))

    assert secrets == [[endpoints.find_endpoint("ci").endpoint.secret]] * 4


def test_a_rotated_secret_signs_beside_the_old_one_for_24_hours():
    old = endpoints.add_endpoint(URL, endpoint_id="ci").secret

    new = endpoints.rotate_secret("ci")

    endpoint = endpoints.find_endpoint("ci").endpoint
    assert signing.secrets_of(endpoint) == [new, old]
    assert endpoint.previous_secret_until == pytest.approx(time.time() + 86400, abs=5)
    endpoint.previous_secret_until = int(time.time())
    assert signing.secrets_of(endpoint) == [new]


def test_a_secret_that_is_replaced_twice_in_a_day_signs_on_as_well():
    secrets = [endpoints.add_endpoint(URL, endpoint_id="ci").secret]

    for _ in range(4):
        secrets.insert(0, endpoints.rotate_secret("ci"))

    endpoint, broken = endpoints.find_endpoint("ci")
    assert (signing.secrets_of(endpoint), broken) == (secrets[:4], None)


def test_a_secret_that_is_replaced_signs_no_longer_for_another_that_is():
    ends = int(time.time()) + 100
    first = endpoints.add_endpoint(URL, endpoint_id="ci").secret
    second = endpoints.rotate_secret("ci")
    Endpoint("ci").update(actions=[Endpoint.previous_secret.set(f"{first}@{ends}")])

    endpoints.rotate_secret("ci")

    kept = endpoints.find_endpoint("ci").endpoint
    assert kept.previous_secret == f"{second}@{kept.previous_secret_until} {first}@{ends}"
    kept.previous_secret = f"{second}@1 {first}@{ends}"
    assert signing.secrets_of(kept) == [kept.secret, first]


def test_an_end_of_an_old_secret_that_cannot_be_read_keeps_none_from_being_replaced():
    endpoints.add_endpoint(URL, endpoint_id="ci")
    old, until = f"{SECRET}@soon", int(time.time()) + 100
    Endpoint("ci").update(
        actions=[Endpoint.previous_secret.set(old), Endpoint.previous_secret_until.set(until)]
    )

    new = endpoints.rotate_secret("ci")

    assert [
        secret in signing.secrets_of(endpoints.find_endpoint("ci").endpoint)
        for secret in (new, SECRET)
    ] == [True] * 2


def test_a_secret_is_not_taken_away():
    kept = endpoints.add_endpoint(URL, endpoint_id="ci").secret

    with pytest.raises(Refused, match="^secret: takes whsec_ and the base64 of 24 to 64 bytes$"):
        endpoints.change_endpoint("ci", secret="")

    assert endpoints.find_endpoint("ci").endpoint.secret == kept


def test_a_broken_row_is_not_said_to_have_a_format_and_events_that_it_does_not_name():
    put_row(id={"S": "nothing"}, url={"S": "ftp://example.com/"})
    put_row(id={"S": "some"}, url={"N": "5"}, format={"S": "slack"})

    listed = {one.endpoint.id: (one.format, one.events) for one in endpoints.list_endpoints()}

    assert listed == {"nothing": ("", []), "some": ("slack", [])}
