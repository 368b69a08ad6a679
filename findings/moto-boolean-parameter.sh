#!/usr/bin/env bash
# moto 5.2.5 (with boto3 1.44.5): the value "false" of a String parameter, which a boolean property takes by {"Ref": PARAMETER}, counts as
# true, as every text does in Python. CloudFormation makes false of it. A table with DeletionProtectionEnabled:
# {Ref: PARAMETER} is protected by "false", and what should delete it is refused; and a test that expects the
# protection passes whatever the parameter says.
# Output seen: [('written', 'deleted'), ('referred', 'ValidationException')]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "moto[cloudformation,dynamodb]==5.2.5" "boto3==1.44.5"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PYTHON'
import json

import boto3
from moto import mock_aws

mock_aws().start()
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
