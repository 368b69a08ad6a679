"""From a package to a running stack: again, upgraded, back, destroyed, imported again.

AWS is moto's server, behind a CloudFormation that expands templates, tells events and imports
tables as AWS's does.
"""

import json
import os
import re
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.cloudformation.models import cloudformation_backends

from chalicelib.services.accounts import passwords
from tests.deployment.conftest import ONE_WORKER
from tests.support import event_sources
from tests.support.cloudformation import ACCOUNT, REGION, CloudFormation, serving
from tests.support.deployment_steps import STACK, Step, answering, make_deploy, run, step
from tests.support.stack_names import TABLES
from tools import deploy, stack

pytestmark = ONE_WORKER

TASKS, BY_COLUMN = f"{STACK}-tasks", "by_column"


@pytest.fixture(scope="module")
def aws() -> Iterator[CloudFormation]:
    application = CloudFormation()
    with serving(application) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        patch.setattr(stack, "_WAIT", 0.01)
        yield application


@pytest.fixture(scope="module")
def first_try(aws, out) -> Step:
    aws.fails = "DispatchRole"
    failed = step(deploy.deploy, "dev", out)
    aws.fails = None
    return failed


@pytest.fixture(scope="module")
def fresh(first_try, out) -> Step:
    return step(make_deploy, out)


@pytest.fixture(scope="module")
def again(fresh, out) -> Step:
    return step(make_deploy, out)


@pytest.fixture(scope="module")
def added(again, unpacked) -> Step:
    """A task is added by the packaged code."""
    [token] = re.findall("token=([0-9a-f]+)", again.said)
    script = "import app, json, sys; print(json.dumps(app.app(json.loads(sys.argv[1]), None)))"
    event = json.dumps(event_sources.adding(token, "Survive"))
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "TABLE_PREFIX": f"{STACK}-"}
    return step(run, [sys.executable, "-S", "-c", script, event], cwd=unpacked, env=environment)


def replace_by_column(projection):
    """Make the index anew, since DynamoDB changes none in place."""
    dynamodb = boto3.client("dynamodb")
    described = dynamodb.describe_table(TableName=TASKS)["Table"]
    [index] = [one for one in described["GlobalSecondaryIndexes"] if one["IndexName"] == BY_COLUMN]
    made = {"IndexName": BY_COLUMN, "KeySchema": index["KeySchema"], "Projection": projection}
    for change in ({"Delete": {"IndexName": BY_COLUMN}}, {"Create": made}):
        dynamodb.update_table(
            TableName=TASKS,
            AttributeDefinitions=described["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[change],
        )
    return index["Projection"]


@pytest.fixture(scope="module")
def of_an_earlier_shape(added, newer) -> list[Step]:
    """The deployment and the plan of a stage whose index was made before it held the priority."""
    whole = replace_by_column({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]})
    refused = [
        step(deploy.deploy, "dev", newer),
        step(deploy.show_plan, "dev", newer, as_json=False),
    ]
    replace_by_column(whole)
    return refused


@pytest.fixture(scope="module")
def bad_upgrade(aws, of_an_earlier_shape, newer) -> Step:
    aws.fails = "Dispatch"
    failed = step(deploy.deploy, "dev", newer)
    aws.fails = None
    return failed


@pytest.fixture(scope="module")
def upgraded(bad_upgrade, newer) -> Step:
    return step(make_deploy, newer)


@pytest.fixture(scope="module")
def back(aws, upgraded) -> Step:
    aws.looks = 4
    return step(deploy.rollback, "dev")


@pytest.fixture(scope="module")
def destroyed(back) -> Step:
    return step(answering, "dev\n", deploy.destroy, "dev")


@pytest.fixture(scope="module")
def not_adopted(destroyed, newer) -> Step:
    """Meanwhile somebody has seen to it that no old event is removed."""
    dynamodb, expiry = boto3.client("dynamodb"), {"AttributeName": "expires_at", "Enabled": False}
    dynamodb.update_time_to_live(TableName=f"{STACK}-events", TimeToLiveSpecification=expiry)
    refused = step(deploy.deploy, "dev", newer)
    expiry["Enabled"] = True
    dynamodb.update_time_to_live(TableName=f"{STACK}-events", TimeToLiveSpecification=expiry)
    return refused


