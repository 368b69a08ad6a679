"""Items: their keys and values, batches, transactions and indexes."""

import time
from typing import Any

import pytest

from tests.support.engine import UNSAID, on, refusal

pytestmark = pytest.mark.xdist_group("engines")

REFUSED = "ValidationException"


@on(
    dynamodb=[["1", "2"], []],
    moto=[["1", "2"]],
    dynoxide=[["1", "2"], []],
    ministack=[["1", "2"], []],
)
def test_the_last_page_at_an_exact_limit(engine, expected):
    table, pages = engine.new_table(), []
    start: dict[str, Any] | None = {}
    for number in ("1", "2"):
        engine.put(table, number, kind={"S": "k"}, place={"N": number})

    while start is not None:
        page = engine.query(table, "whole", Limit=2, **start)
        pages.append([item["id"]["N"] for item in page["Items"]])
        start = (
            {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None
        )

    assert pages == expected


MISMATCH = "IdempotentParameterMismatchException"


@on(
    dynamodb=([None, None, MISMATCH], "1"),
    moto=([None, None, None], "7"),
    dynoxide=([None, None, MISMATCH], "1"),
    ministack=([None, None, MISMATCH], "1"),
)
def test_a_transaction_repeated_under_its_token_and_another_under_it(engine, expected):
    table, token = engine.new_table(), "0" * 32
    engine.put(table, "1")

    def add(number):
        count = {
            "UpdateExpression": "ADD amount :by",
            "ExpressionAttributeValues": {":by": {"N": number}},
        }
        update = {"TableName": table, "Key": {"id": {"N": "1"}}, **count}
        engine.db.transact_write_items(ClientRequestToken=token, TransactItems=[{"Update": update}])

    answers = [refusal(lambda: add("1")), refusal(lambda: add("1")), refusal(lambda: add("5"))]

    assert (answers, engine.get(table)["amount"]["N"]) == expected


@on(dynamodb=[True, True], moto=[True, True], dynoxide=[True, True], ministack=[False, False])
def test_a_number_as_key_that_is_spelt_otherwise(engine, expected):
    table = engine.new_table()
    engine.put(table, "1")

    assert [engine.get(table, spelling) is not None for spelling in ("01", "1.0")] == expected


@on(
    dynamodb=["1", "1", "100"],
    moto=["01", "1.0", "1E2"],
    dynoxide=["1", "1", "100"],
    ministack=["1", "1", "100"],
)
def test_a_number_as_it_comes_back(engine, expected):
    table = engine.new_table()
    engine.put(table, "1", a={"N": "01"}, b={"N": "1.0"}, c={"N": "1E2"})

    item = engine.get(table)

    assert [item[name]["N"] for name in "abc"] == expected


@on(dynamodb="bde", moto="bde", dynoxide="bce", ministack="bce")
def test_two_elements_of_a_list_removed_at_once(engine, expected):
    table = engine.new_table()
    engine.put(table, "1", letters={"L": [{"S": letter} for letter in "abcde"]})

    engine.update(table, "REMOVE letters[0], letters[2]")

    assert "".join(letter["S"] for letter in engine.get(table)["letters"]["L"]) == expected


@on(
    dynamodb=("ENABLING", True, REFUSED),
    moto=("ENABLED", True, None),
    dynoxide=("ENABLED", True, None),
    ministack=("ENABLED", True, None),
)
def test_expiry_that_has_just_been_enabled_twice(engine, expected):
    table = engine.new_table()
    expiry = {"Enabled": True, "AttributeName": "expires_at"}
    engine.db.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    engine.put(table, "1", expires_at={"N": str(int(time.time()) - 86_400)})

    status = engine.db.describe_time_to_live(TableName=table)["TimeToLiveDescription"][
        "TimeToLiveStatus"
    ]
    again = refusal(
        lambda: engine.db.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    )

    assert (status, engine.get(table) is not None, again) == expected


@on(
    dynamodb=[None, REFUSED],
    moto=[REFUSED, REFUSED],
    dynoxide=[None, REFUSED],
    ministack=[None, REFUSED],
)
def test_an_item_of_400_kb_and_one_byte_more(engine, expected):
    table, beside = engine.new_table(), len("id") + 2 + len("title")

    def put(size):
        engine.put(table, "1", title={"S": "x" * (size - beside)})

    assert [refusal(lambda: put(409_600)), refusal(lambda: put(409_601))] == expected


@on(
    dynamodb=[REFUSED, REFUSED],
    moto=[None, None],
    dynoxide=[REFUSED, REFUSED],
    ministack=[REFUSED, REFUSED],
)
def test_a_batch_that_writes_an_item_twice_and_one_of_26(engine, expected):
    table = engine.new_table()

    def write(*numbers):
        items = [
            {"id": {"N": str(number)}, "title": {"S": str(turn)}}
            for turn, number in enumerate(numbers)
        ]
        engine.db.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]}
        )

    assert [refusal(lambda: write(1, 1)), refusal(lambda: write(*range(26)))] == expected


@on(
    dynamodb=[REFUSED, REFUSED],
    moto=[None, REFUSED],
    dynoxide=[REFUSED, REFUSED],
    ministack=[REFUSED, REFUSED],
)
def test_a_text_where_an_index_has_a_number_put_and_updated(engine, expected):
    table = engine.new_table()

    answers = [
        refusal(lambda: engine.put(table, "1", place={"S": "top"})),
        refusal(lambda: engine.update(table, "SET place = :place", place={"S": "top"})),
    ]

    assert answers == expected


@on(dynamodb=UNSAID, moto=["2", "10"], dynoxide=["2", "10"], ministack=["2", "10"])
def test_the_order_of_items_at_one_place_of_an_index(engine, expected):
    table = engine.new_table()
    for number in ("10", "2"):
        engine.put(table, number, kind={"S": "k"}, place={"N": "5"})

    assert [item["id"]["N"] for item in engine.query(table, "whole")["Items"]] == expected


@on(dynamodb=0, moto=0, dynoxide=0, ministack=1)
def test_how_many_items_a_filter_finds_by_what_the_index_does_not_hold(engine, expected):
    table = engine.new_table()
    engine.put(table, "1", kind={"S": "k"}, place={"N": "5"}, title={"S": "x"})

    page = engine.query(
        table, "bare", FilterExpression="title = :title", values={":title": {"S": "x"}}
    )

    assert page["Count"] == expected


@on(dynamodb=False, moto=True, dynoxide=True, ministack=True)
def test_whether_two_indexes_can_be_added_in_one_update(engine, expected):
    table = engine.new_table()
    new = [
        {
            "IndexName": f"by_{name}",
            "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        for name in ("title", "owner")
    ]

    refused = refusal(
        lambda: engine.db.update_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("title", "owner")
            ],
            GlobalSecondaryIndexUpdates=[{"Create": index} for index in new],
        )
    )

    assert (refused is None) == expected
