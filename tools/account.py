"""The AWS account: its Lambda concurrency, and the role for API Gateway's logs."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tools.stack import StackError

LEFT_FOR_OTHERS = 100
"""Concurrent executions that cannot be reserved (AWS Lambda Developer Guide, "Configuring reserved
concurrency")."""

LOG_ROLE = "ApiGatewayLogRoleArn"


def require_access() -> None:
    """Check for AWS credentials and a region.

    Raises:
        StackError: With a line for each that is missing, which says what to set.
    """
    session, missing = boto3.Session(), []
    if session.get_credentials() is None:
        missing.append(
            "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if session.region_name is None:
        missing.append("no AWS region: set AWS_DEFAULT_REGION, to eu-central-1, say")
    if missing:
        raise StackError("\n".join(missing))


def require_concurrency(stack: str, template: Mapping[str, Any]) -> None:
    """Check that the account has the concurrency that the functions reserve.

    Raises:
        StackError: It does not; the message says what to change.
    """
    wanted = _reserved_by(template)
    if not wanted:
        return
    limit = boto3.client("lambda").get_account_settings()["AccountLimit"]
    own = sum(_reserved_now(f"{stack}-{name.lower()}") for name in wanted)
    free = limit["UnreservedConcurrentExecutions"] + own - LEFT_FOR_OTHERS
    if (needed := sum(wanted.values())) > free:
        raise StackError(
            f"{stack} reserves {needed} Lambdas at once. This account has "
            f"{limit['ConcurrentExecutions']} in all and "
            f"{max(0, free)} to reserve, since {LEFT_FOR_OTHERS} stay for other functions. Ask AWS "
            f"for at least "
            f"{needed - free + limit['ConcurrentExecutions']} (Service Quotas, AWS Lambda, "
            f"Concurrent executions), or "
            "lower reserved_concurrency of the stage in .chalice/config.json. Nothing was changed"
        )


def _reserved_by(template: Mapping[str, Any]) -> dict[str, int]:
    """Return what each function reserves, by the names of the template."""
    functions = {
        name: one["Properties"]
        for name, one in template["Resources"].items()
        if "Properties" in one
    }
    return {
        name: one["ReservedConcurrentExecutions"]
        for name, one in functions.items()
        if "ReservedConcurrentExecutions" in one
    }


def _reserved_now(function: str) -> int:
    client = boto3.client("lambda")
    try:
        return int(
            client.get_function_concurrency(FunctionName=function).get(
                "ReservedConcurrentExecutions", 0
            )
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0  # not made yet


def account_parameters() -> dict[str, str]:
    """Return the account's parameters: API Gateway's role for logs, where there is one.

    All APIs of an account and region share one role for logs. So the stack creates one only if none
    exists, keeps it when the stack is deleted, and reuses it later.
    """
    role = boto3.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    return {LOG_ROLE: role} if role and _is_there(role) else {}


def _is_there(role: str) -> bool:
    iam = boto3.client("iam")
    try:
        iam.get_role(RoleName=role.rpartition("/")[2])
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