@pytest.fixture(scope="module")
def anew(not_adopted, newer) -> Step:
    """An import of the tables that failed has left a stack without outputs."""
    backend = cloudformation_backends[ACCOUNT][REGION]
    backend.create_stack(STACK, '{"Resources": {}}', {}).status = "IMPORT_ROLLBACK_COMPLETE"
    return step(make_deploy, newer)


def test_a_first_try_that_fails_says_what_failed_first(first_try):
    assert re.search(
        r"\d\d:\d\d:\d\d  CREATE_FAILED +DispatchRole  it has no luck\n", first_try.said
    )
    assert first_try.said.endswith(
        "failed: taskhook-dev is ROLLBACK_COMPLETE. DispatchRole: it has no luck\n"
    )


def test_what_a_failed_first_try_has_left_is_removed(fresh):
    assert fresh.said.startswith(
        "taskhook-dev is ROLLBACK_COMPLETE: it is deleted first and created again."
    )


def test_a_deployment_shows_what_is_made_and_makes_all_of_it(fresh):
    shown = re.findall(r"CREATE_COMPLETE +(\w+)", fresh.said)

    assert {*TABLES, "RetryQueue", "APIHandler", "Dispatch", "Retry", "Sweep"} <= set(shown)
    assert set(fresh.code) == {f"{STACK}-{name}" for name in ("api", "dispatch", "retry", "sweep")}
    assert fresh.tables == sorted(f"{STACK}-{name}" for name in TABLES.values())


def test_a_deployment_says_where_it_is_and_where_the_password_is_but_not_the_password(fresh):
    ssm, dynamodb = boto3.client("ssm"), boto3.client("dynamodb")
    parameter = ssm.get_parameter(Name="/taskhook-dev/admin-password", WithDecryption=True)[
        "Parameter"
    ]
    admin = dynamodb.get_item(TableName=f"{STACK}-users", Key={"id": {"N": "1"}})["Item"]
    settings = dynamodb.get_item(TableName=f"{STACK}-settings", Key={"id": {"S": "settings"}})[
        "Item"
    ]

    told = fresh.said[fresh.said.index("Taskhook runs at ") :]
    [url] = re.findall(r"at (https://\w+\.execute-api\.us-east-1\.amazonaws\.com/api/)\n", told)
    token = settings["webhook_token"]["S"]
    assert told.strip().splitlines()[1:] == [
        f"  settings page: {url}settings",
        (
            "  password of admin: aws ssm get-parameter --with-decryption --name "
            "/taskhook-dev/admin-password"
        ),
        f"  add a task: curl '{url}?controller=task&action=add&token={token}&title=mySuperTask'",
    ]
    assert parameter["Type"] == "SecureString"
    assert passwords.matches(parameter["Value"], admin["password_hash"]["S"])
    assert parameter["Value"] not in fresh.said


def test_a_second_deployment_changes_nothing_and_says_so(fresh, again):
    assert re.match(
        "Nothing has changed: taskhook-dev runs release [0-9a-f]{12}\\.\n\nTaskhook runs at ",
        again.said,
    )
    assert again[1:] == fresh[1:]


def test_the_packaged_code_adds_a_task_to_the_tables_of_the_stack(added):
    answer = json.loads(added.said)

    assert (answer["statusCode"], answer["body"], added.titles) == (200, "OK", ["Survive"])


def test_a_stage_with_an_index_of_an_earlier_shape_is_left_alone_and_told_what_to_do(
    added, of_an_earlier_shape
):
    for refused in of_an_earlier_shape:
        _, _, told = refused.said.partition("failed: ")
        assert "Deploying" not in refused.said
        assert "needs more: taskhook-dev-tasks (index by_column). Nothing was changed." in told
        assert re.findall("^  (.*)$", told, re.MULTILINE) == [
            "make destroy STAGE=dev",
            "make deploy STAGE=dev",
        ]
        assert refused[1:] == added[1:]


def test_an_upgrade_that_fails_says_why_and_leaves_what_ran(added, bad_upgrade):
    assert bad_upgrade.said.endswith(
        "failed: taskhook-dev is UPDATE_ROLLBACK_COMPLETE. Dispatch: it has no luck\n"
    )
    assert bad_upgrade[1:] == added[1:]


