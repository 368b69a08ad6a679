#!/usr/bin/env bash
# moto 5.2.5, dynoxide 1.2.1, MiniStack 1.5.33: a query of a local index for an attribute outside
# its projection gets items without it, and no error. DynamoDB fetches it from the table (API
# Reference, Query, Select; Developer Guide, "Local Secondary Indexes"), which it does for no global
# index. With Select=ALL_ATTRIBUTES dynoxide fetches too, the others return the keys alone. Who
# believes them projects everything, and pays for each item twice, in storage and in each write.
# Output seen:
# dynoxide: named: [], all: ['id', 'rank', 'title', 'user']
# MiniStack: named: [], all: ['id', 'rank', 'user']
# moto: named: [], all: ['id', 'rank', 'user']
set -eu
folder=$(mktemp -d)
trap 'kill ${servers:-} 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --no-save --prefix "$folder" "@dynoxide/linux-x64@1.2.1" \
  >"$folder/log"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "moto[dynamodb]==5.2.5" "ministack==1.5.33" "boto3==1.43.106"
port() {
  python3 - <<'PYTHON'
import socket

with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    print(found.getsockname()[1])
PYTHON
}
wait_for() {
  until curl --silent --output /dev/null "http://127.0.0.1:$1/"; do
    kill -0 "$2"
    sleep 0.1
  done
}
first=$(port)
"$folder/node_modules/@dynoxide/linux-x64/dynoxide" --host 127.0.0.1 --port "$first" \
  >"$folder/log" 2>&1 &
servers=$!
wait_for "$first" "$!"
second=$(port)
(cd "$folder" && exec env BIND_HOST=127.0.0.1 GATEWAY_PORT="$second" STATE_DIR="$folder" \
  TMPDIR="$folder" "$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1) &
servers="$servers $!"
wait_for "$second" "$!"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled
"$folder/venv/bin/python" - "http://127.0.0.1:$first" "http://127.0.0.1:$second" <<'PYTHON'
import sys

import boto3
from moto import mock_aws

KEYS = ["id", "rank", "user"]


def key(first, second):
    return [
        {"AttributeName": first, "KeyType": "HASH"},
        {"AttributeName": second, "KeyType": "RANGE"},
    ]


def see(name, address):
    db = boto3.client("dynamodb", endpoint_url=address)
    db.create_table(
        TableName="tasks",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in KEYS],
        KeySchema=key("user", "id"),
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_rank",
                "KeySchema": key("user", "rank"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    texts = {"user": "ann", "id": "1", "rank": "b", "title": "Call back"}
    db.put_item(TableName="tasks", Item={one: {"S": text} for one, text in texts.items()})

    def found(**asked):
        [answer] = db.query(
            TableName="tasks",
            IndexName="by_rank",
            KeyConditionExpression="#u = :ann",
            ExpressionAttributeNames={"#u": "user"},
            ExpressionAttributeValues={":ann": {"S": "ann"}},
            **asked,
        )["Items"]
        return sorted(answer)

    seen = found(ProjectionExpression="title"), found(Select="ALL_ATTRIBUTES")
    print(f"{name}: named: {seen[0]}, all: {seen[1]}")
    return seen


dynoxide, ministack = see("dynoxide", sys.argv[1]), see("MiniStack", sys.argv[2])
with mock_aws():
    moto = see("moto", None)
assert dynoxide == ([], sorted([*KEYS, "title"])), "the behaviour has changed"
assert moto == ministack == ([], KEYS), "the behaviour has changed"
PYTHON
