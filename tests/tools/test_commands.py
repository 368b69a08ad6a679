"""The operator's commands in this process; test_journey runs them as programs."""

import inspect
import io
import json
import re
from importlib import import_module

import pytest

import manage
from chalicelib.adapters.dynamodb.tables import Settings
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import settings, users
from chalicelib.services.deliveries import pinging
from chalicelib.services.endpoints import endpoints
from local.terminal import Line
from tests.support.cloud import API_TOKEN, TOKEN
from tests.support.deliveries import messages_left
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox
from tools import commands, verbs
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")

URL, NEW_URL = "http://127.0.0.1:9/hook", "http://127.0.0.1:9/moved"


def run(*arguments):
    """Run a command as the command line names it, and return what it would show."""
    args = parse(arguments)
    return getattr(commands, args.command)(args)


def test_an_endpoint_is_moved_and_the_rest_of_it_stays():
    added = endpoints.add_endpoint(URL, ["task.created"], "standard", "ci")

    shown = run("endpoint", "change", "ci", "--url", NEW_URL)

    kept = endpoints.find_endpoint("ci").endpoint
    assert shown == {
        "id": "ci",
        "name": "",
        "url": NEW_URL,
        "events": ["task.created"],
        "format": "standard",
        "state": "active",
        "reason": "",
    }
    assert (kept.url, kept.secret) == (NEW_URL, added.secret)


def test_an_endpoint_is_given_other_events_and_another_format():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    shown = run("endpoint", "change", "ci", "--event", "task.removed", "--format", "cloudevents")

    assert (shown["url"], shown["events"], shown["format"]) == (
        URL,
        ["task.removed"],
        "cloudevents",
    )


@pytest.mark.parametrize(
    "given",
    [
        ["--event", "task.created", "--event", "task.closed"],
        ["--event", "task.created,task.closed"],
        ["--event", "task.created, task.closed"],
    ],
)
def test_events_are_not_refused_for_being_written_as_the_list_shows_them(given):
    run("endpoint", "add", URL, "--id", "ci", *given)

    [listed] = run("endpoint", "list")
    assert listed["events"] == ["task.created", "task.closed"]


def test_an_endpoint_is_given_a_name_and_loses_it():
    run("endpoint", "add", URL, "--id", "ci", "--name", "The wiki")
    named = [row["name"] for row in run("endpoint", "list")]

    run("endpoint", "change", "ci", "--name", "")

    assert named == ["The wiki"]
    assert run("endpoint", "show", "ci")["name"] is None


def test_an_endpoint_is_not_moved_to_where_nothing_may_be_called():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    with pytest.raises(Refused, match="url: "):
        run("endpoint", "change", "ci", "--url", "http://10.0.0.1/")

    assert endpoints.find_endpoint("ci").endpoint.url == URL


def test_a_change_of_nothing_is_refused():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    with pytest.raises(Refused, match="give at least one field"):
        run("endpoint", "change", "ci")


@pytest.mark.parametrize(
    ("which", "shown", "replaced"),
    [
        ([], "webhook_token", "webhook_token"),
        (["webhook"], "webhook_token", "webhook_token"),
        (["api"], "api_token", "api_token"),
        (["session"], "session_key", "session_key"),
    ],
)
def test_one_secret_is_replaced_and_the_others_stay(which, shown, replaced):
    settings.session_key()
    before = settings.read().attribute_values

    answer = run("token", "rotate", *which)

    after = settings.read().attribute_values
    assert [name for name in before if before[name] != after[name]] == [replaced]
    assert list(answer) == [shown]
    # That one is shown to nobody.
    assert (answer[shown] == after[replaced]) == (replaced != "session_key")
    assert {before["webhook_token"], before["api_token"]} == {TOKEN, API_TOKEN}


def test_what_an_endpoint_is_switched_to_and_that_it_is_gone_is_shown():
    endpoints.add_endpoint(URL, endpoint_id="ci")

    shown = [run("endpoint", verb, "ci") for verb in ("disable", "enable", "remove")]

    assert [(row["id"], row["state"]) for row in shown] == [
        ("ci", "disabled"),
        ("ci", "active"),
        ("ci", "removed"),
    ]
    assert endpoints.list_endpoints() == []


