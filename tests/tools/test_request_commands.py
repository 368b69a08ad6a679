"""What `taskhook request` shows."""

import pytest

from tests.support.http_calls import HERE, add
from tools import commands
from tools.command_line import parse


@pytest.mark.usefixtures("cloud")
def test_refused_requests_are_listed_with_their_reason():
    add("owner=ada")
    args = parse(["request", "list"])

    [row] = getattr(commands, args.command)(args)

    assert row["received_at"].endswith("Z")
    assert {name: value for name, value in row.items() if name != "received_at"} == {
        "status": 400,
        "reason": "title: is required",
        "address": HERE,
        "method": "GET",
        "path": "/",
        "parameters": {"controller": "task", "action": "add", "token": "[hidden]", "owner": "ada"},
        "user_agent": "",
        "left_out": 0,
    }
