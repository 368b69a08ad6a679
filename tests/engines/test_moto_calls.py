"""The short way to moto's actions, by which most tests come, answers as moto's own way."""

import json
import pickle
import zlib

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from tests.support import moto_calls
from tests.support.cloud import client_of

TABLE = "taskhook-dev-tasks"
ONE, TWO = {"task_id": {"N": "1"}}, {"task_id": {"N": "2"}}
ALL_KINDS = {
    "title": {"S": "Wäsche"},
    "rank": {"N": "1.50"},
    "is_active": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["a", "b"]},
    "sizes": {"NS": ["1", "2"]},
    "picture": {"B": "AAH/"},
    "pictures": {"BS": ["AAH/"]},
    "parts": {"L": [{"M": {"x": {"S": ""}}}]},
}
PAGE = {"KeyConditionExpression": "column_id = :c", "ExpressionAttributeValues": {":c": {"N": "1"}}}
ABSENT = {"ConditionExpression": "attribute_not_exists(task_id)"}
KEEPS = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


@pytest.fixture
def moto(bare_cloud):  # noqa: ARG001 -- moto answers
    """Moto with one task."""
    client_of("dynamodb").put_item(TableName=TABLE, Item=_task(ONE))
    return dynamodb_backends["123456789012"]["us-east-1"]


def _task(key):
    placed = {"project_id": {"N": "1"}, "column_id": {"N": "1"}, "position": {"N": "1"}}
    binary = {"picture": {"B": b"\x00\x01\xff"}, "pictures": {"BS": [b"\x00\x01\xff"]}}
    return key | placed | ALL_KINDS | binary


def _request(operation, asked, prefix="DynamoDB_20120810", host="dynamodb"):
    headers = HTTPHeaders()
    headers["X-Amz-Target"] = f"{prefix}.{operation}"
    headers["Content-Type"] = "application/x-amz-json-1.0"
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=testing/2/us-east-1/dynamodb/aws4"
    url = f"https://{host}.us-east-1.amazonaws.com/"
    return AWSPreparedRequest("POST", url, headers, json.dumps(asked).encode(), False)


def _by_short_way(request):
    return _read(moto_calls.answer(request))


def _by_whole_way(request):
    return _read(botocore_stubber.process_request(request))


def _read(said):
    status, headers, body = said
    return status, headers.get("x-amz-crc32") == str(zlib.crc32(body.encode())), json.loads(body)


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("GetItem", {"Key": ONE}),
        ("GetItem", {"Key": TWO}),
        ("GetItem", {"Key": ONE, "ProjectionExpression": "title, parts"}),
        ("GetItem", {"Key": {"id": {"S": "1"}}}),
        ("PutItem", {"Item": TWO | {"title": {"S": "x"}}}),
        ("PutItem", {"Item": TWO | {"title": {"S": "x"}}, "ReturnValues": "ALL_OLD"}),
        ("PutItem", {"Item": ONE, "ReturnValues": "ALL_OLD"}),
        ("PutItem", {"Item": ONE, **ABSENT}),
        ("PutItem", {"Item": ONE, **ABSENT, **KEEPS}),
        ("PutItem", {"Item": {"title": {"S": "x"}}}),
        ("PutItem", {"Item": ONE | {"tags": {"SS": []}}}),
        ("UpdateItem", {"Key": ONE, "UpdateExpression": "REMOVE title"}),
        ("UpdateItem", {"Key": ONE, "UpdateExpression": "REMOVE title", "ReturnValues": "ALL_NEW"}),
        ("UpdateItem", {"Key": ONE, "UpdateExpression": "REMOVE title", **ABSENT, **KEEPS}),
        ("UpdateItem", {"Key": ONE, "UpdateExpression": "SETT title"}),
        ("DeleteItem", {"Key": ONE, "ReturnValues": "ALL_OLD"}),
        ("DeleteItem", {"Key": ONE, **ABSENT}),
        ("Query", {"IndexName": "by_column", **PAGE}),
        ("Query", {"IndexName": "by_column", "Select": "COUNT", **PAGE}),
        ("Query", {"IndexName": "by_column", "Limit": 1, **PAGE}),
        ("Query", {"IndexName": "by_nothing", **PAGE}),
        ("Scan", {}),
        ("Scan", {"Limit": 1}),
        ("Scan", {"Select": "COUNT", "ReturnConsumedCapacity": "TOTAL"}),
    ],
)
def test_a_call_of_one_table_is_answered_the_same_by_both_ways(moto, operation, asked):
    request, before = _request(operation, {"TableName": TABLE, **asked}), pickle.dumps(moto.tables)

    short = _by_short_way(request)
    after = _by_short_way(_request("Scan", {"TableName": TABLE}))
    moto.tables = pickle.loads(before)  # noqa: S301 -- made above
    whole = _by_whole_way(request)

    assert short == whole
    assert after == _by_whole_way(_request("Scan", {"TableName": TABLE}))


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [ONE, TWO]}}}),
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [ONE, ONE]}}}),
        ("BatchGetItem", {"RequestItems": {"nowhere": {"Keys": [ONE]}}}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": ONE}}]}}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": TWO}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": TABLE, "Item": TWO}}]}),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": TABLE, "Item": TWO}},
                    {"Put": {"TableName": TABLE, "Item": ONE, **ABSENT, **KEEPS}},
                ]
            },
        ),
        ("GetItem", {"TableName": "nowhere", "Key": ONE}),
    ],
)
def test_a_call_of_several_tables_is_answered_the_same_by_both_ways(moto, operation, asked):
    request, before = _request(operation, asked), pickle.dumps(moto.tables)

    short = _by_short_way(request)
    after = _by_short_way(_request("Scan", {"TableName": TABLE}))
    moto.tables = pickle.loads(before)  # noqa: S301 -- made above
    whole = _by_whole_way(request)

    assert short == whole
    assert after == _by_whole_way(_request("Scan", {"TableName": TABLE}))


@pytest.mark.usefixtures("moto")
def test_a_stream_is_read_the_same_by_both_ways():
    def both(operation, asked):
        request = _request(operation, asked, "DynamoDBStreams_20120810", "streams.dynamodb")
        short, whole = _by_short_way(request), _by_whole_way(request)
        for _, _, answer in (short, whole):  # of these each is a new one
            answer.pop("NextShardIterator", None)
        return short, whole

    listed = both("ListStreams", {"TableName": TABLE})
    arn = listed[0][2]["Streams"][0]["StreamArn"]
    described = both("DescribeStream", {"StreamArn": arn})
    [shard] = described[0][2]["StreamDescription"]["Shards"]
    start = client_of("dynamodbstreams").get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    read = both("GetRecords", {"ShardIterator": start})

    assert len(read[0][2]["Records"]) == 1
    for short, whole in (listed, described, read):
        assert short == whole


def test_bytes_and_what_is_rare_go_moto_s_own_way():
    rare = _request("DescribeTable", {"TableName": TABLE})
    bytes_ = _request("PutItem", {"TableName": TABLE, "Item": ONE | {"picture": {"B": "AAH/"}}})
    elsewhere = _request("GetItem", {"TableName": TABLE, "Key": ONE}, host="dynamodb.other")

    assert [moto_calls.answer(one) for one in (rare, bytes_, elsewhere)] == [None, None, None]
