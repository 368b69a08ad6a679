"""The API and the network around it: limits, logs, a domain, a VPC, and stages' settings."""

import json

import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support import function_roles
from tests.support.stack_names import FUNCTIONS, TABLES
from tools.package import ROOT, additions

pytestmark = ONE_WORKER


def test_the_api_is_regional_and_limited(resources):
    api = resources["RestAPI"]["Properties"]

    assert api["EndpointConfiguration"] == "REGIONAL"
    assert api["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": {"Ref": "RequestsPerSecond"},
            "ThrottlingBurstLimit": {"Ref": "RequestBurst"},
            "LoggingLevel": "OFF",
            "DataTraceEnabled": False,
        }
    ]


def test_the_access_log_holds_no_query_string_and_no_header(resources):
    log = resources["RestAPI"]["Properties"]["AccessLogSetting"]

    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert json.loads(log["Format"]) == {
        "time": "$context.requestTime",
        "request_id": "$context.requestId",
        "ip": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "took_ms": "$context.responseLatency",
        "bytes": "$context.responseLength",
    }


def test_api_gateway_may_log_before_the_api_is_there_and_when_the_stack_is_gone(resources):
    account, role = resources["ApiGatewayAccount"], resources["ApiGatewayRole"]

    assert resources["RestAPI"]["DependsOn"] == "ApiGatewayAccount"
    assert [(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in (account, role)] == [
        ("Retain", "Retain")
    ] * 2


def test_api_gateway_gets_a_new_role_for_its_logs_unless_one_is_named(template, resources):
    new, named = {"Fn::GetAtt": ["ApiGatewayRole", "Arn"]}, {"Ref": "ApiGatewayLogRoleArn"}

    assert template["Conditions"]["MakesLogRole"] == {"Fn::Equals": [named, ""]}
    assert resources["ApiGatewayRole"]["Condition"] == "MakesLogRole"
    assert resources["ApiGatewayAccount"]["Properties"] == {
        "CloudWatchRoleArn": {"Fn::If": ["MakesLogRole", new, named]}
    }


def test_every_log_is_kept_for_as_long_as_the_stage_says(resources):
    kept = {
        name: r["Properties"]["RetentionInDays"]
        for name, r in resources.items()
        if r["Type"].endswith("LogGroup")
    }

    asked = {"Ref": "LogRetention"}
    assert kept == dict.fromkeys(
        ("ApiLogs", "DispatchLogs", "RetryLogs", "SweepLogs", "AccessLogs"), asked
    )


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_protected_where_the_stage_says_so(resources, table):
    assert resources[table]["Properties"]["DeletionProtectionEnabled"] == {
        "Ref": "DeletionProtection"
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_in_the_vpc_that_the_stage_names_and_may_be_there_only_then(
    expanded, function
):
    properties = expanded["Resources"][function]["Properties"]
    role = expanded["Resources"][function_roles.role_of(expanded["Resources"], function)][
        "Properties"
    ]

    in_vpc = {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}}
    allowed = {
        "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"
    }
    nothing = {"Ref": "AWS::NoValue"}
    assert properties["VpcConfig"] == {"Fn::If": ["InVpc", in_vpc, nothing]}
    assert role["ManagedPolicyArns"][0] == {"Fn::If": ["InVpc", allowed, nothing]}


def test_a_domain_leads_to_the_stage_of_the_api(expanded):
    domain, mapping = (expanded["Resources"][name] for name in ("Domain", "DomainMapping"))

    assert (domain["Condition"], mapping["Condition"]) == ("HasDomain", "HasDomain")
    assert domain["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert mapping["Properties"] == {
        "DomainName": {"Ref": "Domain"},
        "RestApiId": {"Ref": "RestAPI"},
        "Stage": {"Ref": "RestAPIapiStage"},
    }


def test_the_stages_differ_in_the_defaults_of_their_parameters_alone():
    dev, prod = (additions(ROOT / ".chalice", stage) for stage in ("dev", "prod"))

    ours, theirs = (
        {n: p.pop("Default") for n, p in one["Parameters"].items()} for one in (dev, prod)
    )
    assert dev == prod
    assert {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]} == {
        "DeletionProtection": ("false", "true"),
        "LogRetention": (30, 90),
        "RequestsPerSecond": (100, 2000),
        "RequestBurst": (200, 1000),
        "DispatchesPerShard": (1, 10),
        "RetriesAtOnce": (2, 50),
    }
