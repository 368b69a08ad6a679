"""What `taskhook request` shows."""

import time

import pytest

from chalicelib.domain.refusals import Refusal
from chalicelib.services.sources import refused_requests
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


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("options", "paths"),
    [
        (["--since", "2d"], ["/new"]),
        (["--since", "5d"], ["/new", "/old"]),
        (["--since", "5d", "--until", "1d"], ["/old"]),
        ([], ["/new", "/old"]),
    ],
)
def test_refused_requests_are_listed_of_a_period(options, paths):
    now = time.time()
    for path, days in (("/old", 3), ("/new", 0.5)):
        refused_requests.keep(
            Refusal(now - days * 86400, 400, "", HERE, "GET", path, {}, "", left_out=0)
        )

    args = parse(["request", "list", *options])

    assert [row["path"] for row in commands.request_list(args)] == paths
