"""What a function's role allows, in the words of `tests.support.recording_relay`."""

from collections.abc import Mapping
from typing import Any

from chalicelib.config import CONFIG
from tests.support.recording_relay import Call
from tests.support.stack_names import TABLES


def role_of(resources: Mapping[str, Any], function: str) -> str:
    """Return the name of a function's role."""
    name, _ = resources[function]["Properties"]["Role"]["Fn::GetAtt"]
    return name


def statements(resources: Mapping[str, Any], function: str) -> list[dict[str, Any]]:
    """Return the statements of the one policy of a function's role."""
    [policy] = resources[role_of(resources, function)]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def allowed(resources: Mapping[str, Any], function: str) -> set[Call]:
    """Return each call to DynamoDB and SQS that a function's role allows."""
    return {
        (action, name_of(resource))
        for statement in statements(resources, function)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.partition(":")[0] in {"dynamodb", "sqs"}
    }


def name_of(resource: Mapping[str, Any]) -> str:
    """Return the name of a table, index, stream or queue; queues by the template's names.

    Raises:
        ValueError: It is not a resource of the stack.
    """
    match resource:
        case {"Fn::GetAtt": [logical, "Arn"]}:
            path = ""
        case {"Fn::GetAtt": [logical, "StreamArn"]}:
            path = "/stream"
        case {"Fn::Sub": str(text)} if text.startswith("${") and "*" not in text:
            logical, _, path = text.removeprefix("${").partition(".Arn}")
        case _:
            raise ValueError(f"{resource} is not of the stack")
    return (CONFIG.table_prefix + TABLES[logical] if logical in TABLES else logical) + path
