#!/usr/bin/env bash
# moto 5.2.5 (with boto3 1.44.5): TransactWriteItems takes a ClientRequestToken and ignores it. The same transaction under
# the same token is carried out twice, so that a counter counts twice and a put that must be new cancels the repeat; and
# other content under the same token is carried out too. DynamoDB answers the repeat without changing anything and
# refuses the other content (IdempotentParameterMismatchException), for 10 minutes. So moto cannot show that a repeat
# after a lost answer is harmless, and fails a test that says so.
# Output seen: ['1', '2', '7']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" "boto3==1.44.5"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled
"$folder/venv/bin/python" - <<'PYTHON'
import boto3
from moto import mock_aws

mock_aws().start()
db = boto3.client("dynamodb")
db.create_table(
    TableName="counters",
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
)


def count(by):
    update = {
        "TableName": "counters",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "ADD counted :by",
        "ExpressionAttributeValues": {":by": {"N": by}},
    }
    db.transact_write_items(ClientRequestToken="one-and-the-same", TransactItems=[{"Update": update}])
    return db.get_item(TableName="counters", Key={"id": {"S": "1"}})["Item"]["counted"]["N"]


seen = [count("1"), count("1"), count("5")]
print(seen)
assert seen == ["1", "2", "7"], "the behaviour has changed"
PYTHON
