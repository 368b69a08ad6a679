"""Each data call by our client and by botocore's: every engine answers both alike."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.engine import ENGINES

ROW = {"id": {"N": "1"}, "title": {"S": "über"}, "tags": {"SS": ["a"]}, "done": {"BOOL": True}}
KEY = {"id": {"N": "1"}}


def calls(table):
    """Return calls that are made one after another."""
    values = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    put = {"TableName": table, "Item": ROW, "ConditionExpression": "attribute_not_exists(id)"}
    other = {"id": {"N": "2"}}
    return [
        ("PutItem", put),
        ("PutItem", put),
        ("GetItem", {"TableName": table, "Key": KEY, "ConsistentRead": True}),
        ("BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": other}}]}}),
        ("BatchGetItem", {"RequestItems": {table: {"Keys": [other]}}}),
        ("Query", {"TableName": table, "KeyConditionExpression": "id = :one", **values}),
        ("Scan", {"TableName": table, "FilterExpression": "id = :one", **values}),
        (
            "UpdateItem",
            {
                "TableName": table,
                "Key": KEY,
                "UpdateExpression": "SET votes = :one",
                "ReturnValues": "ALL_NEW",
                **values,
            },
        ),
        ("TransactWriteItems", {"TransactItems": [{"Put": put}, {"Put": {**put, "Item": other}}]}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": {"TableName": table, "Key": other}}]}),
        ("DeleteItem", {"TableName": table, "Key": KEY, "ReturnValues": "ALL_OLD"}),
        ("GetItem", {"TableName": "no-such-table", "Key": KEY}),
    ]


def outcome(call, operation, asked):
    try:
        answer = call(operation, asked)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        return error.response["Error"], [reason["Code"] for reason in reasons]
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize("engine", ENGINES, indirect=True, scope="package")
def test_each_call_is_answered_as_botocore_reads_it(engine):
    tables = [engine.new_table(), engine.new_table()]
    ways = [engine.calls.call, engine.db._make_api_call]

    ours, botocores = (
        [outcome(way, *call) for call in calls(table)]
        for way, table in zip(ways, tables, strict=True)
    )

    assert json.loads(json.dumps(ours).replace(*tables)) == json.loads(json.dumps(botocores))
