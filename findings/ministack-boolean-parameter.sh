#!/usr/bin/env bash
# MiniStack 1.5.33: the value "false" of a String parameter, which a boolean property takes by {"Ref": PARAMETER}, counts as
# true, as every text does in Python. CloudFormation makes false of it. A table with DeletionProtectionEnabled:
# {Ref: PARAMETER} is protected by "false", and what should delete it is refused; and a test that expects the
# protection passes whatever the parameter says.
# Output seen: [('written', 'deleted'), ('referred', 'ValidationException')]
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
import json

import boto3

cloudformation = boto3.client("cloudformation")


def protected(stack, value):
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": stack,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "DeletionProtectionEnabled": value,
        },
    }
    parameters = {"Protection": {"Type": "String", "Default": "false"}}
    template = {"Parameters": parameters, "Resources": {"Table": table}}
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    try:
        boto3.client("dynamodb").delete_table(TableName=stack)
    except boto3.client("dynamodb").exceptions.ClientError as error:
        return stack, error.response["Error"]["Code"]
    return stack, "deleted"


seen = [protected("written", False), protected("referred", {"Ref": "Protection"})]
print(seen)
assert seen == [("written", "deleted"), ("referred", "ValidationException")], "the behaviour has changed"
PYTHON
