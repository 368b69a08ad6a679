#!/usr/bin/env bash
# moto 5.2.5 (with boto3 1.44.5): a DynamoDB number comes back as the text that was put, not as the number.
# DynamoDB trims it ("Leading and trailing zeroes are trimmed", Developer Guide, "Data types"): put 01, 1.0 or
# 1E2, get 1, 1 and 100. Against moto a test sees 01, 1.0 and 1E2, though moto compares them as numbers: a
# condition "v = 1" holds for all of the first two. Code that reads with int() or JSON passes in one and fails
# in the other (json.loads("01") is an error).
# Output seen: [('01', '01', True), ('1.0', '1.0', True), ('1E2', '1E2', False)]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" "boto3==1.44.5"
AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1 "$folder/venv/bin/python" - <<'PYTHON'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

seen = []
with mock_aws():
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="numbers",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for text in ("01", "1.0", "1E2"):
        client.put_item(TableName="numbers", Item={"k": {"S": text}, "v": {"N": text}})
        read = client.get_item(TableName="numbers", Key={"k": {"S": text}})["Item"]["v"]["N"]
        try:
            client.update_item(
                TableName="numbers",
                Key={"k": {"S": text}},
                UpdateExpression="SET w = :one",
                ConditionExpression="v = :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
            is_one = True
        except ClientError:
            is_one = False
        seen.append((text, read, is_one))
print(seen)
assert seen == [("01", "01", True), ("1.0", "1.0", True), ("1E2", "1E2", False)], "the behaviour has changed"
PYTHON
