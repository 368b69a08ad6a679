#!/usr/bin/env bash
# moto 5.2.5 (with boto3 1.44.5): a DynamoDB stream has records that AWS never writes. An UpdateItem that makes an item
# writes two INSERTs with two event ids, the first with the key alone; a put that changes nothing writes a MODIFY whose
# images are the same. DynamoDB writes one INSERT, and nothing where nothing changes (Developer Guide, "Change data
# capture for DynamoDB Streams"). Tests that count events learn the wrong number. dynoxide 1.2.1 writes that MODIFY too.
# Output seen: [('INSERT', ['id']), ('INSERT', ['id', 'title']), ('MODIFY', ['id', 'title'])]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" "boto3==1.44.5"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled
"$folder/venv/bin/python" - <<'PYTHON'
import boto3
from botocore.config import Config
from moto import mock_aws

mock_aws().start()
db = boto3.client("dynamodb")


def create(name):
    db.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def records(name):
    streams = boto3.client("dynamodbstreams", config=Config(parameter_validation=False))
    arn = db.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    return streams.get_records(ShardIterator=start["ShardIterator"])["Records"]


create("orders")
db.update_item(
    TableName="orders",
    Key={"id": {"S": "1"}},
    UpdateExpression="SET title = :title",
    ExpressionAttributeValues={":title": {"S": "x"}},
)
db.put_item(TableName="orders", Item={"id": {"S": "1"}, "title": {"S": "x"}})
seen = [(record["eventName"], sorted(record["dynamodb"]["NewImage"])) for record in records("orders")]
print(seen)
expected = [("INSERT", ["id"]), ("INSERT", ["id", "title"]), ("MODIFY", ["id", "title"])]
assert seen == expected, "the behaviour has changed"
PYTHON
