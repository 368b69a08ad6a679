"""Several tasks of a board, changed by one form, with or without a script."""

import json

import pytest

from chalicelib.domain.accounts import PROJECT_VIEWER
from chalicelib.services.projects import membership
from chalicelib.services.tasks import lifecycle, removal


@pytest.fixture
def three(cloud):  # noqa: ARG001 -- the tables must be there first
    return [lifecycle.create_task({"title": title}) for title in ("a", "b", "c")]


def chosen(task_ids):
    return {f"t{task_id}": "on" for task_id in task_ids}


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"do": "move", "column_id": 4}, "3 moved to Done. Undo"),
        ({"do": "assign", "owner_id": 1}, "3 assigned to admin. Undo"),
        ({"do": "tag", "tags": "urgent, ops"}, "3 tagged urgent, ops. Undo"),
        ({"do": "close"}, "3 closed. Undo"),
    ],
)
def test_the_board_tells_what_came_of_the_chosen_tasks(admin, three, form, told):
    answer = admin.post("/boards/1/several", **form, **chosen(three))

    assert told in admin.get(answer.headers["Location"]).seen


def test_what_could_not_be_done_is_told_beside_what_was(admin, three):
    removal.remove_task(three[0])

    some = admin.post("/boards/1/several", do="close", part="told", **chosen(three))
    removal.remove_task(three[1])
    removal.remove_task(three[2])
    none = admin.post("/boards/1/several", do="close", part="told", **chosen(three))

    told, none_told = json.loads(some.text), json.loads(none.text)
    assert told["told"] == "2 closed, 1 was removed meanwhile (#1)."
    assert len(told["undo"]) == 16
    assert none_told == {
        "told": "None closed, 3 were removed meanwhile (#1, #2, #3).",
        "undo": "",
    }


def test_several_changes_are_undone_together(admin, three):
    moved = admin.post("/boards/1/several", do="move", column_id=3, part="told", **chosen(three))

    admin.post("/undo", key=json.loads(moved.text)["undo"], back="/boards/1")

    assert [lifecycle.find_task(one).column_id for one in three] == [1, 1, 1]


def test_tasks_are_chosen_without_a_script_and_stay_chosen_where_the_form_is_refused(admin, three):
    page = admin.get("/boards/1/several")
    refused = admin.post("/boards/1/several", do="tag", tags="", **chosen(three[:1]))

    assert page.html.count('type="checkbox"') == 3
    assert 'name="t1" checked' in refused.html
    assert "tags: is required" in refused.seen


def test_a_script_is_told_who_may_be_assigned_and_which_tags_there_are(admin, three):
    lifecycle.update_task(three[0], {}, tags=["urgent"])

    said = json.loads(admin.get("/boards/1/several?part=choices").text)

    assert said == {"people": [["0", "Nobody"], ["1", "admin"]], "tags": ["urgent"]}


def test_viewers_change_nothing(user, three):
    membership.set_role(1, user.session.user.id, PROJECT_VIEWER, is_member=False)

    answers = [
        user.get("/boards/1/several"),
        user.post("/boards/1/several", do="close", **chosen(three)),
    ]

    assert [answer.status for answer in answers] == [403, 403]
    assert lifecycle.find_task(three[0]).is_active == 1
