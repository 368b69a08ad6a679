"""The board's page: how it notices changes, where a card goes, and how much it shows."""

import json
import re
import time

import pytest

from chalicelib.adapters.dynamodb.tables import PastEvent
from chalicelib.services.projects import membership, project_items, projects
from chalicelib.services.tasks import comments, lifecycle, moving
from tests.support.aws_faults import listening


def version(visitor):
    return json.loads(visitor.get("/boards/1/version").text)["version"]


def test_whatever_a_board_shows_changes_its_version(admin, cloud):
    task_id = lifecycle.create_task({"title": "x"})
    cloud.pump()

    seen = [version(admin)]
    for change in (
        lambda: lifecycle.update_task(task_id, {"title": "y"}),
        lambda: lifecycle.update_task(task_id, {}, tags=["urgent"]),
        lambda: comments.add_comment(task_id, 1, "x", "", "user"),
        lambda: comments.remove_comment(
            int(comments.list_comments(task_id, "administrator")[0].id)
        ),
        lambda: project_items.change_part("columns", 1, "Later", task_limit=2),
        lambda: project_items.move_column(1, 1, 2),
        lambda: project_items.change_part("tags", 1, "soon"),
    ):
        change()
        cloud.pump()
        seen.append(version(admin))

    assert len(set(seen)) == len(seen)
    assert version(admin) == seen[-1]


@pytest.mark.parametrize("happened_at", [100, 98])
def test_news_of_the_same_second_and_news_that_comes_late_change_the_version(admin, happened_at):
    save_event(1, 100)
    before = version(admin)

    save_event(2, happened_at)

    assert version(admin) != before


def test_more_news_than_is_counted_changes_the_version_by_the_clock_until_all_of_it_must_be_there(
    admin, monkeypatch
):
    monkeypatch.setattr("chalicelib.services.tasks.history.COUNTED", 3)
    for number in range(5):
        save_event(number, 100)
    with listening() as calls:
        old = version(admin)
    save_event(5, 9_000_000_000)
    for number in range(6, 9):
        save_event(number, 8_999_999_990)

    before, new, after = int(time.time()), version(admin), int(time.time())

    limits = [
        call.asked["Limit"]
        for call in calls
        if "taskhook-dev-events" in call.asked.get("TableName", "")
    ]
    assert old.endswith(".100.3.110")
    assert limits == [1, 3]
    assert before <= int(new.rpartition(".9000000000.3.")[2]) <= after


def save_event(number, happened_at):
    event = PastEvent(
        1, str(number), event_id=str(number), event_type="task.modified", project_id=1, task="{}"
    )
    event.happened_at, event.expires_at = happened_at, 9_999_999_999
    event.save()


@pytest.mark.parametrize(
    ("asked", "count", "says"),
    [("0", 2, "shown=4"), ("3", 3, "filter the board"), ("9", 3, "filter")],
)
def test_a_board_shows_no_more_than_an_answer_may_hold(admin, monkeypatch, asked, count, says):
    monkeypatch.setattr("chalicelib.web.pages.boards.SHOWN", 2)
    monkeypatch.setattr("chalicelib.web.pages.boards.MOST_SHOWN", 12)
    for _ in range(4):
        lifecycle.create_task({"title": "x"})

    page = admin.get(f"/boards/1?shown={asked}")

    assert says in page.text
    assert page.text.count("<li ") == count


def close(title, at):
    task_id = lifecycle.create_task({"title": title})
    lifecycle.change_task(task_id, lambda _: {"is_active": 0, "date_completed": at})
    return task_id


def closed(page):
    return re.findall(r'<a href="/tasks/\d+">(.*?)</a>', page.text)


def test_closed_tasks_come_page_by_page_those_closed_last_first(admin, monkeypatch):
    monkeypatch.setattr("chalicelib.services.tasks.queries.CLOSED_SHOWN", 2)
    for title, at in (("c", 200), ("a", 300), ("d", 100), ("b", 200), ("e", 50)):
        close(title, at)
    page, seen = admin.get("/boards/1/closed"), []

    while True:
        seen += [closed(page)]
        older = re.search(r'href="([^"]*)">Older', page.text)
        if older is None:
            break
        page = admin.get(older[1])

    assert [len(titles) for titles in seen] == [2, 2, 1]
    assert "".join(title for titles in seen for title in titles) in {"abcde", "acbde"}
    assert "Newest" in page.text


def test_a_task_that_is_open_again_or_elsewhere_is_not_among_the_closed(admin):
    projects.add_project("Second")
    again, elsewhere = close("again", 100), close("elsewhere", 200)

    lifecycle.reopen_task(again)
    moving.move_to_project(elsewhere, {"project_id": "2"})

    assert (closed(admin.get("/boards/1/closed")), closed(admin.get("/boards/2/closed"))) == (
        [],
        ["elsewhere"],
    )


@pytest.mark.parametrize("after", ["x", "1.x", "9.9", "0.0", "."])
def test_an_odd_link_to_closed_tasks_breaks_nothing(admin, after):
    close("x", 100)

    assert admin.get(f"/boards/1/closed?after={after}").status == 200


def test_a_script_whose_move_is_refused_is_told_why(admin):
    task_id = lifecycle.create_task({"title": "x"})

    page = admin.post(
        "/boards/1", part="move", do="move", task_id=task_id, column_id=99, position=1
    )

    told = re.findall(r"<p>(.*?)</p>", page.text)
    assert 'id="board"' not in page.text
    assert (page.status, told[0]) == (400, "column_id: project 1 has no such column")


def columns_of(visitor):
    return re.findall(r"column_id=(\d+)", visitor.get("/boards/1").text)


def test_a_script_moves_a_column_for_who_may_manage_the_project(admin):
    page = admin.post("/boards/1", part="column", do="move-column", column_id=4, position=2)

    assert (page.status, columns_of(admin)) == (204, ["1", "4", "2", "3"])


def test_a_column_that_cannot_be_moved_stays_and_the_script_is_told_why(admin):
    page = admin.post("/boards/1", part="column", do="move-column", column_id=4, position=9)

    assert page.status == 400
    assert "position: takes 1 to 4" in page.seen
    assert columns_of(admin) == ["1", "2", "3", "4"]


def test_a_member_moves_tasks_but_no_columns(admin, user):
    membership.set_role(1, 2, "project-member", is_member=False)

    page = user.post("/boards/1", part="column", do="move-column", column_id=4, position=1)

    assert page.status == 403
    assert "data-manage" not in user.get("/boards/1").text
    assert "data-manage" in admin.get("/boards/1").text
    assert columns_of(admin) == ["1", "2", "3", "4"]


def test_a_limit_that_is_passed_is_said_in_words(admin):
    project_items.change_part("columns", 1, "Backlog", task_limit=1)
    project_items.change_part("columns", 2, "Ready", task_limit=7)
    for _ in range(2):
        lifecycle.create_task({"title": "x"})

    seen = admin.get("/boards/1").seen

    assert "Backlog 2 / 1 column 1 over its limit" in seen
    assert "Ready 0 / 7 column 2 +" in seen
