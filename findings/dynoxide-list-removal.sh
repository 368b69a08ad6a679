#!/usr/bin/env bash
# dynoxide 1.2.1: REMOVE of two elements of a list takes the second place in the list that the first removal has left.
# Of a, b, c, d, e "REMOVE books[0], books[2]" leaves b, c, e; DynamoDB takes both places in the list as it was and leaves
# b, d, e (Developer Guide, "Update expressions", where Hammer and Nails go). MiniStack 1.5.33 and dynalite 4.0.0 do the
# same, moto does as DynamoDB. What works on all: the last place first, or the list written whole.
# Output seen: ['bce', 'bde']
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

db = boto3.client("dynamodb")
db.create_table(
    TableName="shelves",
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
)


def left(expression):
    item = {"id": {"S": "1"}, "books": {"L": [{"S": letter} for letter in "abcde"]}}
    db.put_item(TableName="shelves", Item=item)
    answer = db.update_item(
        TableName="shelves", Key={"id": {"S": "1"}}, UpdateExpression=expression, ReturnValues="ALL_NEW"
    )
    return "".join(book["S"] for book in answer["Attributes"]["books"]["L"])


seen = [left("REMOVE books[0], books[2]"), left("REMOVE books[2], books[0]")]
print(seen)
assert seen == ["bce", "bde"], "the behaviour has changed"
PYTHON
