"""The stream of a table: its records, their ids and places."""

import pytest

from tests.support.engine import on

pytestmark = pytest.mark.xdist_group("engines")

TITLE = {"S": "x"}
ONCE = [("INSERT", {"id": {"N": "1"}, "title": TITLE})]


@on(
    dynamodb=["INSERT"],
    moto=["INSERT", "MODIFY"],
    dynoxide=["INSERT", "MODIFY"],
    ministack=["INSERT"],
)
def test_a_write_that_changes_nothing(engine, expected):
    table = engine.new_table()
    engine.put(table, "1", title=TITLE)

    engine.put(table, "1", title=TITLE)

    assert [record["eventName"] for record in engine.records(table)] == expected


@on(dynamodb=ONCE, moto=[("INSERT", {"id": {"N": "1"}}), *ONCE], dynoxide=ONCE, ministack=ONCE)
def test_an_update_that_makes_an_item(engine, expected):
    table = engine.new_table()

    engine.update(table, "SET title = :title", title=TITLE)

    records = engine.records(table)
    assert [(record["eventName"], record["dynamodb"]["NewImage"]) for record in records] == expected


@on(
    dynamodb=([32], False),
    moto=([32], False),
    dynoxide=([1], True),
    ministack=([8, 4, 4, 4, 12], False),
)
def test_the_ids_of_events(engine, expected):
    one, other = engine.new_table(), engine.new_table()
    engine.put(one, "1")
    engine.put(other, "1")

    ids = [record["eventID"] for table in (one, other) for record in engine.records(table)]

    assert ([len(part) for part in ids[0].split("-")], ids[0] == ids[1]) == expected


@on(dynamodb=True, moto=True, dynoxide=False, ministack=True)
def test_a_sequence_number_has_21_to_40_digits(engine, expected):
    table = engine.new_table()
    engine.put(table, "1")

    [record] = engine.records(table)

    assert (21 <= len(record["dynamodb"]["SequenceNumber"]) <= 40) == expected


@on(dynamodb=True, moto=True, dynoxide=False, ministack=True)
def test_the_id_of_a_shard_has_28_to_65_characters(engine, expected):
    table = engine.new_table("short")

    _, shard = engine.shard(table)

    assert (28 <= len(shard) <= 65) == expected


@on(
    dynamodb=({"us-east-1"}, False),
    moto=({"us-east-1"}, True),
    dynoxide=({"dynoxide"}, False),
    ministack=({"us-east-1"}, False),
)
def test_the_region_of_a_record_and_whether_its_time_has_a_fraction(engine, expected):
    table = engine.new_table()
    for number in range(3):
        engine.put(table, str(number))

    records = engine.records(table)

    times = [record["dynamodb"]["ApproximateCreationDateTime"] for record in records]
    assert (
        {record["awsRegion"] for record in records},
        any(time % 1 for time in times),
    ) == expected


@on(dynamodb=["after"], moto=["after"], dynoxide=["before", "after"], ministack=["after"])
def test_the_stream_of_a_table_that_was_deleted_and_made_again(engine, expected):
    table = engine.new_table("again")
    engine.put(table, "1", title={"S": "before"})
    engine.db.delete_table(TableName=table)

    engine.new_table(table)
    engine.put(table, "1", title={"S": "after"})

    assert [
        record["dynamodb"]["NewImage"]["title"]["S"] for record in engine.records(table)
    ] == expected


@on(dynamodb=2, moto=3, dynoxide=3, ministack=2)
def test_how_many_records_of_390_kb_a_page_of_the_stream_has(engine, expected):
    table = engine.new_table()
    for number in range(3):
        engine.put(table, str(number), title={"S": "x" * 390_000})

    assert len(engine.records(table)) == expected
