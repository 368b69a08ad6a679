"""Undo on the pages: what is offered after a change, and who may take it back."""

import json
import re

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.accounts import users
from chalicelib.services.projects import membership
from chalicelib.services.tasks import lifecycle
from tests.support.page_visits import Visitor


@pytest.fixture
def task_id(cloud):  # noqa: ARG001 -- the tables must be there first
    return lifecycle.create_task({"title": "x"})


def do(visitor, task_id, verb, **fields):
    """Send a task's form, and return the page that follows."""
    answer = visitor.post(f"/tasks/{task_id}", do=verb, sure="yes", **fields)
    return visitor.get(answer.headers["Location"])


def key_of(page):
    return re.findall('name="key" value="([^"]+)"', page.html)[0]


@pytest.mark.parametrize(
    ("verb", "fields", "told"),
    [
        ("close", {}, "Closed."),
        ("move", {"column_id": 2, "position": 1}, "Moved to Ready."),
        ("remove", {}, "Removed #1 x."),
    ],
)
def test_the_page_after_a_change_offers_to_undo_it_without_a_script(
    admin, task_id, verb, fields, told
):
    before = lifecycle.find_task(task_id)

    page = do(admin, task_id, verb, **fields)
    answer = admin.post("/undo", key=key_of(page), back="/boards/1")

    after = lifecycle.find_task(task_id)
    assert f"{told} Undo" in page.seen
    assert "Undone." in admin.get(answer.headers["Location"]).seen
    assert [after.is_active, after.column_id] == [before.is_active, before.column_id]


def test_a_reopened_task_is_closed_again_by_an_undo(admin, task_id):
    do(admin, task_id, "close")
    page = do(admin, task_id, "open")

    admin.post("/undo", key=key_of(page), back=f"/tasks/{task_id}")

    assert "Reopened. Undo" in page.seen
    assert lifecycle.find_task(task_id).is_active == 0


def test_a_button_beside_the_panels_cross_says_that_it_closes_the_task(admin, task_id):
    is_open = admin.get(f"/tasks/{task_id}").html
    is_closed = do(admin, task_id, "close").html

    assert '<button name="do" value="close">Close task</button>' in is_open
    assert '<button class="primary" name="do" value="open">Reopen task</button>' in is_closed


def test_a_form_that_changed_nothing_offers_no_undo(admin, task_id):
    do(admin, task_id, "close")

    page = do(admin, task_id, "close")

    assert "Saved." in page.seen
    assert "Undo" not in page.seen


def test_a_board_tells_its_script_the_key_of_a_move(admin, task_id):
    moved = admin.post("/boards/1", do="move", part="move", task_id=1, column_id=2, position=1)
    undone = admin.post("/undo", key=moved.headers["X-Undo"], part="undo")

    assert json.loads(undone.text) == {"told": "Undone."}
    assert lifecycle.find_task(task_id).column_id == 1


def test_an_undo_of_what_somebody_else_has_changed_since_says_who(admin, task_id):
    ada = users.add_user("ada", "a password", name="Ada")
    membership.set_role(1, int(ada.id), "project-member", is_member=False)
    page = do(admin, task_id, "close")
    do(Visitor(int(ada.id)), task_id, "comment", content="Why?")
    lifecycle.update_task(task_id, {"title": "y"}, author=int(ada.id))

    refused = admin.post("/undo", key=key_of(page), back="/boards/1")

    assert refused.status == 400
    assert f"Not undone: #{task_id}: Ada has changed it since." in refused.seen
    assert lifecycle.find_task(task_id).is_active == 0


def test_nobody_undoes_for_others_or_without_the_token_of_the_form(admin, user, task_id):
    key = key_of(do(admin, task_id, "remove"))

    stranger = user.post("/undo", key=key, back="/boards/1")
    forged = admin.post("/undo", key=key, back="/boards/1", csrf_token="forged")
    seen = [visitor.get(f"/boards?undo={key}").seen for visitor in (user,)]

    assert (stranger.status, forged.status) == (400, 403)
    assert "This can no longer be undone." in stranger.seen
    assert "Removed" not in seen[0]
    assert Task.find(task_id) is None


def test_an_undo_leads_to_no_other_site(admin, task_id):
    key = key_of(do(admin, task_id, "close"))

    answer = admin.post("/undo", key=key, back="//example.com/")

    assert answer.headers["Location"] == "/boards?done=undone"
