"""The runbook: each command of docs/operations.md, run as it stands there against a local run."""

import json
import os
import re
import time
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore import xform_name

from tests.support.local_run import LocalRun
from tests.support.moto_server import moto_server
from tests.support.operator_shell import Shell
from tests.support.receivers import Inbox
from tools.package import additions

pytestmark = pytest.mark.xdist_group("operations")

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs/operations.md").read_text()
STACK = "taskhook-dev"


def sections():
    """Return the commands of each section that has some, by its heading."""
    _, *parts = re.split(r"^#+ (.*)\n", DOCUMENT, flags=re.MULTILINE)
    blocks = {
        name: re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {name: found for name, found in blocks.items() if found}


SECTIONS = sections()
FOR_ALL = SECTIONS["First"].pop(0)


TEMPLATE = additions(ROOT / ".chalice", "dev")


def of_kind(kind):
    """Return the resources of a kind of the template, beside those that Chalice makes."""
    return {name: one for name, one in TEMPLATE["Resources"].items() if one.get("Type") == kind}


@pytest.fixture(scope="module")
def aws_url():
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def environ(run, aws_url):
    led = {**run.environ, "AWS_ENDPOINT_URL": aws_url, "AWS_ENDPOINT_URL_SQS": run.ready["sqs_url"]}
    own = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TABLE_PREFIX": f"{STACK}-",
    }
    return os.environ | led | own


@pytest.fixture(scope="module")
def run(tmp_path_factory, aws_url):
    folder = tmp_path_factory.mktemp("operations")
    with LocalRun(folder / "data", store=aws_url, environ={"RETRY_DELAYS": "0.1"}) as started:
        yield started
        started.kill()  # its end waits for connections that the others still hold


@pytest.fixture(scope="module")
def aws(aws_url):
    """Clients of what the local run stands on, with a stack that has the queues and the logs."""

    def client(service):
        return boto3.client(service, endpoint_url=aws_url)

    kinds = ("AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::SNS::Topic")
    resources = {name: one for kind in kinds for name, one in of_kind(kind).items()}
    parts = {
        "Resources": resources,
        "Outputs": {"AlarmTopicArn": TEMPLATE["Outputs"]["AlarmTopicArn"]},
    }
    client("cloudformation").create_stack(
        StackName=STACK, TemplateBody=json.dumps(TEMPLATE | parts)
    )
    [topic] = client("sns").list_topics()["Topics"]
    client("sns").subscribe(
        TopicArn=topic["TopicArn"], Protocol="email", Endpoint="operator@example.com"
    )
    client("ssm").put_parameter(Name=f"/{STACK}/admin-password", Value="first", Type="SecureString")
    return client


@pytest.fixture(scope="module")
def trouble(aws):
    """What alarms report: an alarm, a log line, a message in each queue for a person."""
    told = {
        "Namespace": "Taskhook",
        "MetricName": "x",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
    }
    cloudwatch, logs, stack = aws("cloudwatch"), aws("logs"), aws("cloudformation")
    for name in ("Failures", "DispatchErrors"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{STACK}-{name}",
            ComparisonOperator="GreaterThanThreshold",
            Statistic="Sum",
            **told,
        )
    cloudwatch.set_alarm_state(
        AlarmName=f"{STACK}-Failures", StateValue="ALARM", StateReason="one is there"
    )
    group = f"/aws/lambda/{STACK}-dispatch"
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    line = {
        "timestamp": int(time.time() * 1000),
        "message": '{"level": "ERROR", "message": "dispatch_failed"}',
    }
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[line])
    for name in ("RetryDeadLetters", "Failures"):
        found = stack.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        url = found["StackResourceDetail"]["PhysicalResourceId"]
        aws("sqs").send_message(QueueUrl=url, MessageBody=f"a message of {name}")


