"""Which streams a call of the store may have fed."""

import pytest

from chalicelib.adapters.dynamodb.data_calls import OPERATIONS
from local.writes import WRITES, table_of, telling, written_tables

READS = {"BatchGetItem", "GetItem", "Query", "Scan"}


@pytest.mark.parametrize(
    ("operation", "asked", "tables"),
    [
        ("PutItem", {"TableName": "a", "Item": {}}, {"a"}),
        ("UpdateItem", {"TableName": "a", "Key": {}}, {"a"}),
        ("DeleteItem", {"TableName": "a", "Key": {}}, {"a"}),
        ("BatchWriteItem", {"RequestItems": {"a": [], "b": []}}, {"a", "b"}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"Update": {"TableName": "b"}}]},
            {"a", "b"},
        ),
        ("GetItem", {"TableName": "a", "Key": {}}, set()),
        ("Query", {"TableName": "a"}, set()),
        ("CreateTable", {"TableName": "a"}, set()),
    ],
)
def test_a_write_names_its_tables_and_a_read_none(operation, asked, tables):
    assert written_tables(operation, asked) == tables


def test_no_data_call_that_writes_is_forgotten():
    assert OPERATIONS - READS <= WRITES
    assert not READS & WRITES


def test_a_stream_is_of_the_table_in_its_name():
    arn = "arn:aws:dynamodb:us-east-1:1:table/taskhook-dev-tasks/stream/2026-01-01T00:00:00.000"

    assert table_of(arn) == "taskhook-dev-tasks"


def test_writes_of_other_tables_and_reads_are_not_told():
    told: list[set[str]] = []
    listener = telling(lambda tables: told.append(set(tables)), ["tasks", "comments"])

    listener("PutItem", {"TableName": "tasks"}, 200, "")
    listener("GetItem", {"TableName": "tasks"}, 200, "")
    listener("PutItem", {"TableName": "users"}, 200, "")
    listener("BatchWriteItem", {"RequestItems": {"comments": [], "users": []}}, 200, "")

    assert told == [{"tasks"}, {"comments"}]
