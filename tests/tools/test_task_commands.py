"""The commands about tasks, which take names where people know names."""

import io

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.services.accounts import users
from chalicelib.services.projects import projects
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import subscribe
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse

pytestmark = pytest.mark.usefixtures("cloud")


def run(*arguments):
    args = parse(["task", *arguments])
    return getattr(commands, args.command)(args)


def titles(*query):
    return [row["title"] for row in run("list", *query)]


def test_a_task_is_added_with_names():
    users.add_user("ada", "", name="Ada")
    project = projects.add_project("Website", ["To do", "Done"])

    shown = run(
        *("add", "Write", "--project", "Website", "--column", "Done", "--assignee", "ada"),
        *("--tag", "docs", "--tag", "new", "--priority", "2", "--due", "2026-12-24"),
    )

    assert shown == {
        "id": shown["id"],
        "title": "Write",
        "state": "open",
        "project": "Website",
        "column": "Done",
        "assignee": "Ada",
        "priority": 2,
        "due": "2026-12-24T00:00:00Z",
        "category": "",
        "tags": ["docs", "new"],
        "color": "blue",
        "reference": "",
    }
    assert lifecycle.find_task(shown["id"]).project_id == project.id


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--project", "Nothing"], "project: there is no active project Nothing"),
        (
            ["--column", "Nowhere"],
            "column: project My project has no Nowhere: it takes Backlog, Ready, Work in progress,",
        ),
        (["--color", "pink"], "color_id: takes one of yellow, blue, green"),
        (["--due", "soon"], "date_due: takes a date such as 2026-07-01"),
    ],
)
def test_what_a_new_task_does_not_take_is_told_with_what_it_takes(given, reason):
    with pytest.raises(Refused) as refused:
        run("add", "x", *given)

    assert str(refused.value).startswith(reason)
    assert run("list") == []


def test_a_list_takes_the_language_of_the_search_and_begins_with_open_tasks():
    for title, priority in (("one", "1"), ("two", "2"), ("three", "3")):
        run("add", title, "--priority", priority)
    run("close", "2")

    assert titles() == ["three", "one"]
    assert titles("priority:>1", "status:closed") == ["two"]
    assert titles("status:all", "t") == ["three", "two"]


def test_a_name_that_a_search_does_not_know_is_told_and_finds_nothing(capsys):
    run("add", "x")

    assert titles("assignee:nobody-here") == []
    assert capsys.readouterr().err == "manage.py: there is no user nobody-here\n"


def test_a_task_is_moved_by_the_name_of_a_column_to_its_end_or_to_a_place():
    ids = [str(run("add", title, "--column", "Done")["id"]) for title in "ab"]
    last = str(run("add", "c")["id"])

    moved = run("move", last, "Done")
    first = run("move", last, "Done", "--position", "1")

    assert (moved["column"], first["column"]) == ("Done", "Done")
    ranks = [int(lifecycle.find_task(int(number)).position) for number in (last, *ids)]
    assert ranks == sorted(ranks)


def test_a_task_is_moved_to_another_project():
    projects.add_project("Website", ["To do", "Done"])
    number = str(run("add", "x")["id"])

    moved = run("move", number, "Done", "--project", "Website")

    assert (moved["project"], moved["column"]) == ("Website", "Done")


def test_a_task_is_closed_opened_and_removed():
    number = str(run("add", "x")["id"])

    shown = [run(verb, number)["state"] for verb in ("close", "open", "remove")]

    assert shown == ["closed", "open", "removed"]
    with pytest.raises(NotFound, match=f"there is no task {number}"):
        run("show", number)


def test_all_of_a_task_is_shown(cloud, monkeypatch):
    users.add_user("ada", "", name="Ada")
    monkeypatch.setattr("sys.stdin", io.StringIO("Sent it\nto Bob\n"))
    with Inbox() as inbox:
        subscribe(inbox.url)
        number = str(run("add", "x", "--description", "All of it")["id"])
        run("move", number, "Ready")
        cloud.pump()
        lifecycle.update_task(int(number), {}, tags=["docs", "new"])
        run("comment", number, "--author", "ada")
        cloud.pump()

    shown = run("show", f"#{number}")

    assert shown["description"] == "All of it"
    [comment] = shown["comments"]
    assert (comment["author"], comment["text"]) == ("Ada", "Sent it\nto Bob")
    assert [(one["event"], one["changes"]) for one in shown["history"]] == [
        ("task.created", []),
        ("task.modified", ["column: Backlog -> Ready"]),
        ("task.modified", ["tags:  -> docs, new"]),
    ]
    assert {row["status"] for row in shown["deliveries"]} == {"delivered"}
