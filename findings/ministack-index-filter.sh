#!/usr/bin/env bash
# MiniStack 1.5.33: the filter of a query sees attributes that the index does not hold. Of an index that holds keys alone
# (KEYS_ONLY) a FilterExpression on another attribute finds the item, and Select=ALL_ATTRIBUTES is taken. In DynamoDB the
# attribute is not there, so that the filter finds nothing, and the Select is refused. A query that works here comes back
# empty on AWS.
# Output seen: [['id', 'kind'], 1, 0]
set -eu
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "ministack==1.5.33" "boto3==1.43.106"
port=$("$folder/venv/bin/python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
(cd "$folder" && exec env BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" STATE_DIR="$folder" TMPDIR="$folder" \
  "$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1) &
server=$!
until curl --silent --fail --output "$folder/health" "http://127.0.0.1:$port/_ministack/health"; do
  kill -0 "$server"
  sleep 0.1
done
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PYTHON'
import boto3

db = boto3.client("dynamodb")
db.create_table(
    TableName="orders",
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    GlobalSecondaryIndexes=[
        {
            "IndexName": "by_kind",
            "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
)
db.put_item(TableName="orders", Item={"id": {"S": "1"}, "kind": {"S": "k"}, "title": {"S": "x"}})


def query(title=None, **how):
    values = {":kind": {"S": "k"}} | ({":title": {"S": title}} if title else {})
    filtered = {"FilterExpression": "title = :title"} if title else {}
    return db.query(
        TableName="orders",
        IndexName="by_kind",
        KeyConditionExpression="kind = :kind",
        ExpressionAttributeValues=values,
        **filtered,
        **how,
    )


seen = [sorted(query(Select="ALL_ATTRIBUTES")["Items"][0]), query("x")["Count"], query("y")["Count"]]
print(seen)
assert seen == [["id", "kind"], 1, 0], "the behaviour has changed"
PYTHON