@pytest.fixture(scope="module")
def inbox(run, aws):
    """Behind the endpoint `ci`, which was sent one task in vain and one in time."""
    with Inbox(status=500) as listening:
        row = {"id": {"S": "ci"}, "url": {"S": listening.url}}
        aws("dynamodb").put_item(TableName=f"{STACK}-endpoints", Item=row)
        run.add(title="given up")
        listening.wait_for(2)
        listening.status = 204
        run.add(title="delivered")
        listening.wait_for(3)
        yield listening


@pytest.fixture(scope="module")
def shell(tmp_path_factory, environ):
    with Shell(tmp_path_factory.mktemp("shell"), environ) as started:
        yield started


@pytest.fixture
def operate(shell, inbox, trouble):  # noqa: ARG001 -- it is there to be found
    """Run the commands of a section after those that all need."""

    def run_section(name):
        variables = {"ENDPOINT": "ci", "NEW_URL": inbox.url + "moved", "PASSWORD": "a-new-password"}
        return shell.run(FOR_ALL + "".join(SECTIONS[name]), **variables)

    return run_section


SAID = {
    "First": r"taskhook-dev-Failures\tone is there\n",
    "The first day in production": (
        r"alarms +Failures.*\n(.*\n)*taskhook-dev-DispatchErrors was triggered: "
        r"operator@example.com(.*\n)*"
        r"Backed up as first-day(.*\n)*  users +0 added, 0 replaced, 1 same"
    ),
    "DispatchBehind": r"dispatch_failed",
    "DispatchErrors": r"dispatch_failed",
    "DeadLetters": r"a message of RetryDeadLetters",
    "Failures": r"a message of Failures",
    "DeliveriesOverdue": r"ApproximateNumberOfMessagesDelayed",
    "EndpointDisabled": r"found +1\nfailed +1\nsent_again +1",
    "ApiErrors": r"RefusedForStore",
    "Throttles": r"Datapoints",
    "IndexThrottles": r"tasks:by_column 0(.0)?\n(.*\n){5}deliveries:due 0(.0)?\n",
    "Backup and restore": (
        r"tasks +0 added, 0 replaced, 2 same(.*\n)+All rows were copied(.*\n)+  tasks +0 "
        r"added"
    ),
    "Moving an endpoint": r"url +http://127.0.0.1:\d+/moved",
    "Rotating secrets": r"webhook_token +\w{48}\napi_token +\w{48}\n.*\nsecret +whsec_",
}
"""What the commands of a section say where they do what they are for; those of the others find
nothing wrong here."""


@pytest.mark.parametrize("name", SECTIONS)
def test_the_commands_of_the_runbook_do_what_they_are_for(operate, name):
    said = operate(name)

    assert re.search(SAID.get(name, ""), said)


@pytest.mark.parametrize(
    "block",
    re.findall(r"```bash aws-only\n(.*?)```", DOCUMENT, re.DOTALL),
    ids=lambda block: block.partition(" ")[0],
)
def test_commands_that_only_aws_can_run_are_spelt_as_its_command_line_takes_them(block):
    commands = re.findall(r"\baws ([\w-]+) ([\w-]+)([^)#\n]*)", block)

    for service, verb, rest in commands:
        model = botocore.session.get_session().get_service_model(service)
        [operation] = [name for name in model.operation_names if xform_name(name, "-") == verb]
        shape = model.operation_model(operation).input_shape
        takes = {xform_name(name, "-") for name in shape.members} if shape else set()
        assert set(re.findall(r"--([\w-]+)", rest)) <= takes | {"query", "output"}
    assert commands


def test_every_alarm_has_a_section():
    alarms = {name.removesuffix("Alarm") for name in of_kind("AWS::CloudWatch::Alarm")}

    assert alarms <= set(re.findall(r"^### (\w+)$", DOCUMENT, re.MULTILINE))


def test_the_queues_that_the_document_names_are_those_of_the_template():
    assert set(re.findall(r"queue (\w+)\)", DOCUMENT)) == of_kind("AWS::SQS::Queue").keys()


def test_everything_that_the_document_has_made_can_be_made():
    targets = re.findall(r"^([\w-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert set(re.findall(r"(?:^|`)make ([\w-]+)", DOCUMENT, re.MULTILINE)) <= set(targets)
