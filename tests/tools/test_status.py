"""What a stage's screen says of its logs, and what a deployment asks CloudFormation."""

import json
import time

import boto3
import pytest
from moto import mock_aws

from tools import status
from tools.stack import Stack

GROUP, STREAM = "/aws/lambda/taskhook-dev-api", "2026/01/01/[1]x"
PAGE = 10_000  # events that one look at a log brings


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


def log(events):
    """Write lines of a function's log: seconds ago, and what is said."""
    logs, now = boto3.client("logs"), time.time()
    for function in status._FUNCTIONS:
        logs.create_log_group(logGroupName=f"/aws/lambda/taskhook-dev-{function}")
    logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    told = [
        {"timestamp": int((now - ago) * 1000), "message": f"ERROR {message}"}
        for ago, message in events
    ]
    for begin in range(0, len(told), PAGE):
        logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=told[begin:][:PAGE])


def test_the_last_error_is_the_newest_of_the_hour_however_many_there_are():
    log([*((1800, "old") for _ in range(PAGE)), (1, "new")])

    told = status._last_error("taskhook-dev")

    assert told is not None
    assert (told["function"], told["message"]) == ("api", "ERROR new")


def test_an_error_that_is_older_than_minutes_is_the_last_one_where_there_is_no_newer():
    log([(4000, "too old"), (3000, "old")])

    told = status._last_error("taskhook-dev")

    assert told is not None
    assert told["message"] == "ERROR old"


def test_a_look_ahead_that_was_broken_off_does_not_stand_in_the_way_of_the_next():
    s3, cloudformation = boto3.client("s3"), boto3.client("cloudformation")
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}
    }
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="t.json", Body=json.dumps(template).encode())
    url = f"{s3.meta.endpoint_url}/kept/t.json"
    cloudformation.create_stack(StackName="taskhook-dev", TemplateURL=url)
    stack, names = Stack("taskhook-dev", {}), set()
    asked = "provide-client-params.cloudformation.CreateChangeSet"
    stack._client.meta.events.register(
        asked, lambda params, **_: names.add(params["ChangeSetName"])
    )

    for _ in range(2):
        stack.preview(url, {})

    left = cloudformation.list_change_sets(StackName="taskhook-dev")["Summaries"]
    assert (len(names), left) == (2, [])
