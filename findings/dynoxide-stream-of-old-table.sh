#!/usr/bin/env bash
# dynoxide 1.2.1: a table that is deleted and made again under its name has, in its new stream, the records of the old
# table before its own, their sequence numbers too. The new stream has an ARN of its own, so who keeps the place by ARN
# begins at TRIM_HORIZON and hears of everything again. DynamoDB's new stream begins empty.
# Output seen: (True, ['before', 'after'])
set -eu
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --no-save --prefix "$folder" "@dynoxide/linux-x64@1.2.1" >/dev/null
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "boto3==1.44.5"
port=$("$folder/venv/bin/python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
"$folder/node_modules/@dynoxide/linux-x64/dynoxide" --host 127.0.0.1 --port "$port" >"$folder/log" 2>&1 &
server=$!
until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do
  kill -0 "$server"
  sleep 0.1
done
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PYTHON'
import boto3
from botocore.config import Config

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


def stream():
    return db.describe_table(TableName="orders-of-today")["Table"]["LatestStreamArn"]


create("orders-of-today")
old = stream()
db.put_item(TableName="orders-of-today", Item={"id": {"S": "before"}})
db.delete_table(TableName="orders-of-today")
create("orders-of-today")
db.put_item(TableName="orders-of-today", Item={"id": {"S": "after"}})
seen = stream() != old, [record["dynamodb"]["Keys"]["id"]["S"] for record in records("orders-of-today")]
print(seen)
assert seen == (True, ["before", "after"]), "the behaviour has changed"
PYTHON
