"""The stack through its releases: a failed start, an upgrade, a rollback, end and return."""

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cloud.conftest import IN_THE_CLOUD
from tests.support.deployed_stack import (
    STACK,
    Deployed,
    deploy,
    deployed_to,
    set_what_templates_cannot,
)
from tools.package import ARCHIVE, TEMPLATE, package

pytestmark = IN_THE_CLOUD


@pytest.fixture(scope="module")
def newer(release, tmp_path_factory) -> Path:
    """A later release: its zip has one more file, and comments one more index."""
    folder = shutil.copytree(release, tmp_path_factory.mktemp("newer") / "out")
    template = json.loads((folder / TEMPLATE).read_text())
    comments = template["Resources"]["CommentsTable"]["Properties"]
    comments["AttributeDefinitions"].append({"AttributeName": "label", "AttributeType": "S"})
    key = [{"AttributeName": "label", "KeyType": "HASH"}]
    by_label = {"IndexName": "by_label", "KeySchema": key}
    comments["GlobalSecondaryIndexes"] = [{**by_label, "Projection": {"ProjectionType": "ALL"}}]
    (folder / TEMPLATE).write_text(json.dumps(template))
    with zipfile.ZipFile(folder / ARCHIVE, "a") as archive:
        archive.writestr("chalicelib/newer.py", '"""New."""')
    return folder


@pytest.fixture(scope="module")
def used(stack) -> Deployed:
    """The stack with a task in it."""
    assert stack.add("Survive").text == "OK"
    return stack


@pytest.fixture(scope="module")
def planned(used, newer) -> dict[str, Any]:
    return json.loads(deploy("plan", "--json", "--out", newer))


@pytest.fixture(scope="module")
def upgraded(planned, newer) -> str:
    return deploy("deploy", "--out", newer)


@pytest.fixture(scope="module")
def code_of_the_upgrade(upgraded) -> str:
    return _code()


@pytest.fixture(scope="module")
def back(code_of_the_upgrade) -> str:
    return deploy("rollback")


@pytest.fixture(scope="module")
def indexes_after_going_back(back) -> list[str]:
    described = boto3.client("dynamodb").describe_table(TableName=f"{STACK}-comments")["Table"]
    return [index["IndexName"] for index in described.get("GlobalSecondaryIndexes", ())]


@pytest.fixture(scope="module")
def destroyed(indexes_after_going_back) -> str:
    return deploy("destroy", line="dev\n")


@pytest.fixture(scope="module")
def again(cloud, destroyed, newer) -> Deployed:
    """The stack, deployed again with the tables that it left."""
    set_what_templates_cannot(newer)
    return deployed_to(cloud, deploy("deploy", "--out", newer))


def _code() -> str:
    return str(
        boto3.client("lambda").get_function_configuration(FunctionName=f"{STACK}-api")["CodeSha256"]
    )


def _titles() -> list[str]:
    rows = boto3.client("dynamodb").scan(TableName=f"{STACK}-tasks")["Items"]
    return [row["title"]["S"] for row in rows]


def _log_roles() -> list[str]:
    roles = boto3.client("iam").list_roles()["Roles"]
    return [role["RoleName"] for role in roles if "ApiGatewayRole" in role["RoleName"]]


def test_a_first_deployment_that_fails_says_why_and_strands_no_table(failed_first, stack):
    assert failed_first.splitlines()[-1].startswith("deploy: taskhook-dev is ROLLBACK_COMPLETE. ")
    assert re.search(
        r"about to be made:\n(  made +\d+ x AWS::\S+\n)+At rest it costs \d\.\d\d USD a month",
        failed_first,
    )
    assert re.findall(r"DELETE_SKIPPED +(\w+Table)", failed_first) == []


def test_a_stage_that_reserves_more_lambdas_than_the_account_has_is_refused_before_anything_is_made(
    cloud, tmp_path
):
    package("prod", tmp_path)

    refused = deploy("deploy", "--out", tmp_path, stage="prod", code=1)

    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    assert refused == (
        "deploy: taskhook-prod reserves 151 Lambdas at once. This account has 10 in all and 0 to "
        "reserve, since 100 "
        "stay for other functions. Ask AWS for at least 251 (Service Quotas, AWS Lambda, "
        "Concurrent executions), or "
        "lower reserved_concurrency of the stage in .chalice/config.json. Nothing was changed\n"
    )
    assert "taskhook-prod" not in [stack["StackName"] for stack in stacks]


def test_a_plan_says_in_json_what_an_upgrade_would_change_and_changes_nothing(used, planned):
    functions = {
        f"{name} (AWS::Lambda::Function)" for name in ("APIHandler", "Dispatch", "Retry", "Sweep")
    }

    assert (planned["stack"], planned["is_new"]) == (STACK, False)
    assert functions <= {
        change["resource"] for change in planned["changes"] if change["what"] == "changed"
    }
    assert planned["usd_a_month_at_rest"].keys() == {"alarms", "metrics"}


def test_an_upgrade_brings_new_code_and_keeps_the_data(
    used, release, upgraded, code_of_the_upgrade
):
    assert re.search(
        r"taskhook-dev is about to change:\n(  (changed|may be replaced) +\w+ \(AWS::\S+\)\n)+At "
        r"rest it",
        upgraded,
    )
    assert "Taskhook runs at " in upgraded
    assert used.add("After the upgrade").text == "OK"
    assert {"Survive", "After the upgrade"} <= set(_titles())


def test_going_back_brings_the_code_before_and_keeps_the_data(used, code_of_the_upgrade, back):
    assert re.search(r"runs release [0-9a-f]{12} at ", back)
    assert _code() != code_of_the_upgrade
    assert used.add("After going back").text == "OK"


def test_going_back_keeps_the_index_that_the_upgrade_has_made(indexes_after_going_back):
    assert indexes_after_going_back == ["by_label"]


def test_after_its_end_a_new_deployment_takes_up_the_tables_and_the_token(used, destroyed, again):
    assert "taskhook-dev is deleted." in destroyed
    assert again.token == used.token
    assert again.add("Again").text == "OK"
    assert {"Survive", "After going back", "Again"} <= set(_titles())


def test_the_role_for_api_gateways_logs_is_taken_again_and_not_left_behind_at_each_end(again):
    assert len(_log_roles()) == 1
