"""Nothing that a receiver, a caller or a row says acts on the operator's terminal."""

import json
import logging
import sys
from contextlib import suppress

import pytest

import manage
from chalicelib.adapters import log
from chalicelib.services.accounts import users
from chalicelib.services.endpoints import endpoints
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from local.terminal import Line
from tests.support.deliveries import edit, logged, rows, subscribe
from tests.support.receivers import Inbox

FORGED = "no\x1b[2J\r\nstatus  delivered\u202e\x9b status=200"
SHOWN = r"no\x1b[2J\r\nstatus  delivered\u202e\x9b status=200"


@pytest.fixture
def run(cloud, monkeypatch, capsys):  # noqa: ARG001 -- the tables must be there
    def run(*arguments):
        """Run a command, and return the lines that it prints."""
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        with suppress(SystemExit):
            manage.main()
        out, err = capsys.readouterr()
        return (out + err).split("\n")[:-1]

    return run


def fail(cloud):
    """Let a delivery fail with a forged answer, and return its id."""
    with Inbox(status=500, answer=FORGED.encode()) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": FORGED})
        cloud.pump()
    return rows()[0].id


def test_what_a_receiver_answers_forges_no_line_and_no_field_of_delivery_show(cloud, run):
    delivery_id = fail(cloud)

    lines = run("delivery", "show", delivery_id)

    assert [line for line in lines if not line.isprintable()] == []
    assert [line.split()[0] for line in lines].count("status") == 1
    [attempt] = [line for line in lines if line.startswith("attempts  ")][-1:]
    assert attempt.endswith(" answer=" + json.dumps(SHOWN))


def test_json_says_exactly_what_a_receiver_answered_and_is_safe_to_look_at(cloud, run):
    delivery_id = fail(cloud)

    lines = run("delivery", "show", delivery_id, "--json")

    shown = json.loads("\n".join(lines))
    assert (shown["attempts"][0]["answer"], shown["body"]["title"]) == (FORGED, FORGED)
    assert [line for line in lines if not line.isprintable()] == []


def test_where_a_redirect_leads_is_shown_on_one_line(cloud, run):
    with Inbox(status=302, answer_headers={"Location": "/\x1b[2J\u00ad\u009b"}) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()

    lines = run("delivery", "list")

    assert len(lines) == 2
    assert lines[1].endswith(r"a redirect to /\x1b[2J\xad\x9b: redirects are not followed")


def test_names_urls_and_reasons_of_rows_are_shown_on_one_line(run):
    endpoints.add_endpoint("http://127.0.0.1:9/", endpoint_id="ci")
    projects.add_project("a\u202eb", ["Backlog\u2028"])
    users.add_user("alice", "", name="A\u2066")
    edit("endpoints", {"id": {"S": "e\x1b[1m"}}, url={"S": "http://a/\n\x07"})

    said = [
        run("endpoint", "list"),
        run("project", "list"),
        run("user", "list"),
        run("endpoint", "show", "e\x1b[1m"),
    ]

    assert [line for lines in said for line in lines if not line.isprintable()] == []
    assert [len(lines) for lines in said[:3]] == [3, 3, 3]
    assert any(r"http://a/\n\x07" in line for line in said[0])


@pytest.mark.parametrize(
    "arguments",
    [
        ("delivery", "show", FORGED),
        ("endpoint", "add", "http://" + FORGED),
        ("delivery", FORGED),
        ("endpoint", "show", "ci", FORGED),
    ],
)
def test_a_complaint_is_one_line_whatever_it_quotes(run, arguments):
    [line] = run(*arguments)

    assert line.isprintable()


def test_the_log_holds_no_character_that_acts_on_a_terminal(caplog):
    log.event("test", logging.ERROR, reason=FORGED, key={"lane": FORGED, "all": [FORGED, 1, None]})

    held = {"lane": SHOWN, "all": [SHOWN, 1, None]}
    assert logged(caplog, "test") == [{"reason": SHOWN, "key": held}]


def test_the_terminal_of_a_local_run_shows_a_message_on_one_line():
    line = Line().format(logging.makeLogRecord({"msg": "cannot be read: %s", "args": (FORGED,)}))

    assert line == f"cannot be read: {SHOWN}"


def test_a_traceback_quotes_no_character_that_acts_on_a_terminal():
    error = ValueError(FORGED)
    record = logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, error, None)})

    lines = Line().format(record).split("\n")

    assert [line for line in lines if not line.isprintable()] == []
