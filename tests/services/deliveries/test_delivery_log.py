"""The record of deliveries is read by endpoint, status and time."""

import pytest

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.domain.errors import NotFound
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.endpoints import endpoints
from tests.support.deliveries import past_delivery

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def record(cloud):  # noqa: ARG001 -- the tables must be there first
    """Four deliveries to two endpoints; the names say in which order they were made."""
    for endpoint_id in ("one", "other"):
        endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id=endpoint_id)
    rows = [
        ("a", "one", "delivered"),
        ("b", "other", "pending"),
        ("c", "one", "pending"),
        ("d", "one", "failed"),
    ]
    put_all(
        past_delivery(second, 1000 + second, endpoint_id, sequence=name.zfill(40), status=status)
        for second, (name, endpoint_id, status) in enumerate(rows)
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "dcba"),
        ({"endpoint_id": "one"}, "dca"),
        ({"endpoint_id": "other", "since": 1002}, ""),
        ({"status": "pending"}, "cb"),
        ({"since": 1002}, "dc"),
        ({"endpoint_id": "one", "status": "pending", "since": 1002}, "c"),
    ],
)
@pytest.mark.usefixtures("record")
def test_deliveries_are_listed_with_the_newest_first(wanted, found):
    assert "".join(row.id[-1] for row in delivery_log.list_deliveries(**wanted)) == found


@pytest.mark.usefixtures("record")
def test_only_an_endpoint_that_never_was_has_no_list_of_deliveries():
    endpoints.remove_endpoint("one")

    assert len(delivery_log.list_deliveries("one")) == 3
    with pytest.raises(NotFound, match="^there is no endpoint nobody$"):
        delivery_log.list_deliveries("nobody")


@pytest.mark.usefixtures("record")
def test_a_delivery_is_found_by_its_id():
    assert delivery_log.find_delivery("other.1.b").endpoint_id == "other"


def test_a_delivery_that_is_not_there_is_not_found():
    with pytest.raises(NotFound, match="^there is no delivery x$"):
        delivery_log.find_delivery("x")
