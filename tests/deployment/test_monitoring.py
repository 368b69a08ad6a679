"""What is watched: the alarms, the dashboard and the traces, and that what they read is there."""

import json
from typing import Any, get_args

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters import metrics
from tests.deployment.conftest import ONE_WORKER
from tests.support import function_roles
from tests.support.stack_names import FUNCTIONS, TABLES

pytestmark = ONE_WORKER

ALARMS = {
    "DispatchBehind": {("AWS/Lambda", "IteratorAge")},
    "DispatchErrors": {("AWS/Lambda", "Errors")},
    "RetryErrors": {("AWS/Lambda", "Errors")},
    "SweepErrors": {("AWS/Lambda", "Errors")},
    "DeadLetters": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "Failures": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "DeliveriesOverdue": {("Taskhook", "OldestDueSeconds")},
    "EndpointDisabled": {("Taskhook", "EndpointsDisabled")},
    "ApiErrors": {("AWS/ApiGateway", "5XXError")},
    "Throttles": {
        ("AWS/Lambda", "Throttles"),
        ("AWS/DynamoDB", "ReadThrottleEvents"),
        ("AWS/DynamoDB", "WriteThrottleEvents"),
    },
    "IndexThrottles": {("AWS/DynamoDB", "WriteThrottleEvents")},
}
"""Each alarm by the name that people see, and what it reads."""

BY_AWS = {
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency"},
    "AWS/DynamoDB": {"ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
    "AWS/Lambda": {"Duration", "Errors", "IteratorAge", "Throttles"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}
"""Metrics that AWS's own documentation has, each with the one dimension that is used here."""


@pytest.fixture(scope="module")
def alarms(resources) -> dict[str, Any]:
    """The properties of each alarm, by the name that people see."""
    found = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-"): alarm for alarm in found
    }


@pytest.fixture(scope="module")
def widgets(resources) -> list[Any]:
    """What the dashboard shows."""
    return json.loads(resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]


def read_by(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    single = [
        metric["MetricStat"]["Metric"]
        for metric in alarm.get("Metrics", [])
        if "MetricStat" in metric
    ]
    return {(one["Namespace"], one["MetricName"]) for one in single or [alarm]}


def test_every_alarm_reads_what_it_is_named_after(alarms):
    assert {name: read_by(alarm) for name, alarm in alarms.items()} == ALARMS


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_its_topic_what_it_means_and_where_to_read_on(alarms, name):
    alarm, topic = alarms[name], [{"Ref": "AlarmTopic"}]

    assert (alarm["AlarmActions"], alarm["OKActions"]) == (topic, topic)
    assert alarm["AlarmDescription"].endswith(f". See docs/operations.md, {name}.")


def test_cloudwatch_takes_every_alarm_and_the_dashboard(alarms, widgets):
    with mock_aws():
        cloudwatch = boto3.client("cloudwatch")
        for alarm in alarms.values():
            cloudwatch.put_metric_alarm(**filled_in(alarm))
        cloudwatch.put_dashboard(
            DashboardName="taskhook-dev", DashboardBody=json.dumps({"widgets": widgets})
        )

        kept = cloudwatch.describe_alarms()["MetricAlarms"]

    assert {alarm["AlarmName"] for alarm in kept} == {f"taskhook-dev-{name}" for name in ALARMS}
    assert {tuple(alarm["AlarmActions"]) for alarm in kept} == {("AlarmTopic",)}


def filled_in(value: Any) -> Any:
    """Return a part of the template with resources' names where CloudFormation puts values."""
    match value:
        case {"Ref": "AWS::StackName"}:
            return "taskhook-dev"
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::StackName}", "taskhook-dev")
        case dict():
            return {key: filled_in(one) for key, one in value.items()}
        case list():
            return [filled_in(one) for one in value]
    return value


def test_an_alarm_of_the_sweep_rings_too_when_no_sweep_comes(alarms):
    silent = {name: alarm["TreatMissingData"] for name, alarm in alarms.items()}

    assert silent.pop("DeliveriesOverdue") == "breaching"
    assert silent.pop("EndpointDisabled") == "ignore"
    assert set(silent.values()) == {"notBreaching"}


def test_the_address_for_alarms_subscribes_to_them_if_there_is_one(template, resources):
    subscription = resources["AlarmSubscription"]

    assert template["Conditions"]["HasAlarmEmail"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]
    }
    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "AlarmTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }


