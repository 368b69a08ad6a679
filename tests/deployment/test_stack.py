"""The stack that comes of the template, as far as it can be had without an account."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb import tables
from chalicelib.config import CONFIG
from tests.deployment.conftest import ONE_WORKER
from tests.support.cloudformation import known
from tests.support.stack_names import TABLES
from tools.package import TEMPLATE

pytestmark = ONE_WORKER

STACK = CONFIG.table_prefix.removesuffix("-")


def test_cfn_lint_finds_nothing(out):
    lint = Path(sys.executable).with_name("cfn-lint")

    linted = subprocess.run(
        [lint, "--regions", "us-east-1", "--", out / TEMPLATE],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (linted.stdout, linted.returncode) == ("", 0)


def test_sam_expands_it_into_four_functions_and_adds_no_role(expanded):
    types = Counter(resource["Type"] for resource in expanded["Resources"].values())

    assert {
        kind: types[kind]
        for kind in types
        if kind.startswith(("AWS::Lambda", "AWS::IAM", "AWS::Events"))
    } == {
        "AWS::IAM::Role": 5,  # one of API Gateway, which writes its log with it
        "AWS::Lambda::Function": 4,
        "AWS::Lambda::EventInvokeConfig": 1,
        "AWS::Lambda::EventSourceMapping": 3,
        "AWS::Lambda::Permission": 2,  # for the API and for the clock
        "AWS::Events::Rule": 1,
    }


@pytest.fixture(scope="module")
def created(expanded) -> dict[str, Any]:
    """What moto's CloudFormation makes of it."""
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="bucket")
        boto3.client("s3").put_object(Bucket="bucket", Key="deployment.zip", Body=b"the zip")
        network = boto3.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        parameters = {
            "SubnetIds": network,
            "SecurityGroupIds": "sg-1,sg-2",
            "DeletionProtection": "true",
        }
        boto3.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(known(expanded)),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        return {
            "tables": _tables(),
            "calls": _calls(),
            "protected": _protected(),
            "networks": _networks(),
        }


def test_the_tables_of_the_stack_are_those_of_the_models(created):
    with mock_aws():
        tables.create_tables()
        of_the_models = _tables()

    assert created["tables"] == of_the_models


def test_the_streams_the_queue_and_the_clock_call_their_functions(created):
    assert created["calls"] == {
        (f"{STACK}-dispatch", f"dynamodb:table/{STACK}-tasks"),
        (f"{STACK}-dispatch", f"dynamodb:table/{STACK}-comments"),
        (f"{STACK}-retry", f"sqs:{STACK}-RetryQueue"),
        (f"{STACK}-sweep", "rate(1 minute)"),
    }


def test_the_parameters_of_a_stage_protect_each_table_and_put_each_function_into_the_vpc(created):
    functions = (f"{STACK}-{name}" for name in ("api", "dispatch", "retry", "sweep"))

    # Moto keeps the parameter's text.
    assert created["protected"] == dict.fromkeys(TABLES.values(), "true")
    assert created["networks"] == {name: ["sg-1", "sg-2"] for name in functions}


def _tables() -> dict[str, Any]:
    described = {}
    for name in TABLES.values():
        table = boto3.client("dynamodb").describe_table(TableName=CONFIG.table_prefix + name)[
            "Table"
        ]
        described[name] = {
            "attributes": {
                held["AttributeName"]: held["AttributeType"]
                for held in table["AttributeDefinitions"]
            },
            "key": table["KeySchema"],
            "local": _indexes(table.get("LocalSecondaryIndexes", [])),
            "global": _indexes(table.get("GlobalSecondaryIndexes", [])),
            "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
        }
    return described


def _protected() -> dict[str, str]:
    describe = boto3.client("dynamodb").describe_table
    named = {
        name: describe(TableName=CONFIG.table_prefix + name)["Table"] for name in TABLES.values()
    }
    return {name: table["DeletionProtectionEnabled"] for name, table in named.items()}


def _networks() -> dict[str, list[str]]:
    """Return the security groups of each function."""
    functions = boto3.client("lambda").list_functions()["Functions"]
    return {
        function["FunctionName"]: function["VpcConfig"]["SecurityGroupIds"]
        for function in functions
    }


def _indexes(described: list[Any]) -> dict[str, Any]:
    return {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in described}


def _calls() -> set[tuple[str, str]]:
    """Return each function with what calls it: without the endings that moto makes up."""
    calls = set()
    for source in boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        service, name = (
            source["EventSourceArn"].split(":")[2],
            source["EventSourceArn"].split(":", 5)[5],
        )
        end = "/stream/" if service == "dynamodb" else "-"
        function = source["FunctionArn"].rpartition(":")[2]
        calls.add((function, f"{service}:{name.rpartition(end)[0]}"))
    events = boto3.client("events")
    for rule in events.list_rules()["Rules"]:
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            calls.add((target["Arn"].rpartition(":")[2], rule["ScheduleExpression"]))
    return calls