def test_a_user_without_a_password_is_told_of(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("secret-word\n"))

    run("user", "add", "alice")
    said = capsys.readouterr().err
    run("user", "password", "alice")
    run("user", "add", "bob", "--role", "manager", "--password-stdin")

    [told, command] = said.splitlines()
    assert told == "alice cannot sign in yet. To set a password:"
    assert command.endswith(" user password alice")
    assert users.find_user("alice").password_hash
    assert capsys.readouterr().err.startswith("bob cannot sign in yet. To set a password:\n")
    assert users.find_user("bob").role == "manager"


@pytest.mark.parametrize("text", ["yesterday", "nan", "1e13", "2026-13-01"])
def test_a_time_that_is_none_is_told_what_it_takes(capsys, text):
    with pytest.raises(SystemExit):
        run("delivery", "list", "--since", text)

    dates = "ISO 8601, as in 2026-01-31 or 2026-01-31T12:00 (UTC), epoch seconds"
    taken = f"{dates}, or a time such as 1h, 2d or today"
    assert capsys.readouterr().err == (
        f"manage.py delivery list: argument --since: {text!r} is not a time: it takes {taken}\n"
    )


@pytest.mark.parametrize(("thing", "module_name"), verbs.MODULES.items())
def test_every_command_is_found_by_its_name_and_says_in_help_what_it_does(
    capsys, thing, module_name
):
    module = import_module(f"tools.commands.{module_name}")
    written = {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith(f"{thing}_") and function.__module__ == module.__name__
    }

    with pytest.raises(SystemExit):
        run(thing, "--help")

    verbs = re.findall(r"^  ([a-z][a-z-]*)\s+\w", capsys.readouterr().out, re.MULTILINE)
    named = {f"{thing}_{verb.replace('-', '_')}" for verb in verbs}
    assert {name: getattr(commands, name) for name in named} == written


@pytest.mark.parametrize("name", ["endpoint", "endpoint_sing", "weather_show"])
def test_a_command_that_does_not_exist_is_no_attribute(name):
    with pytest.raises(AttributeError, match=name):
        getattr(commands, name)


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_token_that_was_switched_off_by_hand_is_shown_as_such(blank):
    Settings("settings").update(
        actions=[Settings.webhook_token.set(blank), Settings.api_token.remove()]
    )

    shown = run("settings", "show", "--secrets")
    page = Visitor().get("/settings?show=webhook_token")

    assert shown == dict.fromkeys(
        ("webhook_token", "api_token"), "(switched off: token rotate creates a new one)"
    )
    assert page.seen.count("switched off: Reset creates a new one") == 2


@pytest.mark.parametrize(("status", "code"), [(500, 1), (204, 0)])
def test_a_test_shows_what_the_receiver_said_and_its_exit_code_says_whether_it_succeeded(
    capsys, monkeypatch, status, code
):
    with Inbox(status=status, answer=b"" if status == 204 else b"who are you?") as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        monkeypatch.setattr("sys.argv", ["manage.py", "endpoint", "test", "ci", "--json"])

        with pytest.raises(SystemExit) as end:
            manage.main()

    shown = json.loads(capsys.readouterr().out)
    assert end.value.code == code
    assert (shown["status"], shown["outcome"]) == ("failed" if code else "delivered", str(status))
    assert shown["answer"] == inbox.answer.decode()


def test_a_failed_test_waits_for_no_next_try(caplog):
    with Inbox(status=503, answer_headers={"Retry-After": "100"}) as inbox:
        endpoints.add_endpoint(inbox.url, endpoint_id="ci")
        with caplog.at_level("INFO"):
            sent = pinging.ping("ci")

    [record] = [record for record in caplog.records if record.message == "attempt"]
    assert sent.due_at is None
    assert (sent.status, messages_left()) == ("failed", 0)
    assert re.fullmatch(r"\d\d:\d\d:\d\d  the test of ci failed: 503", Line().format(record))


def test_no_progress_is_shown_of_a_table_that_is_not_there(capsys):
    with pytest.raises(NotFound):
        run("table", "restore", "tasks", "--from", "nowhere-", "--dry-run")

    assert capsys.readouterr().err == ""


def test_a_schema_is_printed_as_json(capsys):
    run("schema", "openapi", "--url", "https://tasks.example.com/")

    document = json.loads(capsys.readouterr().out)
    assert document["servers"] == [{"url": "https://tasks.example.com"}]
