#!/usr/bin/env bash
# MiniStack 1.5.33: a number as key is one item for a put and another for a read. Over the item 1 a put of 1.0 writes, as
# in DynamoDB, which trims zeroes; a get, a query, a conditional update and a delete of 1.0 find nothing. A program that
# writes its keys as floats (1.0) stores rows and never finds them.
# Output seen: ([('1', 'second')], [True, False, False])
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
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
)
for number, title in (("1", "first"), ("1.0", "second")):
    db.put_item(TableName="orders", Item={"id": {"N": number}, "title": {"S": title}})
items = [(item["id"]["N"], item["title"]["S"]) for item in db.scan(TableName="orders")["Items"]]
found = ["Item" in db.get_item(TableName="orders", Key={"id": {"N": number}}) for number in ("1", "1.0", "01")]
print((items, found))
assert (items, found) == ([("1", "second")], [True, False, False]), "the behaviour has changed"
PYTHON
