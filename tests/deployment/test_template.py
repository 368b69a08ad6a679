"""The packaged template: what it declares, by whole values."""

import json
import math

import pytest

from chalicelib.config import CONFIG
from chalicelib.domain.circuit_breaker import MAX_HALF_OPEN
from chalicelib.services.deliveries import retrying, sweeping
from chalicelib.services.deliveries.worker_pool import MAX_PER_ENDPOINT
from tests.deployment.conftest import ONE_WORKER
from tests.support.stack_names import FUNCTIONS, TABLES

pytestmark = ONE_WORKER


def test_every_resource_that_is_merged_in_has_met_one_of_chalice(resources):
    typeless = [name for name, resource in resources.items() if "Type" not in resource]

    assert typeless == []


def test_every_event_source_that_is_merged_in_has_met_one_of_chalice(resources):
    sources = [
        source
        for name in FUNCTIONS
        for source in resources[name]["Properties"].get("Events", {}).values()
    ]

    assert [source.get("Type") for source in sources] == ["DynamoDB", "DynamoDB", "SQS", "Schedule"]


def test_nothing_is_left_of_what_app_py_says_in_place_of_arns(template):
    text = json.dumps(template)

    assert "set-by-resources-json" not in text
    assert "000000000000" not in text


def test_bodies_arrive_as_they_were_sent(resources):
    definition = resources["RestAPI"]["Properties"]["DefinitionBody"]

    assert definition["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    assert "/jsonrpc.php" in definition["paths"]


def test_the_streams_of_tasks_and_comments_call_dispatch_and_lose_nothing(resources):
    event_sources = resources["Dispatch"]["Properties"]["Events"]

    assert event_sources == {
        "DispatchDynamodbEventSource": _stream_of("TasksTable"),
        "CommentsDynamodbEventSource": _stream_of("CommentsTable"),
    }


def _stream_of(table):
    return {
        "Type": "DynamoDB",
        "Properties": {
            "Stream": {"Fn::GetAtt": [table, "StreamArn"]},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 0,
            "ParallelizationFactor": {"Ref": "DispatchesPerShard"},
            "FilterCriteria": {
                "Filters": [
                    {"Pattern": '{"dynamodb": {"Keys": {"task_id": {"N": [{"exists": true}]}}}}'}
                ]
            },
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRecordAgeInSeconds": 86400,
            "MaximumRetryAttempts": -1,
            "DestinationConfig": {
                "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}
            },
        },
    }


def test_the_retry_queue_calls_retry_as_soon_as_a_message_is_due(resources):
    event_source = resources["Retry"]["Properties"]["Events"]

    assert event_source == {
        "RetrySqsEventSource": {
            "Type": "SQS",
            "Properties": {
                "Queue": {"Fn::GetAtt": ["RetryQueue", "Arn"]},
                "BatchSize": 10,
                "MaximumBatchingWindowInSeconds": 0,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": {"Ref": "RetriesAtOnce"}},
            },
        }
    }


def test_the_clock_calls_sweep_as_often_as_sweep_looks_ahead_and_no_tick_comes_late(resources):
    sweep = resources["Sweep"]["Properties"]

    assert sweep["Events"] == {
        "SweepEvent": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}}
    }
    assert sweep["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    assert sweeping.SWEEP_INTERVAL == 60


def test_every_function_finds_its_tables_and_its_queues(resources):
    variables = {
        name: resources[name]["Properties"]["Environment"]["Variables"] for name in FUNCTIONS
    }

    own = {"LOG_LEVEL": "INFO", "TABLE_PREFIX": {"Fn::Sub": "${AWS::StackName}-"}}
    retries = {"RETRY_QUEUE_URL": {"Ref": "RetryQueue"}}
    queues = retries | {"FAILURE_QUEUE_URL": {"Ref": "Failures"}}
    assert variables == {
        "APIHandler": own | retries,
        "Dispatch": own | queues,
        "Retry": own | queues,
        "Sweep": own | retries,  # it sets nothing aside
    }


def test_every_function_has_its_name_and_a_log_of_its_own(resources):
    functions = {name: resources[name]["Properties"] for name in FUNCTIONS}
    logs = {
        name: resources[function["LoggingConfig"]["LogGroup"]["Ref"]]
        for name, function in functions.items()
    }

    short = {"APIHandler": "api", "Dispatch": "dispatch", "Retry": "retry", "Sweep": "sweep"}
    assert {name: function["FunctionName"]["Fn::Sub"] for name, function in functions.items()} == {
        name: "${AWS::StackName}-" + suffix for name, suffix in short.items()
    }
    assert {name: log["Properties"] for name, log in logs.items()} == {
        name: {
            "LogGroupName": {"Fn::Sub": "/aws/lambda/${AWS::StackName}-" + suffix},
            "RetentionInDays": {"Ref": "LogRetention"},
        }
        for name, suffix in short.items()
    }


def test_dispatch_has_time_for_a_batch_of_one_task_to_an_endpoint_that_hangs(resources):
    dispatch = resources["Dispatch"]["Properties"]
    batch = dispatch["Events"]["DispatchDynamodbEventSource"]["Properties"]["BatchSize"]

    assert dispatch["Timeout"] >= batch * CONFIG.delivery_timeout


def test_retry_has_time_for_what_it_begins_at_the_last_moment(resources):
    one_attempt = CONFIG.retry_timeout
    widest_step = math.ceil(MAX_HALF_OPEN / MAX_PER_ENDPOINT) * CONFIG.retry_timeout

    assert (
        resources["Retry"]["Properties"]["Timeout"]
        >= retrying.TIME_TO_WORK + one_attempt + widest_step
    )


def test_a_message_stays_hidden_for_six_times_the_time_that_retry_may_take(resources):
    hidden = resources["RetryQueue"]["Properties"]["VisibilityTimeout"]

    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    assert hidden >= 6 * resources["Retry"]["Properties"]["Timeout"]


def test_a_sweep_has_ended_when_the_next_one_begins(resources):
    assert resources["Sweep"]["Properties"]["Timeout"] <= sweeping.SWEEP_INTERVAL


@pytest.mark.parametrize("resource", TABLES)
def test_every_table_is_kept_encrypted_and_restorable(resources, resource):
    table = resources[resource]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == (
        "RetainExceptOnCreate",
        "Retain",
    )
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


def test_rows_that_expire_are_removed(resources):
    expiring = {
        name: resources[name]["Properties"]["TimeToLiveSpecification"]
        for name in TABLES
        if "TimeToLiveSpecification" in resources[name]["Properties"]
    }

    expires = {"AttributeName": "expires_at", "Enabled": True}
    names = ("DeliveriesTable", "EventsTable", "PayloadsTable", "SettingsTable")
    assert expiring == dict.fromkeys(names, expires)


def test_every_queue_is_encrypted_and_keeps_its_messages_for_a_fortnight(resources):
    queues = {
        name: r["Properties"] for name, r in resources.items() if r["Type"] == "AWS::SQS::Queue"
    }

    assert set(queues) == {"RetryQueue", "RetryDeadLetters", "Failures"}
    assert {
        (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"])
        for queue in queues.values()
    } == {(True, 14 * 24 * 3600)}
    assert queues["RetryQueue"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["RetryDeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }


def test_what_can_be_made_anew_goes_with_the_stack(resources):
    policies = {
        (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for resource in resources.values()
        if resource["Type"] in {"AWS::SQS::Queue", "AWS::Logs::LogGroup"}
    }

    assert policies == {("Delete", "Delete")}


def test_the_stack_says_where_it_is(template):
    own = {"Fn::Sub": "https://${DomainName}/"}
    of_aws = {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api/"}

    assert template["Outputs"]["Url"]["Value"] == {"Fn::If": ["HasDomain", own, of_aws]}


def test_lambda_does_not_end_the_chain_of_a_queue_that_feeds_its_own_function(resources):
    loops = {name: resources[name]["Properties"].get("RecursiveLoop") for name in FUNCTIONS}

    assert loops == {"APIHandler": None, "Dispatch": None, "Retry": "Allow", "Sweep": None}


def test_dev_leaves_a_new_account_room_to_add_while_all_that_delivers_is_busy(template, resources):
    def default(parameter):
        return template["Parameters"][parameter]["Default"]

    # A new table has four partitions, and its stream a shard for each.
    dispatch = 4 * default("DispatchesPerShard")
    busy = dispatch + default("RetriesAtOnce") + 1  # a sweep

    assert [
        one["Properties"].get("ReservedConcurrentExecutions")
        for one in map(resources.get, FUNCTIONS)
    ] == [None] * 4
    assert busy == 7  # of 10
