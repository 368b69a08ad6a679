"""The board's page: what lets an open one see news, where a card goes, and how much of it is shown."""

import json

import pytest

from chalicelib.adapters.tables import PastEvent
from chalicelib.services import board, comments, parts
from tests.web.visits import Visitor


@pytest.fixture
def admin(cloud):  # noqa: ARG001 -- the stores behind it
    return Visitor(1)


def version(visitor):
    return json.loads(visitor.get("/boards/1/version").text)["version"]


def test_whatever_a_board_shows_changes_its_version(admin, cloud):
    task_id = board.create_task({"title": "x"})
    cloud.pump()

    seen = [version(admin)]
    for change in (
        lambda: board.update_task(task_id, {"title": "y"}),
        lambda: board.update_task(task_id, {}, tags=["urgent"]),
        lambda: comments.add_comment(task_id, 1, "x", "", "user"),
        lambda: comments.remove_comment(int(comments.list_comments(task_id, "administrator")[0].id)),
        lambda: parts.change_part("columns", 1, "Later", task_limit=2),
        lambda: parts.move_column(1, 1, 2),
        lambda: parts.change_part("tags", 1, "soon"),
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


def save_event(number, happened_at):
    event = PastEvent(1, str(number), event_id=str(number), event_type="task.modified", project_id=1, task="{}")
    event.happened_at, event.expires_at = happened_at, 9_999_999_999
    event.save()


@pytest.mark.parametrize(
    ("asked", "count", "says"), [("0", 2, "shown=4"), ("3", 3, "filter the board"), ("9", 3, "filter")]
)
def test_a_board_shows_no_more_than_an_answer_may_hold(admin, monkeypatch, asked, count, says):
    monkeypatch.setattr("chalicelib.web.pages.boards.SHOWN", 2)
    monkeypatch.setattr("chalicelib.web.pages.boards.MOST_SHOWN", 12)
    for _ in range(4):
        board.create_task({"title": "x"})

    page = admin.get(f"/boards/1?shown={asked}")

    assert (page.text.count("<li "), says in page.text) == (count, True)