def test_the_dashboard_shows_every_alarm_and_all_that_is_measured_and_nothing_that_is_not(
    resources, widgets
):
    shown = {
        (line[0], line[1]) for widget in widgets for line in widget["properties"].get("metrics", [])
    }
    own = {(metrics.NAMESPACE, name) for name in get_args(metrics.Name)}
    of_aws = {
        (namespace, name)
        for namespace, names in BY_AWS.items()
        for name in names - {"ReadThrottleEvents"}
    }

    alarms = [name for name, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert widgets[0]["properties"]["alarms"] == [f"${{{name}.Arn}}" for name in alarms]
    assert shown == own | of_aws


def test_what_alarms_read_is_measured_by_the_functions_or_by_aws(alarms):
    measured = BY_AWS | {metrics.NAMESPACE: set(get_args(metrics.Name))}

    unknown = {
        (ns, name)
        for alarm in alarms.values()
        for ns, name in read_by(alarm)
        if name not in measured[ns]
    }

    assert unknown == set()


def test_what_each_index_turns_away_rings(resources, alarms):
    metrics_of_indexes = [
        one["MetricStat"]["Metric"] for one in alarms["IndexThrottles"]["Metrics"][:-1]
    ]
    watched = [
        tuple(part["Value"] for part in metric["Dimensions"]) for metric in metrics_of_indexes
    ]

    assert watched == [
        ({"Ref": table}, index["IndexName"])
        for table in TABLES
        for index in resources[table]["Properties"].get("GlobalSecondaryIndexes", [])
    ]


def test_own_metrics_are_read_of_this_stack(alarms, widgets):
    own = [
        alarm["Dimensions"]
        for alarm in alarms.values()
        if alarm.get("Namespace") == metrics.NAMESPACE
    ]
    lines = [line for widget in widgets for line in widget["properties"].get("metrics", [])]

    assert own == [[{"Name": "Stack", "Value": {"Ref": "AWS::StackName"}}]] * 2
    assert {tuple(line[2:4]) for line in lines if line[0] == metrics.NAMESPACE} == {
        ("Stack", "${AWS::StackName}")
    }


def test_no_two_widgets_lie_on_one_place(widgets):
    cells = [
        (x, y)
        for one in widgets
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_json_and_is_traced_only_where_that_is_asked_for(expanded, function):
    properties = expanded["Resources"][function]["Properties"]

    assert properties["LoggingConfig"]["LogFormat"] == "JSON"
    assert properties["TracingConfig"] == {
        "Mode": {"Fn::If": ["IsTraced", "Active", "PassThrough"]}
    }


def test_traces_are_off_unless_asked_for(template, expanded):
    stage = expanded["Resources"]["RestAPIapiStage"]

    assert template["Parameters"]["Tracing"]["Default"] == "off"
    assert template["Conditions"]["IsTraced"] == {"Fn::Equals": [{"Ref": "Tracing"}, "on"]}
    assert stage["Properties"]["TracingEnabled"] == {"Fn::If": ["IsTraced", True, False]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_may_send_traces_as_soon_as_it_is_there_and_only_where_they_are_asked_for(
    expanded, function
):
    role = expanded["Resources"][function_roles.role_of(expanded["Resources"], function)][
        "Properties"
    ]

    allowed = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSXRayDaemonWriteAccess"}
    assert role["ManagedPolicyArns"][1:] == [
        {"Fn::If": ["IsTraced", allowed, {"Ref": "AWS::NoValue"}]}
    ]
