"""What a deployment shows before it changes a stack, and that it replaces and removes no table."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest

from tools import plan
from tools.stack import Stack, StackError

URL = "https://kept.example/t.json"
TEMPLATE: dict[str, dict[str, str]] = {"Resources": {}}
Change = tuple[str, str, str, str]  # action, replacement, name, type


class ChangeSetServer(ThreadingHTTPServer):
    """Answers for a stack with a change set of these changes, in CloudFormation's XML."""

    daemon_threads = True

    def __init__(self, changes: list[Change]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.changes = changes

    def answer(self, action: str) -> str:
        if action == "DescribeStacks":
            stack = "<StackName>taskhook-dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
            created = "<CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            said = f"<Stacks><member>{stack}{created}</member></Stacks>"
        elif action == "DescribeChangeSet":
            changes = "".join(map(_member, self.changes))
            said = f"<Status>CREATE_COMPLETE</Status><Changes>{changes}</Changes>"
        else:
            said = ""
        return f"<{action}Response><{action}Result>{said}</{action}Result></{action}Response>"


def _member(change: Change) -> str:
    names = ("Action", "Replacement", "LogicalResourceId", "ResourceType")
    fields = "".join(
        f"<{name}>{value}</{name}>" for name, value in zip(names, change, strict=True) if value
    )
    return f"<member><Type>Resource</Type><ResourceChange>{fields}</ResourceChange></member>"


class _Handler(BaseHTTPRequestHandler):
    server: ChangeSetServer

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        body = self.server.answer(asked["Action"][0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stack_with(monkeypatch: pytest.MonkeyPatch, *changes: Change) -> Iterator[Stack]:
    """Yield a stack that is about to change so."""
    with ChangeSetServer(list(changes)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv(
            "AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{server.server_port}"
        )
        yield Stack("taskhook-dev", {})
        server.shutdown()


def test_each_change_is_shown_with_what_becomes_of_the_resource(monkeypatch, capsys):
    changes = [
        ("Add", "", "Alarm", "AWS::CloudWatch::Alarm"),
        ("Modify", "False", "TasksTable", "AWS::DynamoDB::Table"),
        ("Modify", "True", "Role", "AWS::IAM::Role"),
        ("Modify", "Conditional", "Retry", "AWS::Lambda::EventSourceMapping"),
        ("Remove", "", "Topic", "AWS::SNS::Topic"),
    ]

    with stack_with(monkeypatch, *changes) as stack:
        plan.show(stack, TEMPLATE, URL, {})

    shown = [line.split("(")[0].rstrip() for line in capsys.readouterr().out.splitlines()[1:6]]
    assert [" ".join(line.split()) for line in shown] == [
        "made Alarm",
        "changed TasksTable",
        "replaced Role",
        "may be replaced Retry",
        "removed Topic",
    ]


@pytest.mark.parametrize(("action", "replacement"), [("Modify", "True"), ("Remove", "")])
def test_a_release_that_would_lose_a_table_is_not_deployed(monkeypatch, action, replacement):
    change = (action, replacement, "TasksTable", "AWS::DynamoDB::Table")

    with (
        stack_with(monkeypatch, change) as stack,
        pytest.raises(StackError, match=r"tables \(TasksTable\)"),
    ):
        plan.show(stack, TEMPLATE, URL, {})