def test_an_upgrade_brings_new_code_and_keeps_the_data(added, upgraded):
    assert set(upgraded.code) == set(added.code)
    assert set(upgraded.code.values()).isdisjoint(added.code.values())
    assert upgraded[2:] == added[2:]


def test_going_back_brings_the_code_of_the_release_before_and_keeps_the_data(added, back):
    [(newer, before)] = re.findall(r"Going back from release (\w+) to (\w+);", back.said)

    assert back.said.splitlines()[-1].startswith(f"taskhook-dev runs release {before} at https://")
    assert newer != before
    assert back[1:] == added[1:]


def test_there_is_no_way_back_from_the_first_release(back):
    assert step(deploy.rollback, "dev").said == "failed: taskhook-dev has no previous release\n"


@pytest.mark.parametrize("typed", ["prod\n", "\n", ""])
def test_nothing_is_destroyed_unless_its_stage_is_typed(back, typed):
    refused = step(answering, typed, deploy.destroy, "dev")

    assert refused.said.endswith("Type dev to continue: failed: nothing was destroyed\n")
    assert refused[1:] == back[1:]


def test_what_is_destroyed_keeps_its_tables_and_says_so(back, destroyed):
    told = re.findall("^  (taskhook-dev-.*)$", destroyed.said, re.MULTILINE)

    assert sorted(told) == back.tables
    assert (destroyed.code, destroyed.tables, destroyed.titles) == ({}, back.tables, ["Survive"])


def test_what_does_not_run_cannot_be_destroyed(destroyed):
    assert step(deploy.destroy, "dev").said == "failed: there is no taskhook-dev\n"


def test_tables_that_lack_what_the_release_declares_are_not_taken_up(destroyed, not_adopted):
    assert (
        "failed: tables that are there differ from this release: taskhook-dev-events (time"
        in not_adopted.said
    )
    assert not_adopted[1:] == destroyed[1:]


def test_what_could_not_take_up_its_tables_is_removed(anew):
    assert anew.said.startswith(
        "taskhook-dev is IMPORT_ROLLBACK_COMPLETE: it is deleted first and created again."
    )


def test_a_deployment_after_that_takes_up_the_tables_with_their_data_and_the_token(
    fresh, upgraded, anew
):
    assert "Importing 10 existing tables\n" in anew.said
    assert re.findall("token=[0-9a-f]+", anew.said) == re.findall("token=[0-9a-f]+", fresh.said)
    assert anew[1:] == upgraded[1:]


def test_what_was_packaged_for_another_stage_is_refused(anew, out):
    refused = step(deploy.deploy, "prod", out)

    assert refused.said == f"failed: {out} holds another stage: run make package STAGE=prod\n"


BUSY = "UPDATE_IN_PROGRESS", "another change is in progress. Try again when it has ended"
STUCK = (
    "UPDATE_ROLLBACK_FAILED",
    "run aws cloudformation continue-update-rollback --stack-name taskhook-dev, and try again",
)


@pytest.mark.parametrize(
    ("verb", "status", "advice"),
    [
        ("deploy", *BUSY),
        ("deploy", *STUCK),
        ("rollback", *BUSY),
        ("rollback", *STUCK),
        ("destroy", *BUSY),
    ],
)
def test_a_stack_that_cannot_be_changed_now_is_left_alone(anew, newer, verb, status, advice):
    cloudformation_backends[ACCOUNT][REGION].get_stack(STACK).status = status
    ways = {
        "deploy": lambda: deploy.deploy("dev", newer),
        "rollback": lambda: deploy.rollback("dev"),
        "destroy": lambda: answering("dev\n", deploy.destroy, "dev"),
    }

    assert step(ways[verb]).said == f"failed: taskhook-dev is {status}: {advice}\n"


def test_a_stack_that_runs_is_kept_though_an_import_into_it_has_failed(aws, anew, out):
    cloudformation_backends[ACCOUNT][REGION].get_stack(STACK).status = "IMPORT_ROLLBACK_COMPLETE"
    aws.fails = "Dispatch"

    upgrade = step(deploy.deploy, "dev", out)

    assert upgrade.said.startswith("Deploying release ")
    assert upgrade[1:] == anew[1:]
