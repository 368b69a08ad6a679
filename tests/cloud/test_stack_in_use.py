"""Using the deployed stack: tasks, deliveries, the API, pages, edits by hand, roles."""

import json
import re
from collections.abc import Iterator

import boto3
import kanboard  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError

from chalicelib.web.pages.templating import STATIC
from tests.cloud.conftest import IN_THE_CLOUD
from tests.support.deployed_stack import STACK, aws, put_endpoint, run_tool
from tests.support.local_run import wait_until
from tests.support.receivers import Inbox, Received
from tools import backup
from tools.backup import Source

pytestmark = [IN_THE_CLOUD, pytest.mark.usefixtures("lost")]


ANYBODY_MAY_SEND = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    ],
}


@pytest.fixture(scope="module")
def lost(stack) -> Iterator[Inbox]:
    """A receiver that fails once; the message that would bring the delivery back is lost."""
    with Inbox(status=500) as inbox:
        put_endpoint("lost", inbox.url)
        stack.add("Lost")
        stack.wait_for_states("lost", "pending")
        boto3.client("sqs").purge_queue(QueueUrl=_queue("RetryQueue"))
        inbox.status = 204
        yield inbox


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A receiver that answers well."""
    with Inbox() as listening:
        put_endpoint("ci", listening.url)
        yield listening
        boto3.client("dynamodb").delete_item(
            TableName=f"{STACK}-endpoints", Key={"id": {"S": "ci"}}
        )


def _queue(logical: str) -> str:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)[
        "StackResources"
    ]
    return next(
        one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == logical
    )


def test_a_task_added_through_api_gateway_arrives_signed_at_the_endpoint(stack, inbox):
    answer = stack.add("Over the stream")

    [post] = inbox.wait_for(1)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert json.loads(post.body)["title"] == "Over the stream"
    assert post.headers["webhook-signature"].startswith("v1,")
    assert post.path == f"/?token={stack.token}"


def test_a_wrong_token_and_a_bad_field_are_refused_in_the_words_of_the_contract(stack):
    wrong = stack.request(
        "GET", params={"controller": "task", "action": "add", "token": "x", "title": "x"}
    )
    bad = stack.add("x", color_id="pink")

    assert (wrong.status_code, wrong.text) == (401, "Not Authorized")
    assert (bad.status_code, bad.text) == (400, "FAILED")
    assert bad.headers["X-Failure-Reason"].startswith("color_id: takes one of ")


def test_a_failed_delivery_is_tried_again_by_the_queue(stack, inbox):
    inbox.status = 500
    stack.add("Fails once")
    inbox.wait_for(1)
    inbox.status = 204

    first, second = inbox.wait_for(2)

    assert (first.headers["X-Taskhook-Attempt"], second.headers["X-Taskhook-Attempt"]) == ("1", "2")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_kanboards_own_client_creates_and_finds_a_task(stack):
    row = boto3.client("dynamodb").get_item(
        TableName=f"{STACK}-settings", Key={"id": {"S": "settings"}}
    )["Item"]
    client = kanboard.Client(stack.rpc_url, "jsonrpc", row["api_token"]["S"])

    task_id = client.create_task(title="By the client", project_id=1)

    assert client.get_task(task_id=task_id)["title"] == "By the client"


def test_the_pages_stand_below_the_stage(stack):
    asked = stack.request("GET", "settings")
    page = stack.request("GET", asked.headers["Location"].removeprefix("/api/"))
    style = page.text.partition('<link rel="stylesheet" href="/api/')[2].partition('"')[0]

    assert (asked.status_code, asked.headers["Location"]) == (303, "/api/sign-in?then=%2Fsettings")
    assert page.status_code == 200
    assert 'action="/api/sign-in' in page.text
    file = stack.request("GET", style)
    assert file.headers["Content-Type"].startswith("text/css")
    assert file.headers["Content-Encoding"] == "gzip"
    assert file.text == (STATIC / "taskhook.css").read_text()


def test_an_edit_by_the_aws_command_line_is_an_event(stack, inbox):
    task_id = stack.add("Before").headers["X-Task-Id"]
    inbox.wait_for(1)

    aws(
        *(
            "dynamodb",
            "update-item",
            "--table-name",
            f"{STACK}-tasks",
            "--key",
            f'{{"task_id": {{"N": "{task_id}"}}}}',
        ),
        *(
            "--update-expression",
            "SET title = :title",
            "--expression-attribute-values",
            '{":title": {"S": "After"}}',
        ),
    )

    body = json.loads(inbox.wait_for(2)[1].body)
    assert body["changes"]["title"] == ["Before", "After"]


def test_a_poisoned_row_is_set_aside_and_holds_nobody_up(stack, inbox):
    row = {"task_id": {"N": "999999"}, "title": {"S": "Poisoned"}, "date_due": {"S": "soon"}}
    boto3.client("dynamodb").put_item(TableName=f"{STACK}-tasks", Item=row)
    stack.add("After the poison")

    titles = [json.loads(post.body)["title"] for post in inbox.wait_for(1)]

    receive = boto3.client("sqs").receive_message
    messages = wait_until(lambda: receive(QueueUrl=_queue("Failures")).get("Messages"))
    assert titles == ["After the poison"]
    assert [
        (json.loads(one["Body"])["kind"], json.loads(one["Body"])["task_id"]) for one in messages
    ] == [("change", 999999)]


def test_a_lost_message_is_made_good_by_the_sweep_that_the_schedule_calls(lost):
    first, second = wait_until(lambda: _twice(lost, "Lost"), patience=130)

    assert (first.headers["X-Taskhook-Attempt"], second.headers["X-Taskhook-Attempt"]) == ("1", "2")
    assert second.headers["webhook-id"] == first.headers["webhook-id"]


def _twice(inbox: Inbox, title: str) -> list[Received]:
    """Return what has arrived of a task, once it has arrived twice."""
    posts = [post for post in list(inbox.received) if json.loads(post.body)["title"] == title]
    return posts if len(posts) >= 2 else []


def test_a_removed_task_comes_back_from_a_backup_of_all_tables(stack, capsys):
    task_id = stack.add("Kept").headers["X-Task-Id"]
    row = {
        "TableName": f"{STACK}-tasks",
        "Key": {"task_id": {"N": task_id}},
        "ConsistentRead": True,
    }
    dynamodb = boto3.client("dynamodb")
    kept = dynamodb.get_item(**row)["Item"]
    backup.backup("dev", "kept")
    dynamodb.delete_item(TableName=row["TableName"], Key=row["Key"])

    backup.restore("dev", Source("kept", None), missing_only=True)

    assert dynamodb.get_item(**row)["Item"] == kept
    assert re.search(r"  tasks +1 added, 0 replaced, ", capsys.readouterr().out)
    assert [name for name in dynamodb.list_tables()["TableNames"] if "restored" in name] == []


def test_no_function_was_denied_what_it_needs(lost):
    wait_until(lambda: _twice(lost, "Lost"), patience=130)
    logs = boto3.client("logs")

    told = [
        event["message"]
        for name in ("api", "dispatch", "retry", "sweep")
        for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{STACK}-{name}")["events"]
    ]

    assert told
    assert [message for message in told if "AccessDenied" in message] == []


def test_a_function_is_denied_what_its_role_does_not_allow():
    arn = boto3.client("lambda").get_function_configuration(FunctionName=f"{STACK}-sweep")["Role"]
    held = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="sweep")["Credentials"]
    keys = {
        "aws_access_key_id": held["AccessKeyId"],
        "aws_secret_access_key": held["SecretAccessKey"],
    }
    dynamodb = boto3.client("dynamodb", **keys, aws_session_token=held["SessionToken"])

    allowed = dynamodb.scan(TableName=f"{STACK}-endpoints")
    with pytest.raises(ClientError) as denied:
        dynamodb.delete_item(TableName=f"{STACK}-tasks", Key={"task_id": {"N": "1"}})

    assert allowed["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


def test_the_status_shows_what_runs_what_rings_and_what_waits_in_one_screen(stack):
    told = json.loads(run_tool("status", "show", "--json"))
    screen = run_tool("status", "show")

    assert told["stack"] == STACK
    assert told["status"] == "CREATE_COMPLETE"
    assert told["alarms"] == []
    assert len(screen.splitlines()) == 8
    assert screen.splitlines()[0].startswith(f"{STACK}  CREATE_COMPLETE, release ")


def test_an_alarm_is_set_off_for_who_is_subscribed_and_refused_where_nobody_is(stack):
    outputs = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0][
        "Outputs"
    ]
    [topic] = [one["OutputValue"] for one in outputs if one["OutputKey"] == "AlarmTopicArn"]
    sqs = boto3.client("sqs")
    refused = run_tool("status", "alarm-test", code=1)
    listening = sqs.create_queue(
        QueueName="alarms", Attributes={"Policy": json.dumps(ANYBODY_MAY_SEND)}
    )["QueueUrl"]
    described = sqs.get_queue_attributes(QueueUrl=listening, AttributeNames=["QueueArn"])[
        "Attributes"
    ]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=described["QueueArn"])

    told = run_tool("status", "alarm-test")

    [message] = wait_until(lambda: sqs.receive_message(QueueUrl=listening).get("Messages"))
    assert refused.startswith(
        f"alarm-test: nobody is subscribed to the alarms of {STACK}: set AlarmEmail "
    )
    assert told.startswith(f"{STACK}-DispatchErrors was triggered: arn:aws:sqs:")
    assert "A test by make alarm-test" in message["Body"]
