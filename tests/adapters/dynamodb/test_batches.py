"""Rows of several tables in one call, and what the store leaves undone of it."""

import pytest

from chalicelib.adapters.dynamodb.batches import put_all
from chalicelib.adapters.dynamodb.tables import Claim, Delivery
from chalicelib.domain.errors import StoreUnavailable
from tests.support.aws_faults import answering, listening, wrong
from tests.support.deliveries import past_delivery

DELIVERIES, SETTINGS = Delivery.Meta.table_name, Claim.Meta.table_name


def puts(*rows):
    return [{"PutRequest": {"Item": row.serialize()}} for row in rows]


@pytest.mark.usefixtures("bare_cloud")
def test_rows_of_two_tables_are_one_call():
    with listening() as calls:
        put_all([past_delivery(1, 1), Claim("a", owner=1)])

    assert [call.operation for call in calls] == ["BatchWriteItem"]
    assert (len(list(Delivery.scan())), Claim.get("a").owner) == (1, 1)


@pytest.mark.usefixtures("bare_cloud")
def test_only_what_the_store_left_undone_is_sent_again():
    delivery, claim = past_delivery(1, 1), Claim("a", owner=1)
    undone = {SETTINGS: puts(claim)}

    with (
        wrong("BatchWriteItem", answering({"UnprocessedItems": undone}), times=1),
        listening() as calls,
    ):
        put_all([delivery, claim])

    asked = [call.asked["RequestItems"] for call in calls]
    assert asked == [{DELIVERIES: puts(delivery), **undone}, undone]


@pytest.mark.usefixtures("bare_cloud")
def test_rows_that_stay_undone_are_given_up_after_four_calls():
    claim = Claim("a", owner=1)
    undone = answering({"UnprocessedItems": {SETTINGS: puts(claim)}})

    with wrong("BatchWriteItem", undone) as fault, pytest.raises(StoreUnavailable, match="undone"):
        put_all([claim])

    assert len(fault.calls) == 4
