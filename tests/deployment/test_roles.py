"""The roles: each function has its own, and each names what it allows."""

import pytest

from tests.deployment.conftest import ONE_WORKER
from tests.support import function_roles
from tests.support.stack_names import FUNCTIONS, TABLES

pytestmark = ONE_WORKER


def test_every_function_has_a_role_of_its_own(resources):
    names = {name: function_roles.role_of(resources, name) for name in FUNCTIONS}

    assert names == {
        "APIHandler": "ApiHandlerRole",
        "Dispatch": "DispatchRole",
        "Retry": "RetryRole",
        "Sweep": "SweepRole",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_names_each_action_and_each_resource_of_the_stack(resources, function):
    for statement in function_roles.statements(resources, function):
        assert [action for action in statement["Action"] if "*" in action] == []
        for resource in statement["Resource"]:
            function_roles.name_of(resource)  # raises


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_nothing_on_an_index_or_a_queue_that_is_not_there(resources, function):
    tables = [resources[table]["Properties"] for table in TABLES]
    indexes = {
        index["IndexName"]
        for table in tables
        for index in table.get("LocalSecondaryIndexes", [])
        + table.get("GlobalSecondaryIndexes", [])
    }

    named = {name for _, name in function_roles.allowed(resources, function) if "/index/" in name}

    assert {name.partition("/index/")[2] for name in named} <= indexes


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_its_own_log_alone(resources, function):
    [log] = [s for s in function_roles.statements(resources, function) if s["Sid"] == "Log"]

    own = resources[function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert log["Resource"] == [{"Fn::GetAtt": [own, "Arn"]}]
