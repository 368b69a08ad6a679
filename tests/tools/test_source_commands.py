"""What `manage.py source` does and shows."""

import io
import json

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import settings
from chalicelib.services.sources import sources
from tests.support.inbound import SECRET, add_source, send, tasks
from tools import commands
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")


def run(*arguments):
    args = parse(["source", *arguments])
    return getattr(commands, args.command)(args)


def test_a_source_is_added_with_a_secret_that_is_shown_once():
    shown = run("add", "--preset", "github", "--id", "github", "--name", "Our code")

    assert shown == {
        "id": "github",
        "name": "Our code",
        "preset": "github",
        "verify": "github",
        "url": "/in/github",
        "state": "active",
        "reason": "",
        "secret": sources.usable_source("github").secret,
    }
    assert len(shown["secret"]) == 48
    assert "secret" not in run("show", "github")
    assert run("show", "github", "--secrets")["secret"] == shown["secret"]


def test_the_url_of_a_source_is_whole_where_the_address_is_known():
    settings.note_address("https://tasks.example.com/api")

    by_token = run("add", "--id", "ci", "--preset", "custom")
    signed = run("add", "--id", "github", "--preset", "github")
    shown = run("show", "ci")

    whole = "https://tasks.example.com/api/in"
    assert by_token["url"] == f"{whole}/ci?token={by_token['secret']}"
    assert (signed["url"], shown["url"]) == (f"{whole}/github", f"{whole}/ci")


def test_a_secret_is_read_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))

    assert run("add", "--secret-stdin")["secret"] == SECRET


def test_what_is_given_of_a_source_is_changed_and_taken_back():
    add_source()

    run(
        "change",
        "ci",
        "--key",
        "payload.id",
        "--origin",
        "https://a.example",
        "--is-active",
        "false",
    )
    changed = sources.usable_source("ci")
    run("change", "ci", "--key", "", "--origin", "", "--is-active", "true")
    back = sources.usable_source("ci")

    assert (changed.key, changed.origins, changed.is_active) == (
        "payload.id",
        ("https://a.example",),
        False,
    )
    assert (back.key, back.origins, back.is_active) == ("payload.key", (), True)


def test_a_mistake_is_refused_with_its_place():
    with pytest.raises(Refused, match=r"when: column 9: "):
        run("add", "--when", "payload.")
    with pytest.raises(Refused, match=r"task: title, column "):
        run("add", "--task", json.dumps({"title": "{{ }}"}))
    with pytest.raises(Refused, match="task: has no field nothing"):
        run("add", "--task", json.dumps({"nothing": "x"}))
    add_source()
    with pytest.raises(Refused, match="change: give at least one field"):
        run("change", "ci")


def test_a_payload_is_tried_and_nothing_is_written(tmp_path):
    add_source()
    file = tmp_path / "payload.json"
    file.write_text('{"title": "x", "key": 7, "color_id": "red"}')

    shown = run("try", "ci", str(file))

    task = {"title": "x", "color_id": "red"}
    assert shown == [{"outcome": "created", "key": "7", "task": task, "reason": ""}]
    assert tasks() == []


def test_failed_payloads_are_listed_and_sent_again():
    add_source()
    send({"name": "x"})
    [failed] = run("payloads", "ci")
    assert (failed["failed"], failed["reason"]) == (1, "title: is required")
    run("change", "ci", "--task", '{"title": "{{ payload.name }}"}')

    ended = run("replay", "ci")

    assert (ended["payloads"], ended["created"], ended["left"]) == (1, 1, 0)
    assert run("replay", "ci", "--payload", failed["id"])["created"] == 1
    assert len(tasks()) == 2


def test_the_figures_of_a_source_are_shown():
    add_source()
    send({"title": "x"})

    shown = run("show", "ci")

    assert shown["last_24_hours"]["created"] == shown["last_7_days"]["created"] == 1
    assert shown["last_received"].endswith("Z")


def test_a_source_is_listed_rotated_and_removed():
    add_source()
    assert [row["id"] for row in run("list")] == ["ci"]

    new = run("rotate-secret", "ci")["secret"]

    assert send({}, query=f"token={new}").status == 202
    assert send({}).status == 202
    assert run("remove", "ci")["state"] == "removed"
    assert send({}).status == 401
    with pytest.raises(NotFound):
        run("show", "ci")
